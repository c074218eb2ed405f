"""Sittings: open, start, pause, resume, end. An ended sitting never changes again."""

from __future__ import annotations

from dataclasses import replace

from rooms import errors
from rooms.model import Act, Change, Context, Json, Room, Seat, Session, new_segment
from rooms.rules.caucus import lift
from rooms.rules.seats import outside
from rooms.views import Result

_FLOWING = ("joint", "caucus")


def open_session(room: Room, context: Context) -> Change:
    """Open the next sitting: people may be let in, nothing flows. Guests of the last sitting wait again."""
    if room.session is not None:
        raise errors.WrongPhase("session.open")
    session = Session(id=context.new_id("ses"), number=len(room.sessions) + 1, opened_at=context.now)
    for seat in room.seats.values():
        if seat.role != "mediator":
            room = _waits_again(room, seat, context)
    room = replace(room, phase="open", sessions=(*room.sessions, session))
    return room, [Act("session.opened", _about(session))]


def start(room: Room, context: Context) -> Change:
    """Begin the joint session, and with it forwarding and recording."""
    session = room.session
    if session is None:
        raise errors.RoomNotOpen
    if room.phase != "open":
        raise errors.WrongPhase("session.start")
    _require_host_and_recorder(room)
    session = replace(session, started_at=context.now)
    room = replace(room, phase="joint", segment=new_segment(session, context), sessions=(*room.sessions[:-1], session))
    return room, [Act("session.started", _about(session))]


def pause(room: Room, context: Context) -> Change:
    """A break: nothing flows, nothing is recorded; a caucus ends with it."""
    session = room.session
    if session is None or room.phase not in _FLOWING:
        raise errors.WrongPhase("session.pause")
    room, acts = lift(room)
    return replace(room, phase="paused", segment=None), [*acts, Act("session.paused", _about(session))]


def resume(room: Room, context: Context) -> Change:
    """After a break the session goes on jointly, in a new segment."""
    session = room.session
    if session is None or room.phase != "paused":
        raise errors.WrongPhase("session.resume")
    _require_host_and_recorder(room)
    room = replace(room, phase="joint", segment=new_segment(session, context))
    return room, [Act("session.resumed", _about(session))]


def end(room: Room, outcome: Result, note: str, context: Context) -> Change:
    """Close the sitting with its outcome; people stay admitted until the next one opens."""
    session = room.session
    if session is None:
        raise errors.RoomNotOpen
    room, acts = lift(room)
    session = replace(session, ended_at=context.now, outcome=outcome)
    room = replace(room, phase="idle", segment=None, sessions=(*room.sessions[:-1], session))
    payload: dict[str, Json] = {**_about(session), "outcome": outcome, "note": note}
    return room, [*acts, Act("session.ended", payload)]


def _waits_again(room: Room, seat: Seat, context: Context) -> Room:
    """The guest without anything of the last sitting but identity and consents."""
    room = room.without_endpoint(seat.previous_endpoint)
    again = replace(outside(seat, seat.presence), previous_endpoint=None, held_place=None)
    if seat.presence == "admitted":
        again = replace(again, presence="waiting", waiting_since=context.now)
    return room.with_seat(again)


def _require_host_and_recorder(room: Room) -> None:
    hosts = (seat for seat in room.seats.values() if seat.role == "mediator" and seat.presence == "admitted")
    if not any(room.online(seat) for seat in hosts):
        raise errors.HostOffline
    if room.recorder == "failed":
        raise errors.RecorderDown


def _about(session: Session) -> dict[str, Json]:
    return {"session": session.id, "number": session.number}
