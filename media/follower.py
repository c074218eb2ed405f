"""Carrying one source on, whichever of its encodings is right now: common to slots and taps."""

from __future__ import annotations

from media.source import Source
from media.stream import HIGH, Stream

NONE = -1
"""The layer of a picture that is withheld."""

_NO_FLOOR = -(1 << 62)


class Follower:
    """Follows one source at a time. A picture changes its encoding at a key frame only; until that comes the old flows.

    What carries the packets on asks `_begins` of each that does not continue the current stream, and tells `_switched`.
    """

    __slots__ = ("_first", "_floors", "_generation", "_next", "_stream", "floor", "layer", "source")

    def __init__(self, *, first: bool) -> None:
        """`first`: served before the others."""
        self._first = first
        self._stream: Stream | None = None  # what is carried
        self._next: Stream | None = None  # what is to be carried from its next key frame on
        self._generation = -1
        self._floors: dict[Stream, tuple[int, int]] = {}  # generation, and the newest packet before this attachment
        self.floor = _NO_FLOOR
        self.layer = HIGH
        self.source: Source | None = None

    @property
    def carried(self) -> Stream | None:
        """The encoding that flows now."""
        return self._stream

    def attach(self, source: Source, now: float) -> None:
        """Carry this source from its next packet (pictures: its next key frame) on.

        What was sent before, and arrives only now because it was lost or overtaken, belongs to the order of before: it
        may have been said in a caucus that has just ended.
        """
        self.detach()
        self.source = source
        self._floors = {stream: (stream.generation, stream.reception.highest) for stream in source.streams()}
        source.followers = (self, *source.followers) if self._first else (*source.followers, self)
        self.refresh(now)

    def detach(self) -> None:
        """Carry nothing; effective at once, even in the middle of a fan-out."""
        source, self.source = self.source, None
        self._stream = self._next = None
        if source is not None:
            source.followers = tuple(other for other in source.followers if other is not self)
            for stream in source.streams():
                stream.leave(self)

    def aim(self, layer: int, now: float) -> None:
        """Carry HIGH, LOW or NONE of the source's encodings, as far as they arrive."""
        if layer != self.layer:
            self.layer = layer
            self.refresh(now)

    def refresh(self, now: float) -> None:
        """Look again which encoding to carry: the wish, or what arrives, has changed."""
        source = self.source
        if source is None:
            return
        if self.layer == NONE:
            self._stream = self._next = None
            for stream in source.streams():
                stream.leave(self)
            return
        best = source.pick(self.layer, now)
        if self._stream is None:
            # Nothing flows yet. The recorder begins with whatever can be shown, or somebody might see what it lacks.
            for stream in source.streams():
                if best is None or stream is best or self._first:
                    stream.join(self, now, first=self._first)
                else:
                    stream.leave(self)
        elif best is not None and best is not self._stream and best is not self._next:
            self._leave_next()
            self._next = best
            best.join(self, now, first=self._first)
        elif best is self._stream:
            self._leave_next()

    def _leave_next(self) -> None:
        if self._next is not None:
            self._next.leave(self)
            self._next = None

    def _begins(self, stream: Stream, key: bool) -> int | None:
        """The floor from which on to carry this stream if the packet in hand is where to begin with it, else None.

        `key`: it begins a key frame.
        """
        current = self._stream
        if self.source is None or (current is not None and stream is not current and stream is not self._next):
            return None
        if stream.medium == "video" and not key:
            return None
        generation, newest = self._floors.get(stream, (-1, _NO_FLOOR))
        floor = newest if generation == stream.generation else _NO_FLOOR
        return floor if stream.reception.number > floor else None

    def _switched(self, stream: Stream, generation: int, floor: int) -> None:
        """It is carried from here on."""
        current = self._stream
        if stream is not current:
            if current is not None:
                current.leave(self)
            self._stream = stream
            self._next = None
        self._generation = generation
        self.floor = floor
