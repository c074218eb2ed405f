"""What a journal says of itself in clear, read without any key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from formats.canonical import NotCanonical, parse
from formats.journal import MAX_HEADER
from recording.clock import Anchor, from_utc
from recording.errors import DamagedJournal


@dataclass(frozen=True, slots=True)
class Capture:
    """Whose capture a journal is.

    `medium` is "audio", "video" (the camera) or "screen"; `key` is "joint" or "caucus"; `clock_rate` the RTP clock in
    hertz; `continues` the path below the spool of the journal whose place failed, and where this one goes on.
    """

    recording: str
    room: str
    segment: str
    endpoint: str
    medium: str
    key: str
    seats: tuple[str, ...]
    clock_rate: int
    opened_at: str
    anchor: Anchor
    continues: str | None = None


def read_header(path: Path) -> Capture:
    """The header of a journal file; raises `DamagedJournal` (the file's name as detail) when it is not one."""
    with path.open("rb") as file:
        line = file.readline(MAX_HEADER)
    try:
        fields = parse(line.removesuffix(b"\n"))
    except NotCanonical as error:
        raise DamagedJournal(path.name) from error
    match fields:
        case {
            "recording": str(recording),
            "at": str(at),
            "mono_ns": int(mono_ns),
            "who": {
                "room": str(room),
                "segment": str(segment),
                "endpoint": str(endpoint),
                "medium": "audio" | "video" | "screen" as medium,
                "key": "joint" | "caucus" as key,
                "seats": list(seats),
                "clock_rate": int(clock_rate),
                **more,
            },
        } if clock_rate > 0:
            try:
                anchor = Anchor(from_utc(at), mono_ns)
            except ValueError as error:
                raise DamagedJournal(path.name) from error
            before = more.get("continues")
            continues = before if isinstance(before, str) else None
            names = tuple(str(seat) for seat in seats)
            return Capture(
                recording, room, segment, endpoint, str(medium), str(key), names, clock_rate, at, anchor, continues
            )
    raise DamagedJournal(path.name)
