"""What a publisher's path to us carries, estimated from what arrives. Pure state; every time is the caller's.

In the spirit of draft-ietf-rmcat-gcc-02 (a detector of growing queues, additive and multiplicative growth, a limit by
loss), with three differences, because stock estimators held browsers at a fifth of a path:

- a rising delay must show in the quickest packets too (see `delays`);
- until the first congestion the estimate doubles each second, not 8 %: a browser follows us that fast at first only;
- loss that does not go away with the rate is not answered by cutting further (see `innate`).
"""

from __future__ import annotations

from media.delays import BURST, LOOK, MASK, STANDING, UNITS, Delays
from media.innate import Innate

START = 600_000  # bit/s, before anything is known
FLOOR = 60_000  # bit/s: speech and a slow picture; never ask for less
CAP = 2_000_000  # bit/s, unless told otherwise

_CELL = 0.05  # seconds per cell of the rate meter
_CELLS = 20
_BEGINNING = 4.0  # seconds in which what arrives tells more about the publisher than about the path
_RECENT = 8  # cells: short enough to see a path that has just become thin
_HARMLESS = 0.08  # loss below this, without a queue, does not forbid to grow
_TAIL_DROP = 0.03  # loss above this beside a queue: the queue is full
_STUBBORN = 4  # cuts in a row without effect, after which it is the route and not a queue


def sent_at(timestamp: int, rate: int) -> int:
    """An RTP timestamp (`rate` ticks a second) in units of abs-send-time, for a publisher that stamps nothing else.

    Of one stream only: timestamps of different streams have different origins. When the 32 bits wrap, the estimator
    takes the jump for a step of the sender's clock, and starts its delays anew.
    """
    return timestamp * UNITS // rate & MASK


class Meter:
    """Bit/s over the last second."""

    __slots__ = ("_began", "_cell", "_cells", "waiting")

    def __init__(self) -> None:
        self.waiting = 0  # bytes not yet put down to a time
        self._cells = [0] * _CELLS
        self._cell = -_CELLS
        self._began = 0

    def turn(self, now: float) -> None:
        """Put the waiting bytes down to now."""
        cell = int(now / _CELL)
        if cell != self._cell:
            if 0 < cell - self._cell < _CELLS:
                for index in range(self._cell + 1, cell + 1):
                    self._cells[index % _CELLS] = 0
            else:
                self._cells = [0] * _CELLS
                self._began = cell
            self._cell = cell
        self._cells[cell % _CELLS] += self.waiting
        self.waiting = 0

    def rate(self, now: float, cells: int = _CELLS - 1) -> float:
        """Over so many twentieths of a second, or since the first packet after a silence if that is less."""
        self.turn(now)
        cells = min(cells, max(self._cell - self._began, 4))
        return sum(self._cells[(self._cell - back) % _CELLS] for back in range(1, cells + 1)) * 8 / (cells * _CELL)


class Uplink:
    """Estimate of one publisher's uplink in bit/s.

    Call `packet` for each RTP packet that arrives; `tick` every half second in the first five, then once a second, and
    send what it returns as REMB. When `packet` says True, the estimate has just been cut: tell the publisher at once.
    `loss` holds the smoothed share of packets lost on the way to us.
    """

    __slots__ = (
        "_began",
        "_cap",
        "_cut_at",
        "_cut_rate",
        "_delays",
        "_known",
        "_meter",
        "_relieved_at",
        "_stubborn",
        "_ticked",
        "estimate",
        "loss",
    )

    def __init__(self, cap: int = CAP) -> None:
        self._cap = max(cap, FLOOR)
        self._meter = Meter()
        self._delays = Delays()
        self._began: float | None = None
        self._ticked: float | None = None
        self._cut_at = -1e9
        self._relieved_at = -1e9  # the last cut for delay
        self._cut_rate = 0.0  # what arrived at the last cut for delay
        self._stubborn = 0
        self._known: float | None = None  # what arrived when the path was last full
        self.estimate = min(START, self._cap)
        self.loss = Innate()

    def packet(self, now: float, sent: int | None, size: int) -> bool:
        """A packet of `size` bytes came at `now` (monotonic seconds), stamped `sent` (6.18 fixed, modulo 64 s).

        None for a packet without a stamp: it counts for the rate only. True when this packet revealed congestion and
        `estimate` is lower than before.
        """
        meter, delays = self._meter, self._delays
        meter.waiting += size
        if sent is None:
            meter.turn(now)
            return False
        # The rest of a burst costs this comparison only; the look at the clock bounds what a lying stamp can hold up.
        if (sent - delays.opened & MASK) < BURST and now - delays.heard < LOOK:
            return False
        meter.turn(now)
        return delays.group(now, sent) and delays.congested and self._congested(now)

    def incoming(self, now: float) -> float:
        """Bit/s that arrived during the last second."""
        return self._meter.rate(now)

    def tick(self, now: float, fraction_lost: float) -> int:
        """Grow or cut by the time passed and the share of packets lost since the last tick; returns `estimate`."""
        passed = 0.0 if self._ticked is None else min(max(now - self._ticked, 0.0), 2.0)
        self._ticked = now
        if self._began is None:
            self._began = now
        incoming = self.incoming(now)
        self.loss.report(now, fraction_lost, incoming)
        lost = self.loss.ours
        drained = self._delays.drained
        if self.loss.heavy or (lost > _TAIL_DROP and not drained):
            if now - self._cut_at >= 0.9:
                # What arrived is what the path carries, however much was sent into it.
                to = self.estimate * (1 - 0.5 * lost if drained else 0.75)
                self._cut(now, max(to, 0.85 * incoming), incoming)
        elif lost < _HARMLESS and drained and now - self._cut_at > 1.0:
            self._grow(passed, incoming)
        return self.estimate

    def _grow(self, passed: float, incoming: float) -> None:
        # A publisher that sends less than it may tells nothing about more.
        limit = min(1.5 * incoming + 200_000, self._cap)
        known = self._known
        if known is None:
            grown = self.estimate * (2.0 if self._cut_at < 0 else 1.4) ** passed
        elif self.estimate < 0.85 * known:
            grown = min(self.estimate * 1.25**passed, 0.9 * known)
        elif self.estimate < 1.2 * known:
            grown = self.estimate + max(15_000.0, 0.04 * known) * passed
        else:
            self._known = None  # the path has become wider than it was
            grown = self.estimate * 1.25**passed
        self.estimate = max(self.estimate, int(min(grown, limit)))

    def _cut(self, now: float, to: float, incoming: float) -> None:
        self.estimate = max(min(int(to), self.estimate), FLOOR)
        # A browser that has just begun sends little, and its first key frames all at once.
        self._known = incoming if self._learned(now) else None
        self._cut_at = now

    def _learned(self, now: float) -> bool:
        return self._began is not None and now - self._began > _BEGINNING

    def _congested(self, now: float) -> bool:
        queue = self._delays.queue
        if now - self._relieved_at < 0.5 + queue:
            return False  # the last cut has not shown yet
        self._relieved_at = now
        incoming = self._meter.rate(now, _RECENT)
        self._stubborn = self._stubborn + 1 if queue > STANDING and incoming < 0.95 * self._cut_rate else 0
        self._cut_rate = incoming
        if self._stubborn >= _STUBBORN:
            # Ever less arrives and the delay stays: no queue, the route has become longer.
            self._stubborn = 0
            self._delays.rebase()
            return False
        before = self.estimate
        to = incoming * (0.7 if queue > 0.2 else 0.85)
        self._cut(now, to if self._learned(now) else max(to, 0.6 * self.estimate), incoming)
        return self.estimate < before
