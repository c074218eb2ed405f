"""One endpoint's medium in one segment on its way to disk: filled by the relay's loop, emptied by a writer thread.

Packets leave memory only once they are on disk. So when the place fails that they were written to, they go to the next
place with nothing missing; what the failing disk kept of them then lies in two journals, and is played once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from formats.canonical import JSON
from formats.framing import Batch
from recording.clock import Clocks
from recording.errors import RecorderFailed
from recording.leg import Chunk, Leg, Snapshot

CHUNK_BYTES: Final = 64 * 1024
# Leaves of the promised second what the tick, the write and the sync take; what the relay hands over is due at once.
CHUNK_AGE_NS: Final = 650_000_000
QUEUE_BYTES: Final = 4 * 1024 * 1024
MOVE_NS: Final = 2_000_000_000
"""A disk that has kept a chunk waiting for so long is left for the next place, where there is one."""
STALL_NS: Final = 5_000_000_000
"""So long it is waited for where there is none."""
CLOSE_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Outlets:
    """What a sink asks of its recorder, from any thread and without waiting for a disk.

    `next_leg(failed, cause)` is a journal to go on in, None where there is no other place; `moved(row, cause)` is told
    with the row of the journal that was left; `failed(room, cause)` when there was nowhere to go.
    """

    next_leg: Callable[[Leg, str], Leg | None]
    moved: Callable[[dict[str, JSON], str], None]
    failed: Callable[[str, str], None]


class JournalSink:
    """Made by `Recorder.open`; `write` never blocks."""

    def __init__(self, leg: Leg, clocks: Clocks, outlets: Outlets) -> None:
        self.header = leg.header
        self.leg = leg
        self.failure: str | None = None
        self._clocks = clocks
        self._outlets = outlets
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._first: tuple[int, int] = (0, 0)
        self._buffer_last_ns = self._buffer_packets = 0
        self._queue: deque[Chunk] = deque()
        self._queued_bytes = 0
        self._leg_since = 0
        self._closing = self._complete = False
        self._done = threading.Event()

    @property
    def snapshot(self) -> Snapshot | None:
        """What is on disk of the journal that is being written."""
        return self.leg.snapshot

    @property
    def closed(self) -> bool:
        """Whether the writer thread is through with it after `close`."""
        return self._done.is_set()

    def write(self, batch: Batch) -> None:
        """Keep RTP packets.

        Raises `RecorderFailed` from the first call after anything went wrong, and where no disk keeps up.
        """
        waited = self._waited_ns()
        if waited > MOVE_NS and not self._move(self.leg, "disk.slow") and waited > STALL_NS:
            self.fail("disk.slow")
        taken = True
        with self._lock:
            if batch.packets and self.failure is None and not self._closing:
                taken = self._take(batch)
        if not taken:
            self.fail("overflow")
        if self.failure is not None or self._closing:
            raise RecorderFailed(self.failure or "closed")

    def begin_close(self) -> None:
        """Have the rest and the final record written, without waiting for it."""
        with self._lock:
            self._closing = True
        self.leg.lane.wake()

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> dict[str, JSON]:
        """Write what is left and the final record; returns the manifest row (the same one again when repeated).

        Waits for the disk (some milliseconds; at most 10 s, then the row says incomplete), so call it off the loop.
        """
        self.begin_close()
        self._done.wait(timeout_s)
        return self.leg.row(complete=self._complete)

    def fail(self, cause: str) -> None:
        """Give up: nothing more is taken, what is on disk stays as it is."""
        with self._lock:
            if self.failure is not None or self._done.is_set():
                return
            self.failure = cause
            self._buffer = bytearray()
            self._queue.clear()
            self._queued_bytes = 0
        self._outlets.failed(str(self.header.who["room"]), cause)

    def leave(self, leg: Leg, cause: str) -> None:
        """This leg's place is no good any more: go on in another one, or fail."""
        if not self._move(leg, cause):
            self.fail(cause)

    def wants(self, until_ns: int) -> bool:
        """Whether its thread has anything to do if all that was begun until then is due."""
        return (
            self._closing
            or not self.leg.begun
            or self.failure is not None
            or bool(self._queue)
            or bool(self._buffer and self._first[0] <= until_ns)
        )

    def write_out(self, leg: Leg, until_ns: int) -> bool:
        """The turn of this leg's thread: write what was begun by then. Returns whether to `sync` next."""
        with self._lock:
            if self._done.is_set() or leg is not self.leg:
                return False
            ending = self._closing
            if self._buffer and (ending or self._first[0] <= until_ns):
                self._enqueue()
            due = list(self._queue)
        if self.failure is not None:
            leg.ending = ending
        self._attempt(leg, lambda: leg.write(due, final=ending))
        return True

    def sync(self, leg: Leg) -> None:
        """Its second half: see to it that what was written is on disk."""
        self._attempt(leg, lambda: self._sync(leg))
        with self._lock:
            over = leg is not self.leg or self.failure is not None or leg.ending
            if leg is self.leg and leg.ending:
                self._done.set()
        if over:
            leg.abandon()

    def _sync(self, leg: Leg) -> None:
        done = leg.sync()
        with self._lock:
            if leg is not self.leg:
                return  # it took too long, and the chunks are somebody else's now
            # They leave the queue only once they are on disk, so that their age shows a stalled disk to `write`.
            for _ in range(min(done, len(self._queue))):
                self._queued_bytes -= len(self._queue.popleft().records)
            self._complete = leg.ending

    def _attempt(self, leg: Leg, act: Callable[[], None]) -> None:
        """Do this unless the sink has failed or left; if it raises, the sink leaves or fails."""
        if self.failure is not None or leg is not self.leg:
            return
        try:
            act()
        except OSError as error:
            self.leave(leg, f"disk.{error.errno or 'short'}")
        except Exception as error:  # whatever it is, it must pause the room and not end the thread unseen
            self.fail(f"internal.{type(error).__name__}")

    def _move(self, leg: Leg, cause: str) -> bool:
        """Whether it goes on elsewhere (or had done so already)."""
        if self.failure is not None:
            return False
        following = self._outlets.next_leg(leg, cause)
        if following is None:
            return leg is not self.leg
        with self._lock:
            if leg is not self.leg or self._done.is_set():
                return True
            self.leg = following
            self._leg_since = self._clocks.mono_ns()
        following.lane.wake()
        leg.lane.discard(leg)
        self._outlets.moved(leg.row(complete=False), cause)
        return True

    def _waited_ns(self) -> int:
        with self._lock:
            if not self._queue:
                return 0
            return self._clocks.mono_ns() - max(self._queue[0].since_ns, self._leg_since)

    def _take(self, batch: Batch) -> bool:
        now = self._clocks.mono_ns()
        if self._buffer and len(self._buffer) + len(batch.records) > CHUNK_BYTES:
            if self._queued_bytes + len(self._buffer) > QUEUE_BYTES:
                return False
            self._enqueue()
            self.leg.lane.wake()
        if not self._buffer:
            # Its age began when the first packet came, however long it was on its way here.
            self._first = (min(now, max(batch.first_ns, now - CHUNK_AGE_NS)), batch.first_ns)
        self._buffer += batch.records
        self._buffer_packets += batch.packets
        self._buffer_last_ns = max(self._buffer_last_ns, batch.last_ns)
        return True

    def _enqueue(self) -> None:
        since, first = self._first
        self._queue.append(Chunk(since, bytes(self._buffer), self._buffer_packets, first, self._buffer_last_ns))
        self._queued_bytes += len(self._buffer)
        self._buffer = bytearray()
        self._buffer_packets = 0
