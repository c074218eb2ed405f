"""A publisher on a bad line, simulated: sends what it is asked for, stamps its packets, learns the answer later."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from media.bandwidth import Uplink
from media.delays import UNITS
from tests.support.impairment import Path

_STEP = 0.005  # seconds between two bursts of the pacer
_FEEDBACK = 0.08  # seconds until a word of ours reaches the publisher
_PACKET = 1100


@dataclass(frozen=True)
class Second:
    """One second of a run: when it ended, the estimate then, and bit/s sent and received during it."""

    at: float
    estimate: int
    sent: float
    received: float
    queue_ms: float


@dataclass
class Publisher:
    """Speech and 25 pictures a second, paced in bursts of 5 ms as browsers do.

    `most`: bit/s that the camera gives at best. `climb`: growth per second that the sender allows itself after its
    first seconds (a browser: 1.08). `clock`: seconds its clock is ahead. `stamped`: whether packets carry
    abs-send-time. `stall`: chance per burst that our process sleeps for a tenth of a second.
    """

    path: Path
    most: float = 2_500_000
    climb: float = 9.0
    clock: float = 0.0
    stamped: bool = True
    stall: float = 0.0
    uplink: Uplink = field(default_factory=Uplink)

    def run(self, seconds: float, began: float = 1000.0) -> list[Second]:
        """The seconds of a call."""
        random = Random(5)
        rows: list[Second] = []
        told: list[tuple[float, int]] = []
        flying: list[tuple[float, float, int]] = []
        rate, pacer, asleep = 300_000.0, 0.0, 0.0
        sent = got = lost = offered = 0
        for step in range(round(seconds / _STEP) + 1):
            now = began + step * _STEP
            while told and told[0][0] <= now:
                asked = heappop(told)[1]
                limit = asked if step < 500 else rate * self.climb ** (1.0 if asked > rate else 0.0)
                rate = min(asked, limit, self.most)
            sizes = []
            if step % 4 == 0:
                sizes.append(120)
            if step % 8 == 0:
                pacer += max(rate - 48_000, 20_000) / 8 / 25 * (0.7 + 0.6 * random.random())
            budget = max(2.5 * rate / 8 * _STEP, _PACKET)
            while pacer >= 1 and budget > 0:
                size = int(min(pacer, _PACKET)) + 30
                sizes.append(size)
                pacer -= size - 30
                budget -= size
            for index, size in enumerate(sizes):
                at = now + index * 1e-4
                sent += size
                for out in self.path.send(at, size):
                    heappush(flying, (out, at, size))
            if random.random() < self.stall:
                asleep = now + 0.1
            if now < asleep:
                continue
            while flying and flying[0][0] <= now:
                came, at, size = heappop(flying)
                got += size
                mark = int((at + self.clock) * UNITS) & 0xFFFFFF if self.stamped else None
                if self.uplink.packet(max(came, now if asleep else 0.0), mark, size):
                    heappush(told, (now + _FEEDBACK, self.uplink.estimate))
            asleep = 0.0
            if step and step % (100 if step < 1000 else 200) == 0:
                gone, all_ = self.path.lost + self.path.dropped, self.path.sent
                fraction = (gone - lost) / max(all_ - offered, 1)
                lost, offered = gone, all_
                estimate = self.uplink.tick(now, fraction)
                heappush(told, (now + _FEEDBACK, estimate))
            if step and step % 200 == 0:
                rows.append(Second(now - began, estimate, sent * 8.0, got * 8.0, self.path.queue_ms(now)))
                sent = got = 0
        return rows
