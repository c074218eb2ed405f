"""Where each packet lies on the clock of the host that captured it.

RTP timestamps give the distance between packets free of network jitter, arrival times tie them to the clock. The tie
is `arrival - timestamp`: a delayed packet has a larger one, never a smaller one, so the smallest over the next two
seconds is the network's base delay. Looking ahead only, never back, is what keeps a silence a silence: after a pause in
which a sender's timestamps stood still the tie is larger at once, while a stalled network delivers its backlog within
the window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from recording.ordering import Ordered

WINDOW_NS = 2_000_000_000
"""How far ahead (in arrival time) the base delay is looked for; also what bounds the memory."""

STICKY_NS = 40_000_000
"""A tie is kept until the base delay has moved by this much, so that evenly spaced audio stays evenly spaced."""

PAUSE_NS = 250_000_000
"""At the end of a run, where the look-ahead is short, only a delay beyond this counts as a pause."""

SURE_NS = 200_000_000
SURE_PACKETS = 8
"""So much ahead, at the end of a run, is enough to tell a pause from jitter after all; so many packets always."""

LEAP_NS = 1_000_000_000
"""Timestamps running ahead of arrivals by more than this in one step are the sender's leap, not the network's haste."""

FAST_NS = 50_000_000
"""A base delay that falls by more than this from second to second at the start: the sender's timestamps run fast."""


def place(packets: Iterable[Ordered], clock_rate: int) -> Iterator[tuple[int, Ordered]]:
    """Each packet with its place in nanoseconds of the capturing clock; `clock_rate` is the RTP clock in hertz.

    Places may step back by up to a correction of the base delay; who needs them rising clamps them.
    """
    line = _Line()
    previous: Ordered | None = None
    previous_ns = 0
    for packet in packets:
        stamp_ns = packet.timestamp * 1_000_000_000 // clock_rate
        # A packet that overtook the one before it is no leap, however late that one was.
        if previous is not None and (
            packet.run != previous.run
            or stamp_ns - previous_ns - max(0, packet.arrival_ns - previous.arrival_ns) > LEAP_NS
        ):
            yield from line.release(None)
            line = _Line()
        yield from line.release(packet.arrival_ns)
        line.push(packet, stamp_ns, packet.arrival_ns - stamp_ns)
        previous, previous_ns = packet, stamp_ns
    yield from line.release(None)


class _Line:
    """Packets waiting until their look-ahead is complete, with the smallest tie among them at hand."""

    def __init__(self) -> None:
        self._packets: deque[tuple[Ordered, int, int]] = deque()
        self._lows: deque[int] = deque()
        self._tie: int | None = None

    def push(self, packet: Ordered, stamp_ns: int, tie: int) -> None:
        self._packets.append((packet, stamp_ns, tie))
        while self._lows and self._lows[-1] > tie:
            self._lows.pop()
        self._lows.append(tie)

    def release(self, now_ns: int | None) -> Iterator[tuple[int, Ordered]]:
        """Give out what arrived more than the window before `now_ns` (everything for None)."""
        while self._packets and (now_ns is None or self._complete(now_ns)):
            if self._tie is None:
                self._tie = self._first_tie()
            packet, stamp_ns, tie = self._packets.popleft()
            base = self._lows[0]
            if tie == base:
                self._lows.popleft()
            if base > self._tie + (STICKY_NS if now_ns is not None or self._sure(packet) else PAUSE_NS):
                self._tie = base
            elif tie < self._tie - STICKY_NS:
                # Nothing can come before it was sent. Not followed before it is there: it was no delay of those before,
                # and a sender whose timestamps run fast would draw everything into the past.
                self._tie = tie
            yield stamp_ns + self._tie, packet

    def _complete(self, now_ns: int) -> bool:
        # One late packet, by whose arrival the time seems to have come, has not been overtaken by all that it will be.
        return len(self._packets) > SURE_PACKETS and now_ns - self._packets[0][0].arrival_ns > WINDOW_NS

    def _first_tie(self) -> int:
        """The base delay, where it is one: late first packets are soon made up for, a fast sender gains on and on."""
        first, _, own = self._packets[0]
        half = first.arrival_ns + WINDOW_NS // 2
        early = min(tie for packet, _, tie in self._packets if packet.arrival_ns <= half)
        late = min((tie for packet, _, tie in self._packets if packet.arrival_ns > half), default=early)
        return own if early - late > FAST_NS else self._lows[0]

    def _sure(self, packet: Ordered) -> bool:
        """Whether enough lies ahead of the packet, although its run ends."""
        return len(self._packets) >= SURE_PACKETS and self._packets[-1][0].arrival_ns - packet.arrival_ns >= SURE_NS
