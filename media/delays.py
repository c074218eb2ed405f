"""Whether a queue builds up on the way to us, told from when packets were sent and when they came. Pure state.

The filter and the threshold follow draft-ietf-rmcat-gcc-02, sections 5.1 to 5.4, with a trend line instead of the
Kalman filter. One thing is ours: a rising delay counts only when even the *quickest* of the last bursts was late. A
stalled process or a jittery radio delays some packets; a queue delays them all.
"""

from __future__ import annotations

from operator import mul

UNITS = 1 << 18  # abs-send-time counts 2^-18 s, modulo 64 s
BURST = UNITS * 5 // 1000  # packets sent within 5 ms of the first are one group
LOOK = 0.05  # seconds between two looks at the trend
MASK = 0xFFFFFF

_HALF = 0x800000
_GROUPS = 20
_NEWEST = 10  # groups among which the quickest is looked for
_BASE = 15.0  # seconds; the smallest delay is remembered for one to two of these (clocks drift, routes change)
_SILENCE = 10.0  # seconds after which old delays say nothing
_STEP = 3.0  # seconds of disagreement between both clocks that no queue explains
_NOISE = 0.012  # seconds by which at least the quickest packet must be late
_SUSTAINED = 0.1  # seconds that all this must hold

STANDING = 0.12  # seconds: a queue this long is congestion even when it no longer grows
_DRAINED = 0.03  # seconds: a queue that is gone


class Delays:
    """`queue`: seconds that packets wait at least. `congested`: whether the path carries less than is sent."""

    __slots__ = (
        "_base",
        "_base_before",
        "_base_until",
        "_delays",
        "_gamma",
        "_groups",
        "_jitter",
        "_looked",
        "_over_since",
        "_sent",
        "_slope",
        "_times",
        "congested",
        "heard",
        "opened",
        "queue",
    )

    def __init__(self) -> None:
        self.opened = 0  # when the last group was sent, as stamped
        self.heard = 0.0  # when it came
        self._sent: float | None = None  # the same as `opened`, unwrapped, on our clock
        self._looked = 0.0
        self._forget()

    @property
    def drained(self) -> bool:
        """Nothing waits on the way that jitter would not explain."""
        return self.queue < max(_DRAINED, self._jitter)

    def rebase(self) -> None:
        """Take the delays of now for the shortest possible: the route has become longer."""
        self._base = self._base_before = 1e9

    def group(self, now: float, sent: int) -> bool:
        """The first packet of a burst came at `now`, stamped `sent`. True when `congested` was judged anew."""
        step = (sent - self.opened + _HALF & MASK) - _HALF
        gap = now - self.heard
        if self._sent is None or gap > _SILENCE or gap < 0 or abs(step / UNITS - gap) > _STEP:
            self._forget()
            self._sent = now
        elif step < 0:
            return False  # overtaken on the way: it tells nothing about a queue
        else:
            self._sent += step / UNITS
        self.opened = sent & MASK
        self.heard = now
        self._groups += 1
        self._times.append(now)
        self._delays.append(now - self._sent)
        if now - self._looked < LOOK:
            return False
        self._look(now)
        return True

    def _forget(self) -> None:
        self._times: list[float] = []
        self._delays: list[float] = []
        self._sent = None
        self._groups = 0
        self._gamma = 0.0125
        self._slope = 0.0
        self._jitter = 0.0
        self._over_since: float | None = None
        self._base_until = 0.0
        self.queue = 0.0
        self.congested = False
        self.rebase()

    def _look(self, now: float) -> None:
        passed = min(now - self._looked, 0.1)
        self._looked = now
        times = self._times = self._times[-_GROUPS:]
        delays = self._delays = self._delays[-_GROUPS:]
        count = len(times)
        quickest = min(delays[-_NEWEST:])
        if now >= self._base_until:
            self._base_before, self._base, self._base_until = self._base, quickest, now + _BASE
        self._base = min(self._base, quickest)
        self.queue = quickest - min(self._base, self._base_before)
        if count < _NEWEST:
            self.congested = False
            return
        slope = 0.0
        if late := self.queue > max(_NOISE, 1.5 * self._jitter):  # else the trend does not matter, and it costs most
            slope = _slope(times, delays)
        trend = slope * min(self._groups, 60) * 0.004  # seconds, on the scale of the threshold
        rising = late and trend > self._gamma and slope >= self._slope
        self._slope = slope
        self._adapt(abs(trend), passed)
        if not rising and self.queue < STANDING:
            self._over_since = None
            self._jitter += (sum(delays) / count - min(delays) - self._jitter) * passed / 2
        elif self._over_since is None:
            self._over_since = now
        self.congested = self._over_since is not None and now - self._over_since >= _SUSTAINED

    def _adapt(self, size: float, passed: float) -> None:
        """Section 5.4: a threshold that follows the trend, slowly upwards, so that TCP beside us does not starve us."""
        if size < self._gamma + 0.015:
            speed = 0.87 if size > self._gamma else 3.9
            self._gamma = min(max(self._gamma + speed * (size - self._gamma) * passed, 0.006), 0.6)


def _slope(times: list[float], delays: list[float]) -> float:
    """Least squares of delay over arrival time, both taken from the first group on to keep the digits."""
    first, origin, count = times[0], delays[0], len(times)
    xs = [at - first for at in times]
    ys = [delay - origin for delay in delays]
    sum_x = sum(xs)
    spread = count * sum(map(mul, xs, xs)) - sum_x * sum_x
    return (count * sum(map(mul, xs, ys)) - sum_x * sum(ys)) / spread if spread > 1e-9 else 0.0
