"""A camera or a screen as pictures of the right size, one per tick at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import av
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from recording.composite.layout import Box
from recording.vp8 import VideoFrame

MAX_PIXELS = 4096 * 2304
"""A picture said to be larger is not decoded: sixteen bits a side would be 400 MB of memory."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it goes onto the canvas."""

    box: Box
    frame: av.VideoFrame


class Pictures:
    """Decodes a track forwards. `undecodable` counts the coded pictures that were left out."""

    def __init__(self, frames: Iterator[VideoFrame], skip: int) -> None:
        """The first `skip` frames are not needed; the next one stands alone."""
        self.undecodable = 0
        self._frames = islice(frames, skip, None)
        self._ahead: VideoFrame | None = next(self._frames, None)
        self._decoder = _decoder()
        self._scaler = VideoReformatter()
        self._broken = False
        self._picture: av.VideoFrame | None = None
        self._box: Box | None = None
        self._fresh = False

    def batch(self, moments: Sequence[int], boxes: Sequence[Box | None]) -> list[Shown | None]:
        """What changes at each moment: the latest picture, fitted into the box; None where nothing does.

        A box of None wants no picture then; the next one asked for comes whole.
        """
        shown: list[Shown | None] = []
        for moment, box in zip(moments, boxes, strict=True):
            while self._ahead is not None and self._ahead.at_ns <= moment:
                self._decode(self._ahead)
                self._ahead = next(self._frames, None)
            if self._picture is None or box is None or (box == self._box and not self._fresh):
                shown.append(None)
            else:
                shown.append(self._fit(self._picture, box))
                self._fresh = False
            self._box = box
        return shown

    def again(self) -> None:
        """What was last given out counts as not given: a new part begins."""
        self._box = None

    def _fit(self, picture: av.VideoFrame, box: Box) -> Shown:
        inside = box.fit(picture.width, picture.height)
        scaled = self._scaler.reformat(
            picture, inside.width, inside.height, "yuv420p", interpolation="FAST_BILINEAR", threads=1
        )
        return Shown(inside, scaled)

    def _decode(self, frame: VideoFrame) -> None:
        if frame.size is not None:
            self._broken = frame.size[0] * frame.size[1] > MAX_PIXELS
        if self._broken:
            self.undecodable += 1
            return
        try:
            for picture in self._decoder.decode(av.Packet(frame.data)):
                self._picture, self._fresh = picture, True
        except FFmpegError:
            # What refers to a picture that is missing would be shown wrong: the last good one stays until a key frame.
            self.undecodable += 1
            self._broken = True
            self._decoder = _decoder()


def _decoder() -> av.VideoCodecContext:
    decoder = av.CodecContext.create("vp8", "r")
    decoder.thread_count = 1  # several would each hold pictures back
    assert isinstance(decoder, av.VideoCodecContext)
    return decoder
