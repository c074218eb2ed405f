"""Written words: to everyone, or inside the wall to its members."""

from __future__ import annotations

from dataclasses import replace

from rooms import errors
from rooms.model import Act, Change, ChatMessage, Context, Json, Room, Seat, is_member
from rooms.views import Side

KEPT = 300
"""Messages kept per audience. Counted per audience, or words in a caucus would push out joint ones for all to see."""


def send(room: Room, seat: Seat, text: str, context: Context) -> Change:
    """Write to whoever hears the seat now; somebody outside a caucus has nobody to write to (RoomInCaucus)."""
    if room.phase == "idle":
        raise errors.RoomNotOpen
    caucus = room.caucus
    if caucus is not None and not is_member(seat, caucus.side):
        raise errors.RoomInCaucus
    side = caucus.side if caucus else None
    message = ChatMessage(
        id=context.new_id("msg"),
        seat=seat.id,
        name=seat.name,
        at=context.now,
        text=text,
        caucus=caucus.segment if caucus else None,
        side=side,
        mediator=_mediator(room) if caucus else None,
    )
    payload: dict[str, Json] = {"message": message.id, "text": text, "caucus": message.caucus}
    act = Act("chat.sent", payload, subject=seat.person_id)
    return replace(room, chat=_kept((*room.chat, message), side)), [act]


def _mediator(room: Room) -> str | None:
    hosts = (seat.id for seat in room.seats.values() if seat.role == "mediator" and seat.presence == "admitted")
    return next(hosts, None)


def _kept(chat: tuple[ChatMessage, ...], side: Side | None) -> tuple[ChatMessage, ...]:
    audience = [message for message in chat if message.side == side]
    dropped = {message.id for message in audience[:-KEPT]}
    return tuple(message for message in chat if message.id not in dropped) if dropped else chat
