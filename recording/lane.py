"""One spool folder and the thread that writes there: what hangs in one place holds nothing up in another."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from recording.clock import Clocks
from recording.journalsink import CHUNK_AGE_NS, JournalSink
from recording.leg import Leg
from recording.spools import Spool

TICK_S: Final = 0.05
LOOK_NS: Final = 1_000_000_000
PROBE_NS: Final = 10_000_000_000
PROBE_S: Final = 1.0
END_S: Final = 10.0


class Lane:
    """Writes all journals of one folder. `sinks` gives every open sink, `swept` is told when some have closed."""

    def __init__(
        self,
        spool: Spool,
        clocks: Clocks,
        min_free_bytes: int,
        sinks: Callable[[], list[JournalSink]],
        swept: Callable[[], None],
    ) -> None:
        self.spool = spool
        self.trouble = ""
        """Why the place was left last, until it was seen to work again."""
        self._clocks = clocks
        self._min_free = min_free_bytes
        self._sinks = sinks
        self._swept = swept
        self._left: deque[Leg] = deque()
        self._wake = threading.Event()
        self._stopped = False
        self._looked_ns = self._probed_ns = 0
        self._thread = threading.Thread(target=self._run, name=f"recorder-{spool.numbers.start}", daemon=True)

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread once no sink is left; one that hangs in a disk is left behind."""
        self._stopped = True
        self.wake()
        self._thread.join(END_S)

    def discard(self, leg: Leg) -> None:
        """Nobody writes this journal any more; its file is closed by the thread that wrote it."""
        self._left.append(leg)
        self.wake()

    def low(self) -> bool:
        """Whether the folder cannot be reached or has too little room left to begin anything."""
        return self.spool.free_bytes() < max(self._min_free, 1)

    def blame(self, cause: str) -> None:
        """The place failed: nothing new begins here before it was seen to work."""
        self._probed_ns = self._clocks.mono_ns()
        self.trouble = cause
        self.wake()

    def _mine(self) -> list[tuple[JournalSink, Leg]]:
        return [(sink, leg) for sink in self._sinks() if (leg := sink.leg).lane is self]

    def _run(self) -> None:
        while True:
            while self._left:
                self._left.popleft().abandon()
            mine = self._mine()
            if not mine and self._stopped:
                return
            self._wake.wait(TICK_S if mine else PROBE_S if self.trouble else None)
            self._wake.clear()
            now = self._clocks.mono_ns()
            self._look(mine, now)
            if self.trouble and now - self._probed_ns >= PROBE_NS:
                self._probe(now)
            if any(sink.wants(now - CHUNK_AGE_NS) for sink, _ in mine):
                self._put_on_disk(mine, now)

    def _put_on_disk(self, mine: list[tuple[JournalSink, Leg]], now: int) -> None:
        # Once one is due all are written: a disk is woken more cheaply once than often.
        for sink, leg in [(sink, leg) for sink, leg in mine if sink.wants(now) and sink.write_out(leg, now)]:
            sink.sync(leg)
        self._swept()

    def _look(self, mine: list[tuple[JournalSink, Leg]], now: int) -> None:
        """See before a write does that the disk fills up, or that files were taken away under the hands."""
        if now - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now
        low = bool(mine) and self.low()
        for sink, leg in mine:
            if low:
                sink.leave(leg, "disk.low")
                continue
            try:
                leg.check()
            except OSError as error:
                sink.leave(leg, f"disk.{error.errno}")

    def _probe(self, now: int) -> None:
        self._probed_ns = now
        path = self.spool.folder / f".probe-{os.getpid()}"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(bytes(4096))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except OSError:
            return
        if not self.low():
            self.trouble = ""
