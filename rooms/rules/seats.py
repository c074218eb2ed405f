"""Admission, the host's acts on a seat, and what a person does with their own."""

from __future__ import annotations

from dataclasses import replace

from rooms import errors
from rooms.model import HOST_PLACE, PLACES, Act, Change, Context, Json, Room, Seat, is_member
from rooms.views import Presence


def seat_of(room: Room, seat_id: str) -> Seat:
    """The seat, or SeatUnknown."""
    try:
        return room.seats[seat_id]
    except KeyError:
        raise errors.SeatUnknown from None


def _guest(room: Room, seat_id: str) -> Seat:
    seat = seat_of(room, seat_id)
    if seat.role == "mediator":
        raise errors.CommandForbidden("mediator")
    return seat


def free_place(room: Room, seat: Seat) -> int:
    """The place a newly admitted seat takes; RoomFull if none is left.

    A place stays a person's for the whole sitting, also while they are out, as long as others fit. While a caucus lasts
    its members fill from the top and what others still see as taken stays taken. So with up to seven guests the place
    given to somebody outside never tells of comings and goings inside.
    """
    others = [other for other in room.seats.values() if other.id != seat.id]
    for other in others:
        if seat.endpoint is not None and other.endpoint == seat.endpoint and other.place is not None:
            return other.place
    taken = {other.place for other in others}
    order = [place for place in range(PLACES) if place != HOST_PLACE]
    if room.caucus is not None:
        taken |= {peer.place for peer in room.caucus.frozen if peer.seat != seat.id}
        if seat.side == room.caucus.side:
            order.reverse()
    if seat.held_place is not None and seat.held_place not in taken:
        return seat.held_place
    held = {other.held_place for other in others}
    for place in (*(place for place in order if place not in held), *order):
        if place not in taken:
            return place
    raise errors.RoomFull


def admit(room: Room, seat_id: str, context: Context) -> Change:
    """Let a waiting (or formerly refused) person in; the device that held the seat before loses it."""
    seat = _guest(room, seat_id)
    if room.session is None:
        raise errors.RoomNotOpen
    if seat.presence not in ("waiting", "refused") or seat.endpoint is None:
        raise errors.SeatNotWaiting
    place = seat.place if seat.place is not None else free_place(room, seat)
    admitted = replace(seat, presence="admitted", place=place, previous_endpoint=None, waiting_since=None, hand=False)
    room = room.without_endpoint(seat.previous_endpoint).with_seat(admitted)
    return room, [Act("seat.admitted", _about(seat), subject=seat.person_id)]


def refuse(room: Room, seat_id: str, reason: str, context: Context) -> Change:
    """Turn a waiting person away; a refused new device gives the seat back to the device that was admitted."""
    seat = _guest(room, seat_id)
    if seat.presence != "waiting":
        raise errors.SeatNotWaiting
    act = Act("seat.refused", {**_about(seat), "reason": reason}, subject=seat.person_id)
    if seat.previous_endpoint is not None:
        room = room.without_endpoint(seat.endpoint)
        seat = replace(
            seat, presence="admitted", endpoint=seat.previous_endpoint, previous_endpoint=None, waiting_since=None
        )
        return room.with_seat(seat), [act]
    return room.with_seat(replace(seat, presence="refused", waiting_since=None)), [act]


def remove(room: Room, seat_id: str, reason: str, context: Context) -> Change:
    """Put somebody out: their place is free and their device loses its credential."""
    seat = _guest(room, seat_id)
    if seat.presence != "admitted":
        raise errors.SeatNotAdmitted
    act = Act("seat.removed", {**_about(seat), "reason": reason}, subject=seat.person_id)
    room = _drop_devices(room, seat)
    gone = replace(outside(seat, "removed"), endpoint=None, previous_endpoint=None)
    return room.with_seat(gone), [act]


def leave(room: Room, seat: Seat, context: Context) -> Change:
    """Leave by oneself. The device keeps its credential: coming back means waiting again."""
    act = Act("seat.left", _about(seat), subject=seat.person_id)
    return room.with_seat(outside(seat, "left")), [act]


def verify(room: Room, seat_id: str, method: str, officer: Seat, context: Context) -> Change:
    """The officer's recorded look at a person: a condition of signing electronically."""
    seat = _guest(room, seat_id)
    if seat.presence not in ("waiting", "admitted"):
        raise errors.SeatNotWaiting
    act = Act("seat.verified", {**_about(seat), "method": method}, subject=seat.person_id)
    return room.with_seat(replace(seat, verified_at=context.now, verified_by=officer.person_id)), [act]


def mute(room: Room, seat_id: str, muted: bool, context: Context) -> Change:
    """Silence somebody (or lift it); their own switch stays as it is."""
    seat = _guest(room, seat_id)
    if seat.presence != "admitted":
        raise errors.SeatNotAdmitted
    if seat.muted == muted:
        return room, []
    act = Act("seat.muted" if muted else "seat.unmuted", _about(seat), subject=seat.person_id)
    return room.with_seat(replace(seat, muted=muted)), [act]


def lower_hand(room: Room, seat_id: str, context: Context) -> Change:
    seat = seat_of(room, seat_id)
    if seat.presence != "admitted":
        raise errors.SeatNotAdmitted
    return set_hand(room, seat, False, context)


def set_hand(room: Room, seat: Seat, raised: bool, context: Context) -> Change:
    return (room, []) if seat.hand == raised else (room.with_seat(replace(seat, hand=raised)), [])


def set_media(room: Room, seat: Seat, mic: bool, camera: bool, context: Context) -> Change:
    """What a person switched on or off; nothing is forwarded that is off."""
    if (seat.mic, seat.camera) == (mic, camera):
        return room, []
    return room.with_seat(replace(seat, mic=mic, camera=camera)), []


def require_admitted(seat: Seat) -> None:
    """SeatNotAdmitted unless the seat is in the room."""
    if seat.presence != "admitted":
        raise errors.SeatNotAdmitted


def members(room: Room) -> list[Seat]:
    """The admitted seats among whom media flows now, in the order of their places."""
    admitted = [seat for seat in room.seats.values() if seat.presence == "admitted" and seat.place is not None]
    if room.caucus is not None:
        side = room.caucus.side
        admitted = [seat for seat in admitted if is_member(seat, side)]
    return sorted(admitted, key=lambda seat: (seat.place, seat.id))


def outside(seat: Seat, presence: Presence) -> Seat:
    """The seat without anything that only somebody in the room has."""
    held = seat.held_place if seat.place is None else seat.place
    return replace(seat, presence=presence, hand=False, muted=False, place=None, held_place=held)


def _drop_devices(room: Room, seat: Seat) -> Room:
    for endpoint_id in (seat.endpoint, seat.previous_endpoint):
        endpoint = room.endpoints.get(endpoint_id or "")
        if endpoint is None:
            continue
        others = tuple(other for other in endpoint.seats if other != seat.id)
        if others:
            room = room.with_endpoint(replace(endpoint, seats=others))
        else:
            room = room.without_endpoint(endpoint.id)
    return room


def _about(seat: Seat) -> dict[str, Json]:
    return {"seat": seat.id, "role": seat.role, "side": seat.side}
