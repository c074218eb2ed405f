"""One shared screen at a time, for the audience in which it was begun and for no other.

A share holds only while everything it began with holds: the mode, the wall, the person, the device, the connection. Who
asks learns so from `sharing`, so that no table and no view ever shows one that has run out; `settle` then clears it
away with its entry, in the same revision as whatever ended it.
"""

from __future__ import annotations

from dataclasses import replace

from rooms import errors
from rooms.model import Act, Change, Context, Json, Room, Seat, Share
from rooms.rules.seats import members


def share(room: Room, seat: Seat, context: Context) -> Change:
    """Show one's screen to whoever hears one now.

    Raises ScreenNotNow where nothing flows to or from the seat, ScreenTaken while another shares, ScreenNotConnected
    while the device has no media connection to send it by.
    """
    if not _flowing(room) or seat.id not in {member.id for member in members(room)}:
        raise errors.ScreenNotNow
    now = sharing(room)
    if now is not None:
        if now.seat == seat.id:
            return room, []
        raise errors.ScreenTaken
    endpoint = room.endpoints.get(seat.endpoint or "")
    if endpoint is None or not endpoint.online or endpoint.media != "connected":
        raise errors.ScreenNotConnected
    begun = Share(seat.id, endpoint.id, room.caucus.revision if room.caucus else None)
    return replace(room, share=begun), [Act("screen.shared", _about(room, begun), subject=seat.person_id)]


def stop(room: Room, seat: Seat, context: Context) -> Change:
    """End one's own share; the mediator ends anybody's. Raises CommandForbidden for another's."""
    now = shown_to(room, seat)
    if now is None:
        return room, []
    if now.seat != seat.id and seat.role != "mediator":
        raise errors.CommandForbidden("screen.stop")
    return _ended(room, now, "self" if now.seat == seat.id else "mediator")


def sharing(room: Room) -> Share | None:
    """The share that holds now."""
    now = room.share
    return now if now is not None and _cause(room, now) is None else None


def shown_to(room: Room, seat: Seat) -> Share | None:
    """The share that a seat may know of: outside a caucus nobody knows of one inside."""
    now = sharing(room)
    return now if now is not None and any(member.id == seat.id for member in members(room)) else None


def settle(room: Room) -> Change:
    """Clear away a share that holds no longer; called with every change of a room."""
    cause = _cause(room, room.share) if room.share is not None else None
    return (room, []) if room.share is None or cause is None else _ended(room, room.share, cause)


def _cause(room: Room, now: Share) -> str | None:
    """Why a share holds no longer: "mode", "person" or "connection"; `None` while it does."""
    if not _flowing(room) or now.caucus != (room.caucus.revision if room.caucus else None):
        return "mode"
    if not any(member.id == now.seat and member.endpoint == now.endpoint for member in members(room)):
        return "person"
    endpoint = room.endpoints.get(now.endpoint)
    # "connecting" keeps it: a device that makes a new connection beside the old one still shows its screen.
    alive = endpoint is not None and endpoint.online and endpoint.media in ("connecting", "connected")
    return None if alive else "connection"


def _flowing(room: Room) -> bool:
    return room.phase in ("joint", "caucus") and room.recorder != "failed" and room.segment is not None


def _ended(room: Room, now: Share, cause: str) -> Change:
    person = room.seats[now.seat].person_id
    return replace(room, share=None), [Act("screen.stopped", {**_about(room, now), "cause": cause}, subject=person)]


def _about(room: Room, now: Share) -> dict[str, Json]:
    return {"seat": now.seat, "caucus": now.caucus is not None}
