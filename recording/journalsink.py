"""One endpoint's medium in one segment on its way to disk: filled by the relay's loop, emptied by the writer thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from formats.canonical import JSON
from formats.framing import Batch
from formats.journal import JournalHeader
from recording.clock import Anchor, Clocks, from_utc, to_utc
from recording.errors import RecorderFailed
from recording.journalfile import JournalFile

CHUNK_BYTES: Final = 64 * 1024
# Leaves of the promised second what the tick, the write and the sync take; what the relay hands over is due at once.
CHUNK_AGE_NS: Final = 650_000_000
QUEUE_BYTES: Final = 4 * 1024 * 1024
STALL_NS: Final = 5_000_000_000
CLOSE_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is on disk of a journal: path in the spool, chain head (hex) over `chunks` records, file size."""

    path: str
    head: str
    chunks: int
    bytes: int


class JournalSink:
    """Made by `Recorder.open`; `write` never blocks."""

    def __init__(
        self,
        folder: Path,
        header: JournalHeader,
        public_key: bytes,
        clocks: Clocks,
        wake: Callable[[], None],
        on_failure: Callable[[str, str], None],
    ) -> None:
        self.header = header
        self.failure: str | None = None
        self.snapshot: Snapshot | None = None
        self._folder = folder
        self._public_key = public_key
        self._clocks = clocks
        self._wake = wake
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._buffer_since = 0
        self._queue: deque[tuple[int, bytes]] = deque()
        self._queued_bytes = 0
        self._packets = 0
        self._first_ns: int | None = None
        self._last_ns = 0
        self._closing = self._ending = self._complete = False
        self._written = 0
        self._done = threading.Event()
        self._file: JournalFile | None = None
        self._path = ""

    @property
    def closed(self) -> bool:
        """Whether the writer thread is through with it after `close`."""
        return self._done.is_set()

    def write(self, batch: Batch) -> None:
        """Keep RTP packets.

        Raises `RecorderFailed` from the first call after anything went wrong, and where the disk does not keep up.
        """
        reason = None
        with self._lock:
            if batch.packets and self.failure is None and not self._closing:
                reason = self._take(batch)
        if reason is not None:
            self.fail(reason)
        if self.failure is not None or self._closing:
            raise RecorderFailed(self.failure or "closed")

    def close(self) -> dict[str, JSON]:
        """Write what is left and the final record; returns the manifest row (the same one again when repeated).

        Waits for the disk (some milliseconds; at most 10 s, then the row says incomplete), so call it off the loop.
        """
        with self._lock:
            self._closing = True
        self._wake()
        self._done.wait(CLOSE_TIMEOUT_S)
        return self._row()

    def fail(self, reason: str) -> None:
        """Give up: nothing more is taken, what is on disk stays as it is."""
        with self._lock:
            if self.failure is not None or self._done.is_set():
                return
            self.failure = reason
            self._buffer = bytearray()
            self._queue.clear()
            self._queued_bytes = 0
        self._on_failure(str(self.header.who["room"]), reason)

    def wants(self, until_ns: int) -> bool:
        """Whether the writer thread has anything to do if all that was begun until then is due."""
        return (
            self._closing
            or self._file is None
            or self.failure is not None
            or bool(self._queue)
            or bool(self._buffer and self._buffer_since <= until_ns)
        )

    def write_out(self, until_ns: int) -> bool:
        """The writer thread's turn: write whole chunks and what was begun by then. Returns whether to `sync` next."""
        if self._done.is_set():
            return False
        self._ending = self._closing
        self._attempt(lambda: self._write_due(until_ns))
        return True

    def sync(self) -> None:
        """Its second half: see to it that what was written is on disk."""
        self._attempt(self._sync_written)
        if self._ending or self.failure is not None:
            if self._file is not None:
                self._file.abandon()
            if self._ending:
                self._done.set()

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do this unless the sink has failed; if it raises, the sink fails."""
        if self.failure is not None:
            return
        try:
            act()
        except OSError as error:
            self.fail(f"disk.{error.errno or 'short'}")
        except Exception as error:  # whatever it is, it must pause the room and not end the thread unseen
            self.fail(f"internal.{type(error).__name__}")

    def _write_due(self, until_ns: int) -> None:
        if self._file is None:
            self._file = self._create()
        with self._lock:
            if self._buffer and (self._ending or self._buffer_since <= until_ns):
                self._enqueue()
            due = [chunk for _, chunk in self._queue]
        for chunk in due:
            self._file.append(chunk)
        if self._ending:
            self._file.append(b"", final=True)
        self._written = len(due)

    def _sync_written(self) -> None:
        file = self._file
        assert file is not None
        file.sync()
        with self._lock:
            # Leaves the queue only once it is on disk, so that its age shows a stalled disk to `write`.
            for _ in range(min(self._written, len(self._queue))):
                self._queued_bytes -= len(self._queue.popleft()[1])
        self._note(file)
        self._complete = self._ending

    def _take(self, batch: Batch) -> str | None:
        now = self._clocks.mono_ns()
        if self._queue and now - self._queue[0][0] > STALL_NS:
            return "disk.slow"
        if self._buffer and len(self._buffer) + len(batch.records) > CHUNK_BYTES:
            if self._queued_bytes + len(self._buffer) > QUEUE_BYTES:
                return "overflow"
            self._enqueue()
            self._wake()
        if not self._buffer:
            # Its age began when the first packet came, however long it was on its way here.
            self._buffer_since = min(now, max(batch.first_ns, now - CHUNK_AGE_NS))
        self._buffer += batch.records
        self._packets += batch.packets
        self._first_ns = batch.first_ns if self._first_ns is None else self._first_ns
        self._last_ns = max(self._last_ns, batch.last_ns)
        return None

    def _enqueue(self) -> None:
        self._queue.append((self._buffer_since, bytes(self._buffer)))
        self._queued_bytes += len(self._buffer)
        self._buffer = bytearray()

    def _create(self) -> JournalFile:
        who = self.header.who
        name = f"{who['endpoint']}.{who['medium']}"
        file = JournalFile(self._folder, str(who["room"]), str(who["segment"]), name, self.header, self._public_key)
        self._path = file.path.relative_to(self._folder).as_posix()
        self._note(file)
        return file

    def _note(self, file: JournalFile) -> None:
        self.snapshot = Snapshot(self._path, file.head.hex(), file.chunks, file.bytes)

    def _row(self) -> dict[str, JSON]:
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
            "complete": self._complete,
        }
