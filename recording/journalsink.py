"""One endpoint's medium in one segment on its way to disk: filled by the relay's loop, emptied by the writer thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from formats.canonical import JSON
from formats.journal import JournalHeader
from recording.clock import Anchor, Clocks, from_utc, to_utc
from recording.errors import RecorderFailed
from recording.framing import pack_records
from recording.journalfile import JournalFile

CHUNK_BYTES: Final = 64 * 1024
# Leaves a quarter of the promised second for the tick, the write and the sync.
CHUNK_AGE_NS: Final = 750_000_000
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
        self._closing = False
        self._complete = False
        self._done = threading.Event()
        self._file: JournalFile | None = None

    @property
    def closed(self) -> bool:
        """Whether the writer thread is through with it after `close`."""
        return self._done.is_set()

    def write(self, packets: Sequence[tuple[int, bytes]]) -> None:
        """Keep RTP packets with their arrival (nanoseconds on the monotonic clock), in order.

        Raises `RecorderFailed` from the first call after anything went wrong, and where the disk does not keep up.
        """
        records = pack_records(packets)
        reason = None
        with self._lock:
            if packets and self.failure is None and not self._closing:
                reason = self._take(packets, records)
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

    def work(self) -> None:
        """The writer thread's turn: put what is due on disk."""
        if self._done.is_set():
            return
        closing = self._closing
        try:
            if self.failure is None and self._file is None:
                self._create()
            while self.failure is None and (chunk := self._due(closing)) is not None:
                self._put(chunk, final=False)
            if closing and self.failure is None:
                self._put(b"", final=True)
                self._complete = True
        except OSError as error:
            self.fail(f"disk.{error.errno or 'short'}")
        except Exception as error:  # whatever it is, it must pause the room and not end the thread unseen
            self.fail(f"internal.{type(error).__name__}")
        if closing or self.failure is not None:
            if self._file is not None:
                self._file.abandon()
            if closing:
                self._done.set()

    def _take(self, packets: Sequence[tuple[int, bytes]], records: bytes) -> str | None:
        if self._queue and self._clocks.mono_ns() - self._queue[0][0] > STALL_NS:
            return "disk.slow"
        if self._buffer and len(self._buffer) + len(records) > CHUNK_BYTES:
            if self._queued_bytes + len(self._buffer) > QUEUE_BYTES:
                return "overflow"
            self._enqueue()
            self._wake()
        if not self._buffer:
            self._buffer_since = self._clocks.mono_ns()
        self._buffer += records
        self._packets += len(packets)
        self._first_ns = packets[0][0] if self._first_ns is None else self._first_ns
        self._last_ns = max(self._last_ns, packets[-1][0])
        return None

    def _enqueue(self) -> None:
        self._queue.append((self._buffer_since, bytes(self._buffer)))
        self._queued_bytes += len(self._buffer)
        self._buffer = bytearray()

    def _due(self, everything: bool) -> bytes | None:
        with self._lock:
            age = self._clocks.mono_ns() - self._buffer_since
            if not self._queue and self._buffer and (everything or age >= CHUNK_AGE_NS):
                self._enqueue()
            return self._queue[0][1] if self._queue else None

    def _create(self) -> None:
        who = self.header.who
        name = f"{who['endpoint']}.{who['medium']}"
        self._file = JournalFile(
            self._folder, str(who["room"]), str(who["segment"]), name, self.header, self._public_key
        )
        self._note(self._file)

    def _put(self, chunk: bytes, *, final: bool) -> None:
        assert self._file is not None
        self._file.write(chunk, final=final)
        with self._lock:
            if self._queue and not final:
                # Leaves the queue only once it is on disk, so that its age shows a stalled disk to `write`.
                self._queued_bytes -= len(self._queue.popleft()[1])
        self._note(self._file)

    def _note(self, file: JournalFile) -> None:
        path = file.path.relative_to(self._folder).as_posix()
        self.snapshot = Snapshot(path, file.head.hex(), file.chunks, file.bytes)

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
