"""Who hears and sees whom: the pure function of the room that the relay obeys.

Nothing flows that the table does not name. A row exists only inside one audience: the joint session, or one caucus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rooms.model import SCREEN_SLOT, Json, Room, Seat
from rooms.rules.screen import sharing
from rooms.rules.seats import members

LEASE_S = 30
"""A worker that is not told again within this many seconds stops forwarding."""


@dataclass(frozen=True, slots=True)
class _Publisher:
    endpoint: str
    place: int
    seats: tuple[Seat, ...]

    @property
    def audio(self) -> bool:
        # One microphone carries everybody at the device: muting one of them silences it.
        return any(seat.mic for seat in self.seats) and not any(seat.muted for seat in self.seats)

    @property
    def video(self) -> bool:
        return any(seat.camera for seat in self.seats)


def slot_of(publisher: int, subscriber: int) -> int:
    """The receive slot (0–6) of the publisher's place at a subscriber: fixed by the two places alone."""
    return publisher if publisher < subscriber else publisher - 1


def forwarding_table(room: Room) -> dict[str, Json]:
    """The TABLE of the worker protocol for this state of the room; empty when nothing may flow."""
    rows: list[Json] = []
    record: list[Json] = []
    publishers = _publishers(room)
    key = "caucus" if room.caucus is not None else "joint"
    share = sharing(room)
    for source in publishers:
        for target in publishers:
            if source is not target:
                rows.append(
                    {
                        "to": target.endpoint,
                        "slot": slot_of(source.place, target.place),
                        "from": source.endpoint,
                        "audio": source.audio,
                        "video": source.video,
                        "source": "camera",
                    }
                )
                if share is not None and share.endpoint == source.endpoint:
                    rows.append(_screen_row(source, target))
        entry: dict[str, Json] = {
            "endpoint": source.endpoint,
            "segment": room.segment,
            "key": key,
            "seats": [seat.id for seat in source.seats],
            "audio": source.audio,
            "video": source.video,
        }
        if share is not None and share.endpoint == source.endpoint:
            entry["screen"] = True
        record.append(entry)
    return {
        "room": room.id,
        "revision": room.table_revision,
        "epoch": room.placement.epoch if room.placement else 0,
        "lease_s": LEASE_S,
        "rows": rows,
        "record": record,
    }


def _screen_row(source: _Publisher, target: _Publisher) -> Json:
    return {
        "to": target.endpoint,
        "slot": SCREEN_SLOT,
        "from": source.endpoint,
        "audio": False,
        "video": True,
        "source": "screen",
    }


def advance(before: Room, after: Room) -> Room:
    """`after` as the revision that follows `before`: what is stored and sent.

    The table's revision moves only when the relay has something new to obey; a new mode always is (new segment).
    """
    revision = before.revision + 1
    changed = _orders(before) != _orders(after)
    return replace(after, revision=revision, table_revision=revision if changed else before.table_revision)


def _orders(room: Room) -> object:
    table = forwarding_table(replace(room, table_revision=0))
    return table, room.phase, room.segment


def _publishers(room: Room) -> list[_Publisher]:
    if room.phase not in ("joint", "caucus") or room.recorder == "failed" or room.segment is None:
        return []
    grouped: dict[str, list[Seat]] = {}
    for seat in members(room):
        if seat.endpoint is not None and room.online(seat):
            grouped.setdefault(seat.endpoint, []).append(seat)
    return [
        _Publisher(endpoint, min(seat.place for seat in seats if seat.place is not None), tuple(seats))
        for endpoint, seats in grouped.items()
    ]
