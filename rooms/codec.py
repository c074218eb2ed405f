"""The room as one JSON document and back. Strict: an unknown field or one of another type is refused."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from rooms.errors import RoomUnreadable
from rooms.model import Room

_ROOM = TypeAdapter(Room)


def encode(room: Room) -> bytes:
    """UTF-8 JSON of the whole room."""
    return _ROOM.dump_json(room)


def decode(document: bytes) -> Room:
    """The room of `encode`. Raises RoomUnreadable."""
    try:
        return _ROOM.validate_json(document, strict=True)
    except ValidationError as error:
        raise RoomUnreadable from error
