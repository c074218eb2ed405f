"""What one seat is sent: its view of the room, the agreement if it is in the room, and how to connect media."""

from __future__ import annotations

from hashlib import sha256

from agreements import Agreement
from cases.organs import organ_of
from rooms import Room
from rooms.model import PLACES, SCREEN_SLOT
from rooms.view import room_view
from signaling.agreement_views import agreement_message
from signaling.messages.room import IceServer, MediaSetup, Snapshot
from signaling.services import Services
from signaling.turn import Turn
from vault import Transaction
from vault.utc import parse


async def snapshot_of(services: Services, room_id: str, seat_id: str, endpoint: str) -> Snapshot:
    """All that the seat may know, read in one transaction. Raises `SeatUnknown`, `RoomUnknown`."""

    async def read(tx: Transaction) -> tuple[Room, str, Agreement | None]:
        room = await services.rooms.load(tx, room_id)
        organ = await organ_of(tx, room.organ_id)
        return room, organ.name, await services.agreements.load(tx, room.case_id)

    room, organ, agreement = await services.db.read(read)
    view = room_view(room, seat_id, organ, endpoint)
    inside = view.you.presence == "admitted" and view.waiting_hint != "replaced"
    seat = room.seats[seat_id]
    shown = (
        agreement_message(services.agreements, agreement, seat.person_id, seat.role) if agreement and inside else None
    )
    # Who waits connects no media, and a TURN password is a thing of value.
    media = media_setup(services.turn if inside else None, endpoint, parse(services.clock.now()).timestamp())
    body = view.etag + (shown.model_dump_json() if shown else "") + media.model_dump_json()
    etag = sha256(body.encode()).hexdigest()[:16]
    return Snapshot(etag=etag, view=view, agreement=shown, media=media)


def media_setup(turn: Turn | None, endpoint: str, now_s: float) -> MediaSetup:
    """How this device connects its media."""
    if turn is None:
        return MediaSetup(slots=PLACES - 1, screen_slot=SCREEN_SLOT, ice_servers=[], relay_only=False)
    given = turn.credential(endpoint, now_s)
    server = IceServer(urls=list(turn.urls), username=given.username, credential=given.password)
    return MediaSetup(slots=PLACES - 1, screen_slot=SCREEN_SLOT, ice_servers=[server], relay_only=turn.relay_only)
