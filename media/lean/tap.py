"""The recorder as a subscriber, packet by packet."""

from __future__ import annotations

from formats.framing import Batch
from media.rtp import Packet
from media.stream import Stream
from media.tap import Tap


class LeanTap(Tap):
    """See `Tap`."""

    __slots__ = ()

    def take(self, packet: Packet, stream: Stream) -> None:
        """Write one packet of what it captures, or shall capture."""
        if stream is not self._stream or self._generation != stream.generation:
            floor = self._begins(stream, packet.picture.key)
            if floor is None:
                return
            self._switched(stream, stream.generation, floor)
        if stream.reception.number > self.floor:
            self.write(Batch.of(((packet.arrival_ns, packet.data),)))
