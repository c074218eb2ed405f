"""One encoding, packet by packet."""

from __future__ import annotations

from typing import Protocol, cast

from media.reception import SEEN
from media.rtp import Packet
from media.stream import Stream


class Taker(Protocol):
    """A subscriber of this engine."""

    def take(self, packet: Packet, stream: Stream) -> None:
        """Handle one packet; must not raise."""


class LeanStream(Stream):
    """See `Stream`."""

    __slots__ = ()

    def feed(self, packet: Packet, repaired: bool = False) -> None:
        """Hand a packet to all subscribers, once."""
        if self.account(packet.seq, packet.ts, len(packet.data), packet.now, repaired) == SEEN or not self.subscribers:
            return
        data, start = packet.data, packet.start
        if self.medium == "video":
            picture = packet.picture
            if not picture.read(data, start, packet.end):
                picture.size = 0  # padding only: passed on as it is, to leave no hole in the sequence
                picture.picture = picture.tl0 = -1
            elif picture.key:
                self.keys.passed()
            start += picture.size
            packet.raw = data[packet.start : start]
        packet.tail = data[start:]
        for subscriber in cast(tuple[Taker, ...], self.subscribers):
            subscriber.take(packet, self)
