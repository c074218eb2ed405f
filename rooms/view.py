"""`view(room, seat)`: what one seat may know. The only way anything of the room leaves the server.

Before admission a person learns only about themselves. While the mediator speaks with one side, everybody else is shown
the members as they were when the wall went up: whatever happens inside, an outside view is the same to the byte.
"""

from __future__ import annotations

from hashlib import sha256

from formats.canonical import canonical
from rooms.model import SCREEN_SLOT, FrozenPeer, Json, Room, Seat, is_member
from rooms.rules.screen import shown_to
from rooms.rules.seats import seat_of
from rooms.table import slot_of
from rooms.views import (
    ChatView,
    Hint,
    LastView,
    PeerView,
    RoomView,
    ScreenView,
    SessionView,
    WaitingView,
    YouView,
)

_UNADMITTED_HINTS: dict[str, Hint] = {
    "invited": "enter",
    "entering": "enter",
    "waiting": "wait",
    "refused": "refused",
    "removed": "removed",
    "left": "left",
}


def view(room: Room, seat_id: str, organ: str = "", endpoint: str | None = None) -> dict[str, Json]:
    """The JSON of `room_view`."""
    document: dict[str, Json] = room_view(room, seat_id, organ, endpoint).model_dump(mode="json")
    return document


def room_view(room: Room, seat_id: str, organ: str = "", endpoint: str | None = None) -> RoomView:
    """The view of one seat, with its etag. `endpoint` is the reading device: one that does not hold the seat sees
    nothing (hint "replaced"). Raises SeatUnknown.
    """
    seat = seat_of(room, seat_id)
    if endpoint is not None and endpoint != seat.endpoint:
        bare = _unadmitted(seat, organ, "replaced")
    elif seat.presence != "admitted":
        bare = _unadmitted(seat, organ, _UNADMITTED_HINTS[seat.presence])
    else:
        bare = _admitted(room, seat, organ)
    body = bare.model_dump(mode="json", exclude={"etag"})
    return bare.model_copy(update={"etag": sha256(canonical(body)).hexdigest()[:16]})


def _unadmitted(seat: Seat, organ: str, hint: Hint) -> RoomView:
    you = _you(seat).model_copy(update={"place": None, "muted": False, "hand": False})
    return RoomView(
        etag="",
        organ=organ,
        you=you,
        phase=None,
        waiting_hint=hint,
        private=False,
        caucus="none",
        caucus_side=None,
        session=None,
        last=None,
        recorder=None,
        screen=None,
        peers=[],
        waiting=[],
        chat=[],
        media_epoch=0,
        media_former=0,
    )


def _admitted(room: Room, seat: Seat, organ: str) -> RoomView:
    caucus = room.caucus
    member = caucus is not None and is_member(seat, caucus.side)
    session = room.session
    return RoomView(
        etag="",
        organ=organ,
        you=_you(seat),
        phase=room.phase,
        waiting_hint=_hint(room, seat),
        private=caucus is not None and member and room.relay_revision >= caucus.revision,
        caucus="none" if caucus is None else "member" if member else "other_side",
        caucus_side=caucus.side if caucus else None,
        session=SessionView(number=session.number, started_at=session.started_at) if session else None,
        last=_last(room),
        # Nothing is lost in the second place, so it is the host's worry alone.
        recorder="ok" if room.recorder == "degraded" and seat.role != "mediator" else room.recorder,
        screen=_screen(room, seat),
        peers=_peers(room, seat),
        waiting=_waiting(room) if seat.role == "mediator" else [],
        chat=_chat(room, seat),
        media_epoch=room.placement.epoch if room.placement else 0,
        media_former=room.placement.former if room.placement else 0,
    )


def _last(room: Room) -> LastView | None:
    ended = room.sessions[-1] if room.phase == "idle" and room.sessions else None
    if ended is None or ended.outcome is None:
        return None
    return LastView(number=ended.number, outcome=ended.outcome)


def _you(seat: Seat) -> YouView:
    return YouView(
        seat=seat.id,
        name=seat.name,
        role=seat.role,
        side=seat.side,
        presence=seat.presence,
        place=seat.place,
        mic=seat.mic,
        camera=seat.camera,
        muted=seat.muted,
        hand=seat.hand,
        verified=seat.verified_at is not None,
        consents={name: consent.given for name, consent in sorted(seat.consents.items())},
    )


def _screen(room: Room, seat: Seat) -> ScreenView | None:
    share = shown_to(room, seat)
    if share is None:
        return None
    slot = None if share.endpoint == seat.endpoint else SCREEN_SLOT
    return ScreenView(seat=share.seat, name=room.seats[share.seat].name, slot=slot)


def _hint(room: Room, seat: Seat) -> Hint | None:
    if room.caucus is not None and not is_member(seat, room.caucus.side):
        return "caucus_elsewhere"
    if room.recorder == "failed":
        return "recorder_failed"
    hints: dict[str, Hint] = {"idle": "not_open", "open": "not_started", "paused": "break"}
    return hints.get(room.phase)


def _peers(room: Room, seat: Seat) -> list[PeerView]:
    caucus = room.caucus
    walled = caucus is not None and not is_member(seat, caucus.side)
    shown: list[tuple[int, str, PeerView]] = []
    for peer in room.seats.values():
        hidden = walled and caucus is not None and is_member(peer, caucus.side)
        if peer.id != seat.id and peer.presence == "admitted" and peer.place is not None and not hidden:
            shown.append((peer.place, peer.id, _live(room, peer, peer.place, seat)))
    if walled and caucus is not None:
        shown += [(peer.place, peer.seat, _apart(peer, seat)) for peer in caucus.frozen if peer.seat != seat.id]
    return [peer for _, _, peer in sorted(shown, key=lambda row: row[:2])]


def _live(room: Room, peer: Seat, place: int, seat: Seat) -> PeerView:
    endpoint = room.endpoints.get(peer.endpoint or "")
    same_device = peer.endpoint is not None and peer.endpoint == seat.endpoint
    return PeerView(
        seat=peer.id,
        name=peer.name,
        role=peer.role,
        side=peer.side,
        slot=None if same_device or seat.place is None else slot_of(place, seat.place),
        presence=peer.presence,
        online=room.online(peer),
        mic=peer.mic,
        camera=peer.camera,
        muted=peer.muted,
        hand=peer.hand,
        verified=peer.verified_at is not None,
        media=endpoint.media if endpoint else "none",
        apart=False,
    )


def _apart(peer: FrozenPeer, seat: Seat) -> PeerView:
    return PeerView(
        seat=peer.seat,
        name=peer.name,
        role=peer.role,
        side=peer.side,
        slot=None if seat.place is None else slot_of(peer.place, seat.place),
        presence="admitted",
        online=True,
        mic=False,
        camera=False,
        muted=False,
        hand=False,
        verified=peer.verified,
        media="none",
        apart=True,
    )


def _waiting(room: Room) -> list[WaitingView]:
    at_the_door = [seat for seat in room.seats.values() if seat.presence in ("waiting", "refused")]
    at_the_door.sort(key=lambda seat: (seat.presence, seat.waiting_since or "", seat.id))
    return [
        WaitingView(
            seat=seat.id,
            name=seat.name,
            role=seat.role,
            side=seat.side,
            claimed_name=seat.identity.claimed_name if seat.identity else "",
            name_matches=seat.identity is not None and seat.identity.name_matches,
            phone_confirmed=seat.identity is not None and seat.identity.phone_confirmed,
            id_hint_ok=seat.identity is not None and seat.identity.id_hint_ok,
            since=seat.waiting_since or "",
            new_device=seat.previous_endpoint is not None,
            refused=seat.presence == "refused",
            online=room.online(seat),
        )
        for seat in at_the_door
    ]


def _chat(room: Room, seat: Seat) -> list[ChatView]:
    return [
        ChatView(
            id=message.id,
            seat=message.seat,
            name=message.name,
            at=message.at,
            text=message.text,
            private=message.side is not None,
        )
        for message in room.chat
        if message.side is None or seat.id == message.mediator or seat.side == message.side
    ]
