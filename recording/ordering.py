"""Back into sending order: sequence and timestamp wrap, reordering, duplicates, restarts.

A *run* is a stretch of one source that counts on without starting over; a new SSRC or a restarted sequence begins the
next one, and nothing is compared across runs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from formats.errors import Invalid
from formats.framing import Captured
from recording.rtp import Rtp, parse_rtp

WINDOW = 1000
"""How many later packets may be waiting before a missing one is given up: some seconds of a large picture."""

MAX_MISORDER = 1000
"""A packet further back than this is a restart rather than a late one (cf. RFC 3550 A.1)."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A packet in sending order; `index` and `timestamp` no longer wrap inside their run."""

    run: int
    index: int
    timestamp: int
    arrival_ns: int
    rtp: Rtp


def signed_distance(value: int, reference: int, bits: int) -> int:
    """The shortest way from `reference` to `value` on a counter of `bits` bits, in [-2^(bits-1), 2^(bits-1))."""
    half = 1 << (bits - 1)
    return ((value - reference + half) & ((1 << bits) - 1)) - half


class _Run:
    """One source's packets waiting for their turn."""

    def __init__(self, number: int, first: Rtp) -> None:
        self.number = number
        self.ssrc = first.ssrc
        self._highest = first.sequence
        self._stray: Captured | None = None
        self._restart = 0
        self._next: int | None = None
        self._waiting: dict[int, tuple[int, Rtp]] = {}
        self._lowest: list[int] = []
        self._timestamp = first.timestamp

    def index(self, sequence: int) -> int | None:
        """The unwrapped index; None when so far back that it can only be a stray packet or a restart."""
        distance = signed_distance(sequence, self._highest & 0xFFFF, 16)
        if distance < -MAX_MISORDER:
            return None
        index = self._highest + distance
        self._highest = max(self._highest, index)
        self._stray = None
        return index

    def restart(self, sequence: int, item: Captured) -> Captured | None:
        """The packet before this one, if the two in a row make an impossible jump back (one alone is a stray)."""
        stray = self._stray if self._restart == sequence else None
        self._stray, self._restart = item, (sequence + 1) & 0xFFFF
        return stray

    def take(self, arrival_ns: int, rtp: Rtp) -> None:
        index = self.index(rtp.sequence)
        if index is None:
            return
        if (self._next is None or index >= self._next) and index not in self._waiting:
            self._waiting[index] = (arrival_ns, rtp)
            heapq.heappush(self._lowest, index)

    def pop(self, *, everything: bool = False) -> Iterator[Ordered]:
        while self._waiting:
            if self._lowest[0] != self._next and len(self._waiting) <= WINDOW and not everything:
                return
            index = heapq.heappop(self._lowest)
            self._next = index + 1
            arrival_ns, rtp = self._waiting.pop(index)
            self._timestamp += signed_distance(rtp.timestamp, self._timestamp & 0xFFFFFFFF, 32)
            yield Ordered(self.number, index, self._timestamp, arrival_ns, rtp)


def in_order(captured: Iterable[Captured]) -> Iterator[Ordered]:
    """Packets in sending order, each once; malformed ones are left out. Holds at most `WINDOW` + 1 packets."""
    run: _Run | None = None
    for item in captured:
        try:
            rtp = parse_rtp(item.packet)
        except Invalid:
            continue
        index = run.index(rtp.sequence) if run is not None and run.ssrc == rtp.ssrc else None
        if run is None or index is None:
            before = None
            if run is not None and run.ssrc == rtp.ssrc:
                before = run.restart(rtp.sequence, item)
                if before is None:
                    continue
            if run is not None:
                yield from run.pop(everything=True)
            first = rtp if before is None else parse_rtp(before.packet)
            run = _Run(0 if run is None else run.number + 1, first)
            if before is not None:
                run.take(before.arrival_ns, first)
        run.take(item.arrival_ns, rtp)
        yield from run.pop()
    if run is not None:
        yield from run.pop(everything=True)
