"""Gaps of the recording, as the timeline tells them: who was not recorded, from when, until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rooms.model import Act, Change, Context, Json, Missing, Room
from rooms.table import forwarding_table


def begin(room: Room, kept: Mapping[str, str], context: Context) -> Change:
    """The worker died: whoever it was recording is missing from now on, or from when `kept` says (UTC)."""
    if room.segment is None:
        return room, []
    rows = [str(row["endpoint"]) for row in _record(room)]
    recorded = [endpoint for endpoint in rows if room.endpoints[endpoint].media == "connected"]
    missing = {
        endpoint: Missing(min(kept.get(endpoint, context.now), context.now), room.segment) for endpoint in recorded
    }
    # Who had not come back from an earlier death is missing since then.
    room = replace(room, missing={**missing, **room.missing})
    return room, [Act("recorder.lost", {"segment": room.segment, "endpoints": list(recorded)})]


def over(room: Room, endpoints: Iterable[str], context: Context) -> Change:
    """These are recorded again, or there is nothing more of them to record."""
    acts = [_act(room, endpoint, context) for endpoint in endpoints if endpoint in room.missing]
    if not acts:
        return room, []
    known = set(endpoints)
    return replace(room, missing={name: one for name, one in room.missing.items() if name not in known}), acts


def settle(room: Room, context: Context) -> Change:
    """Called with every change of a room: in a pause, or after the end, nothing is missing."""
    return over(room, list(room.missing), context) if room.segment is None else (room, [])


def _act(room: Room, endpoint: str, context: Context) -> Act:
    gap = room.missing[endpoint]
    payload: dict[str, Json] = {
        "endpoint": endpoint,
        "seats": [seat.id for seat in room.seats.values() if seat.endpoint == endpoint],
        "from": gap.since,
        "until": context.now,
        "segment": gap.segment,
        "next": room.segment,
    }
    return Act("recording.gap", payload)


def _record(room: Room) -> list[Mapping[str, Json]]:
    rows = forwarding_table(room)["record"]
    assert isinstance(rows, list)
    return [row for row in rows if isinstance(row, dict)]
