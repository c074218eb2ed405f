"""Loss that sending less does not cure: it is the path's own, not ours. Pure state.

A path that loses at random (radio) and a path that is too thin both report loss. Cutting the rate helps the second
only; on the first it ends at the floor and cures nothing (the weakness of draft-ietf-rmcat-gcc-02, section 6). So
whoever cuts asks afterwards whether it helped; what stays although a good part of the rate went is taken off later
reports.
"""

from __future__ import annotations

CUT = 0.10  # loss above this asks for a cut (draft-ietf-rmcat-gcc-02, section 6)
_SETTLE = 1.5  # seconds for a cut to reach the sender and the reports
_LESS = 0.8  # the share of the rate at which a cut should have shown
_CURED = 0.85  # less than this share of the loss left: the cut helped
_HALF_LIFE = 1.5  # seconds
_BELIEVED = 120.0  # seconds


class Innate:
    """Smooths loss reports and tells how much of the loss is worth cutting for.

    `loss` is the smoothed share lost as reported, `ours` the part of it that goes with our rate (both 0..1). `heavy`:
    cut now, for the last report says so too.
    """

    __slots__ = ("_asked", "_at", "_found_at", "_innate", "_low_since", "heavy", "loss", "ours")

    def __init__(self) -> None:
        self.loss = 0.0
        self.ours = 0.0
        self.heavy = False
        self._innate = 0.0
        self._found_at = -1e9
        self._at: float | None = None
        self._asked: tuple[float, float] | None = None  # loss and rate when cutting began
        self._low_since: float | None = None

    def report(self, now: float, fraction: float, rate: float) -> None:
        """The share lost since the last report (0..1; anything else is brought into range) at `rate` bit/s."""
        fraction = min(max(fraction, 0.0), 1.0)
        if self._at is None:
            self.loss = fraction
        else:
            passed = min(max(now - self._at, 0.0), 10.0)
            self.loss += (fraction - self.loss) * (1 - 0.5 ** (passed / _HALF_LIFE))
        self._at = now
        # Believed for a while only: a path may have become thin since, and loss as high as before would hide it.
        self._innate = min(self._innate, self.loss) if now - self._found_at < _BELIEVED else 0.0
        self.ours = max(self.loss - self._innate, 0.0) / (1 - self._innate) if self._innate < 1 else 0.0
        self._judge(now, min(self.loss, fraction), rate)
        self.heavy = self.ours > CUT and fraction - self._innate > CUT / 2

    def _judge(self, now: float, still: float, rate: float) -> None:
        if self._asked is None or self.ours <= CUT / 2:
            self._asked = (self.loss, rate) if self.ours > CUT else None
            self._low_since = None
            return
        loss, before = self._asked
        if rate > _LESS * before:
            self._asked = (max(loss, self.loss), max(before, rate))
            self._low_since = None
        elif self._low_since is None:
            self._low_since = now
        elif now - self._low_since >= _SETTLE:
            if still >= _CURED * loss:
                self._innate = min(self.loss, 0.5)
                self._found_at = now
                self.ours = max(self.loss - self._innate, 0.0)
            self._asked = (self.loss, rate)
            self._low_since = None
