"""One stretch of a capture in one place: a journal, made and written by that place's thread alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.canonical import JSON
from formats.journal import JournalHeader
from recording.clock import Anchor, from_utc, to_utc
from recording.journalfile import JournalFile

if TYPE_CHECKING:
    from recording.lane import Lane


@dataclass(frozen=True, slots=True)
class Chunk:
    """Packets that are written together; times are monotonic nanoseconds, `since_ns` is when the oldest was due."""

    since_ns: int
    records: bytes
    packets: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is on disk of a journal: path in the spool, chain head (hex) over `chunks` records, file size."""

    path: str
    head: str
    chunks: int
    bytes: int


class Leg:
    """A journal in `lane`; `cause` is why it is not in the first place ("" where it is)."""

    def __init__(self, lane: Lane, header: JournalHeader, public_key: bytes, cause: str = "") -> None:
        self.lane = lane
        self.header = header
        self.cause = cause
        self.snapshot: Snapshot | None = None
        self.ending = False
        self._public_key = public_key
        self._file: JournalFile | None = None
        self._path = ""
        self._pending: Sequence[Chunk] = ()
        self._packets = 0
        self._first_ns: int | None = None
        self._last_ns = 0

    @property
    def begun(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def write(self, chunks: Sequence[Chunk], *, final: bool) -> None:
        """Write these, and with `final` the last record; the file is made where there is none. Raises OSError."""
        self.ending = final
        self._pending = ()
        if self._file is None:
            self._file = self._create()
        for chunk in chunks:
            self._file.append(chunk.records)
        if final:
            self._file.append(b"", final=True)
        self._pending = chunks

    def sync(self) -> int:
        """See to it that what was written is on disk; how many chunks that were. Raises OSError."""
        assert self._file is not None
        self._file.sync()
        for chunk in self._pending:
            self._packets += chunk.packets
            self._first_ns = chunk.first_ns if self._first_ns is None else self._first_ns
            self._last_ns = max(self._last_ns, chunk.last_ns)
        self._note(self._file)
        done, self._pending = len(self._pending), ()
        return done

    def check(self) -> None:
        """Raise OSError where the file is not there any more under its name."""
        if self._file is not None:
            self._file.check()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._file is not None:
            self._file.abandon()

    def row(self, *, complete: bool) -> dict[str, JSON]:
        """The manifest row of what is on disk; `path` is None where nothing is."""
        who, snapshot = self.header.who, self.snapshot
        anchor = Anchor(from_utc(self.header.at), self.header.mono_ns)
        first = None if self._first_ns is None else to_utc(anchor.to_unix_ns(self._first_ns))
        last = None if self._first_ns is None else to_utc(anchor.to_unix_ns(self._last_ns))
        return {
            "room": who["room"],
            "segment": who["segment"],
            "endpoint": who["endpoint"],
            "medium": who["medium"],
            "key": who["key"],
            "seats": who["seats"],
            "path": snapshot.path if snapshot else None,
            "head": snapshot.head if snapshot else None,
            "chunks": snapshot.chunks if snapshot else 0,
            "bytes": snapshot.bytes if snapshot else 0,
            "packets": self._packets,
            "first_arrival_utc": first,
            "last_arrival_utc": last,
            "complete": complete,
        }

    def _create(self) -> JournalFile:
        who, spool = self.header.who, self.lane.spool
        name = f"{who['endpoint']}.{who['medium']}"
        file = JournalFile(spool, str(who["room"]), str(who["segment"]), name, self.header, self._public_key)
        self._path = file.path.relative_to(spool.folder).as_posix()
        self._note(file)
        return file

    def _note(self, file: JournalFile) -> None:
        self.snapshot = Snapshot(self._path, file.head.hex(), file.chunks, file.bytes)
