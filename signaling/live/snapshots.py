"""What one seat is sent: its view of the room, the agreement if it is in the room, and how to connect media."""

from __future__ import annotations

from hashlib import sha256

from agreements import Agreement
from cases.organs import organ_of
from rooms import Room
from rooms.model import PLACES
from rooms.view import room_view
from signaling.agreement_views import agreement_message
from signaling.messages.room import MediaSetup, Snapshot
from signaling.services import Services
from vault import Transaction

MEDIA = MediaSetup(slots=PLACES - 1, ice_servers=[])


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
    body = view.etag + (shown.model_dump_json() if shown else "")
    etag = sha256(body.encode()).hexdigest()[:16]
    return Snapshot(etag=etag, view=view, agreement=shown, media=MEDIA)
