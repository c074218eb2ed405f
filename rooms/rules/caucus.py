"""The wall: the mediator alone with one side, and its coming down."""

from __future__ import annotations

from dataclasses import replace

from rooms import errors
from rooms.model import Act, Caucus, Change, Context, FrozenPeer, Room, is_member, new_segment
from rooms.views import Side


def enter(room: Room, side: Side, context: Context) -> Change:
    """Go private with a side, from the joint session or straight from the other side's caucus."""
    session = room.session
    if session is None or room.phase not in ("joint", "caucus"):
        raise errors.WrongPhase("caucus.enter")
    if room.caucus is not None and room.caucus.side == side:
        return room, []
    if room.recorder == "failed":
        raise errors.RecorderDown
    if not any(seat.side == side and seat.presence == "admitted" for seat in room.seats.values()):
        raise errors.SideAbsent
    room, acts = lift(room)
    frozen = tuple(
        FrozenPeer(seat.id, seat.name, seat.role, seat.side, seat.place, seat.verified_at is not None)
        for seat in room.seats.values()
        if is_member(seat, side) and seat.place is not None
    )
    segment = new_segment(session, context)
    caucus = Caucus(side=side, revision=room.revision + 1, segment=segment, frozen=frozen)
    room = replace(room, phase="caucus", caucus=caucus, segment=segment)
    return room, [*acts, Act("caucus.entered", {"side": side, "segment": segment})]


def leave(room: Room, context: Context) -> Change:
    """Back to the joint session, in a new segment under the joint key."""
    session = room.session
    if session is None or room.phase != "caucus":
        raise errors.WrongPhase("caucus.leave")
    room, acts = lift(room)
    return replace(room, phase="joint", segment=new_segment(session, context)), acts


def lift(room: Room) -> Change:
    """Take the wall down, if there is one; the caller sets the phase.

    Hands that members raised inside go down: seen afterwards they would tell of the caucus.
    """
    caucus = room.caucus
    if caucus is None:
        return room, []
    seats = {
        key: replace(seat, hand=False) if seat.hand and is_member(seat, caucus.side) else seat
        for key, seat in room.seats.items()
    }
    act = Act("caucus.left", {"side": caucus.side, "segment": caucus.segment})
    return replace(room, caucus=None, seats=seats), [act]
