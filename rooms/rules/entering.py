"""The door: how a person gets a seat, a device gets the person's seat, and who may wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from rooms import errors
from rooms.authority import Role
from rooms.model import HOST_PLACE, Act, Change, Consent, Context, Endpoint, Identity, Json, Room, Seat
from rooms.rules.caucus import leave
from rooms.rules.seats import outside, seat_of
from rooms.views import Side

Matter = Literal["online", "personal_data", "recording", "esign"]
MATTERS: Final[tuple[Matter, ...]] = ("online", "personal_data", "recording", "esign")
REQUIRED: Final[tuple[Matter, ...]] = ("online", "personal_data", "recording")
"""Without these nobody waits online (the station is offered); declining "esign" means signing on paper."""


def ready(seat: Seat) -> bool:
    """Whether the person has given every consent that waiting needs."""
    return all(matter in seat.consents and seat.consents[matter].given for matter in REQUIRED)


def person_seat(room: Room, person_id: str) -> Seat | None:
    """The seat bound to a person, if there is one."""
    return next((seat for seat in room.seats.values() if seat.person_id == person_id), None)


def ensure_seat(
    room: Room, person_id: str, role: Role, side: Side | None, name: str, context: Context
) -> tuple[Room, Seat]:
    """The person's seat, made if missing; the name follows the case record."""
    seat = person_seat(room, person_id)
    if seat is None:
        seat = Seat(id=context.new_id("seat"), person_id=person_id, role=role, side=side, name=name)
    elif seat.name == name:
        return room, seat
    seat = replace(seat, name=name)
    return room.with_seat(seat), seat


def claim(room: Room, seat_id: str, endpoint_id: str, device: str, identity: Identity, context: Context) -> Change:
    """A device has proven to be the person's: it takes the seat to the waiting room.

    An admitted device stays in reserve until the officer admits the new one (and gets the seat back if they refuse);
    one that was never admitted is dropped at once.
    """
    seat = seat_of(room, seat_id)
    reserve = seat.endpoint if seat.presence == "admitted" else seat.previous_endpoint
    if seat.endpoint != reserve:
        room = room.without_endpoint(seat.endpoint)
    room = room.with_endpoint(Endpoint(endpoint_id, (seat.id,), device))
    taken = replace(
        seat,
        presence="entering",
        endpoint=endpoint_id,
        previous_endpoint=reserve,
        identity=identity,
        waiting_since=None,
        # The officer looked at whoever held the other device.
        verified_at=None,
        verified_by=None,
        hand=False,
    )
    if ready(taken):
        return _to_waiting(room, taken, context)
    return room.with_seat(taken), []


def consent(room: Room, seat_id: str, choices: Mapping[Matter, bool], context: Context, notice: str = "") -> Change:
    """Record the person's answer to each matter; with the required ones given the person waits.

    `notice` names the text that was read: its version and hash.

    Taking back a required one puts the person out of the room: one may leave the online route at any time.
    """
    seat = seat_of(room, seat_id)
    if seat.endpoint is None:
        raise errors.DeviceUnknown
    acts: list[Act] = []
    consents = dict(seat.consents)
    for matter, given in choices.items():
        if matter in consents and consents[matter].given == given:
            continue
        consents[matter] = Consent(given, context.now)
        act = "consent.given" if given else "consent.declined"
        acts.append(Act(act, {"seat": seat.id, "matter": matter, "notice": notice}, subject=seat.person_id))
    was = seat.presence
    seat = replace(seat, consents=consents)
    if not ready(seat):
        if was == "admitted":
            acts.append(Act("seat.left", {"seat": seat.id, "cause": "consent"}, subject=seat.person_id))
        if was in ("admitted", "waiting"):
            room = room.without_endpoint(seat.previous_endpoint)
            seat = replace(outside(seat, "entering"), waiting_since=None, previous_endpoint=None)
        return room.with_seat(seat), acts
    if was in ("invited", "entering", "left"):
        room, waiting = _to_waiting(room, seat, context)
        return room, acts + waiting
    return (room.with_seat(seat) if acts else room), acts


def wait(room: Room, seat_id: str, context: Context) -> Change:
    """Come back to the waiting room with the device one has. Raises DeviceUnknown, ConsentMissing."""
    seat = seat_of(room, seat_id)
    if seat.endpoint is None:
        raise errors.DeviceUnknown
    if not ready(seat):
        raise errors.ConsentMissing
    if seat.presence not in ("invited", "entering", "left"):
        return room, []
    return _to_waiting(room, seat, context)


def host(room: Room, officer_id: str, name: str, endpoint_id: str, context: Context) -> tuple[Room, list[Act], Seat]:
    """Seat the officer as mediator, on the device they had or a new one.

    Raises RoomHosted while another officer is connected; an absent one's seat is given up.
    """
    before: list[Act] = []
    for other in room.seats.values():
        if other.role == "mediator" and other.person_id != officer_id and other.presence == "admitted":
            if room.online(other):
                raise errors.RoomHosted
            # What was between the two of them is not the newcomer's: the wall comes down, with its own entry.
            room, left = leave(room, context) if room.phase == "caucus" else (room, [])
            before += left
            room = room.without_endpoint(other.endpoint)
            room = room.with_seat(replace(outside(other, "left"), endpoint=None))
    seat = person_seat(room, officer_id)
    if seat is not None and seat.presence == "admitted" and seat.name == name:
        return room, before, seat
    if seat is None:
        seat = Seat(id=context.new_id("seat"), person_id=officer_id, role="mediator", side=None, name=name)
    entered = seat.presence != "admitted"
    if entered:
        room = room.with_endpoint(Endpoint(endpoint_id, (seat.id,), "officer"))
        seat = replace(seat, endpoint=endpoint_id)
    seat = replace(seat, name=name, presence="admitted", place=HOST_PLACE)
    acts = [Act("host.entered", {"seat": seat.id}, subject=officer_id)] if entered else []
    return room.with_seat(seat), [*before, *acts], seat


def _to_waiting(room: Room, seat: Seat, context: Context) -> Change:
    waiting = replace(seat, presence="waiting", waiting_since=context.now)
    about: dict[str, Json] = {"seat": seat.id, "role": seat.role, "new_device": seat.previous_endpoint is not None}
    return room.with_seat(waiting), [Act("seat.waiting", about, subject=seat.person_id)]
