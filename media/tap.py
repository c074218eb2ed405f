"""The recorder as a subscriber: raw packets of one source into a sink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from media.ports import Sink
from media.rtp import Packet
from media.source import Source
from media.table import Record


class Tap:
    """Writes what the source carries; picture starts at a key frame, also after the stream behind it changed."""

    __slots__ = ("_attached", "_failed", "_generation", "_sink", "bytes", "packets", "record", "source")

    def __init__(self, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> None:
        self.source = source
        self.record = record
        self._sink = sink
        self._failed = failed
        self._generation = -1
        self._attached = False
        self.packets = self.bytes = 0

    def attach(self, now: float) -> None:
        """Capture from the next packet (video: the next key frame) on."""
        if not self._attached:
            self._attached = True
            self._generation = -1
            self.source.add(self, now, first=True)

    def detach(self) -> None:
        """Capture nothing for now; the journal stays open."""
        if self._attached:
            self._attached = False
            self.source.remove(self)

    def take(self, packet: Packet, source: Source) -> None:
        """Write one packet whole; a sink that raises stops the room."""
        if not self._attached:
            return
        if self._generation != source.generation:
            if source.medium == "video" and not packet.picture.key:
                return
            self._generation = source.generation
        try:
            self._sink.write(packet.arrival_ns, packet.data)
        except Exception as error:  # whatever the sink's trouble is, nothing may flow unrecorded
            self._failed(reason(error))
            return
        self.packets += 1
        self.bytes += len(packet.data)

    def close(self) -> dict[str, Any]:
        """End the journal of a detached tap; may wait for a disk and raises what the sink raises."""
        return self._sink.close()


def reason(error: BaseException) -> str:
    """A short cause for people and logs: the stable code where there is one, else the kind of error."""
    return str(getattr(error, "code", "")) or type(error).__name__
