"""What has to be known of a track before the first picture: when it is there, and where decoding can begin."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass

from recording.opus import AudioFrame
from recording.vp8 import VideoFrame

PAUSE_NS = 3_000_000_000
"""Pictures further apart than this: the camera was off in between, not merely slow."""
LINGER_NS = 500_000_000
"""How long the last picture before a pause stays."""


@dataclass(frozen=True, slots=True)
class Survey:
    """`spans` (start, end) are when there is something; `keys` the number and time of each frame that stands alone."""

    spans: tuple[tuple[int, int], ...]
    keys: tuple[tuple[int, int], ...]

    @property
    def end_ns(self) -> int:
        """When the last of it is over; 0 for an empty track."""
        return self.spans[-1][1] if self.spans else 0

    def there(self, at_ns: int) -> bool:
        """Whether that moment lies in one of the spans."""
        index = bisect.bisect_right(self.spans, (at_ns, 1 << 63)) - 1
        return index >= 0 and at_ns < self.spans[index][1]

    def begin(self, at_ns: int) -> int:
        """How many frames can be left out undecoded by who wants to see that moment."""
        index = bisect.bisect_right(self.keys, at_ns, key=lambda key: key[1]) - 1
        return self.keys[index][0] if index >= 0 else 0


def survey(frames: Iterable[AudioFrame | VideoFrame], until_ns: int) -> Survey:
    """Read a track (times rising) through once, as far as it lies before `until_ns`."""
    spans: list[tuple[int, int]] = []
    keys: list[tuple[int, int]] = []
    first = last = -1
    for index, frame in enumerate(frames):
        if frame.at_ns >= until_ns:
            break
        if isinstance(frame, VideoFrame) and frame.key:
            keys.append((index, frame.at_ns))
        if first < 0:
            first = frame.at_ns
        elif frame.at_ns - last > PAUSE_NS:
            spans.append((first, last + LINGER_NS))
            first = frame.at_ns
        last = frame.at_ns
    if first >= 0:
        spans.append((first, last + LINGER_NS))
    return Survey(tuple(spans), tuple(keys))
