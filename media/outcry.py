"""A path that has just become far too thin, told from what its browser asks for again. Pure state.

Reports come once a second and tell the past second; a browser that lacks packets says so at once (RFC 4585, section
6.2.1). Most of what we send lost, for longer than an outage of the radio lasts: the queue before the path is full, and
every packet more that we pour into it costs the voices theirs.
"""

from __future__ import annotations

from collections.abc import Iterable

from media.serial import ahead16

WINDOW = 20  # packets sent
HALF = 0.5  # share of a window; a path that loses a fifth at random reaches it once in 400 windows
TRIED = 0.4  # share of one window that is enough after something has just been added
_APART, _TOGETHER = 0.1, 2.0  # seconds between two bad windows that belong together: one is an outage


class Outcry:
    """What is asked for in one slot."""

    __slots__ = ("_bad_at", "_count", "_first", "_last", "_share")

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = 0
        self._count = 0
        self._bad_at = -1e9
        self._share = 0.0

    def asked(self, lost: Iterable[int], now: float, *, trying: bool = False) -> float:
        """Sequence numbers asked for again; the share lost (0..1) if that is an outcry, else 0.

        `trying`: more is sent than before, to see whether it comes through: then one bad window says that it does not.
        """
        found = 0.0
        for seq in lost:
            if self._first is None:
                self._first = seq
            elif ahead16(seq, self._last) <= 0:
                continue  # asked for before
            self._last = seq
            self._count += 1
            span = ahead16(seq, self._first) + 1
            if span >= WINDOW or span < 1:
                found = max(found, self._close(self._count / span if span > 0 else 0.0, now, trying))
        return found

    def _close(self, share: float, now: float, trying: bool) -> float:
        self._first, self._count = (self._last + 1) & 0xFFFF, 0
        if trying and share >= TRIED:
            return share
        if share < HALF:
            self._bad_at = -1e9
            return 0.0
        apart = now - self._bad_at
        if apart < _APART:
            return 0.0
        before, self._share, self._bad_at = self._share, share, now
        return (before + share) / 2 if apart < _TOGETHER else 0.0
