"""The recorder as a subscriber: raw packets of one source into a sink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from formats.framing import Batch
from media.follower import Follower
from media.ports import Sink
from media.source import Source
from media.table import Record


class Tap(Follower):
    """Writes what the source carries; picture starts at a key frame, also after the stream behind it changed."""

    __slots__ = ("_failed", "_sink", "_source", "bytes", "packets", "record")

    def __init__(self, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> None:
        super().__init__(first=True)
        self.record = record
        self._source = source
        self._sink = sink
        self._failed = failed
        self.packets = self.bytes = 0

    def resume(self, now: float) -> None:
        """Capture from the next packet (pictures: the next key frame) on, if it does not already."""
        if self.source is None:
            self.attach(self._source, now)

    def write(self, batch: Batch) -> bool:
        """Hand packets over; a sink that raises stops the room. Returns whether it took them."""
        try:
            self._sink.write(batch)
        except Exception as error:  # whatever the sink's trouble is, nothing may flow unrecorded
            self._failed(reason(error))
            return False
        self.packets += batch.packets
        self.bytes += batch.octets
        return True

    def close(self) -> dict[str, Any]:
        """End the journal of a detached tap; may wait for a disk and raises what the sink raises."""
        return self._sink.close()


def reason(error: BaseException) -> str:
    """A short cause for people and logs: the stable code where there is one, else the kind of error."""
    return str(getattr(error, "code", "")) or type(error).__name__
