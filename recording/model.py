"""What the rest of the house sees of recordings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from formats.errors import Invalid

Status: TypeAlias = Literal["capturing", "processing", "ready", "partial", "empty", "failed", "sealed"]

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_PATH = re.compile(rf"({_NAME})/({_NAME})/({_NAME})\.(audio|video|screen)(\.\d{{1,3}})?\.hjr")
_HEAD = re.compile(r"[0-9a-f]{64}")


def journal_of(path: str) -> tuple[str, str, str, str] | None:
    """Room, segment, endpoint and medium of a journal's path below the spool; None for any other text."""
    named = _PATH.fullmatch(path)
    return None if named is None else (named[1], named[2], named[3], named[4])


@dataclass(frozen=True, slots=True)
class ReportedHead:
    """What a worker has on disk of an open journal: hex chain head over `chunks` records."""

    path: str
    head: str
    chunks: int

    @classmethod
    def parse(cls, said: Mapping[str, object]) -> ReportedHead:
        """Check what came over the wire; raises `Invalid`."""
        match dict(said):
            case {"path": str(path), "head": str(head), "chunks": int(chunks)}:
                if journal_of(path) is None or not _HEAD.fullmatch(head) or chunks < 0:
                    raise Invalid("head")
                return cls(path, head, chunks)
        raise Invalid("head")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One journal as the capturing worker (or `salvage`) reports it.

    `path` is relative to the spool folder, `head` the hex chain head over `chunks` records; `packets` is None where
    nobody could count them; times are UTC ISO, None for a journal without packets.
    """

    room: str
    segment: str
    endpoint: str
    medium: str
    key: str
    seats: tuple[str, ...]
    path: str
    head: str
    chunks: int
    bytes: int
    packets: int | None
    first_at: str | None
    last_at: str | None
    complete: bool

    @classmethod
    def parse(cls, row: Mapping[str, object]) -> ManifestRow:
        """Check a row that came over the wire; raises `Invalid`. A path can only name a journal below the spool."""
        match dict(row):
            case {
                "room": str(room),
                "segment": str(segment),
                "endpoint": str(endpoint),
                "medium": "audio" | "video" | "screen" as medium,
                "key": "joint" | "caucus" as key,
                "seats": list(seats),
                "path": str(path),
                "head": str(head),
                "chunks": int(chunks),
                "bytes": int(size),
                "packets": int() | None as packets,
                "first_arrival_utc": str() | None as first_at,
                "last_arrival_utc": str() | None as last_at,
                "complete": bool(complete),
            }:
                if journal_of(path) != (room, segment, endpoint, medium):
                    raise Invalid("segment.path")
                if not _HEAD.fullmatch(head) or chunks < 0 or size < 0:
                    raise Invalid("segment.head")
                names = tuple(seat for seat in seats if isinstance(seat, str))
                if len(names) != len(seats):
                    raise Invalid("segment.seats")
                return cls(
                    room,
                    segment,
                    endpoint,
                    str(medium),
                    str(key),
                    names,
                    path,
                    head,
                    chunks,
                    size,
                    packets,
                    first_at,
                    last_at,
                    complete,
                )
        raise Invalid("segment")


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One line of a case's recordings: an endpoint's joint recording of a session, or one of its sealed segments.

    `screen` is set for what the endpoint shared of its screen, which is a film of its own, without sound.

    A sealed line has status "sealed", the segment's id as `id`, and nothing of its content. `started_at` is time 0 of
    the file (the session's start); `reason` is a stable code where status is "failed" or "partial".
    """

    id: str
    case_id: str
    room_id: str
    session_id: str
    endpoint: str
    screen: bool
    seats: tuple[str, ...]
    status: Status
    reason: str
    started_at: str | None
    ended_at: str | None
    duration_ms: int | None

    @property
    def playable(self) -> bool:
        """Whether there is a file to watch."""
        return self.status in ("ready", "partial")


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A playable file's size in bytes and kind, for an HTTP answer."""

    size: int
    content_type: str = "video/webm"
