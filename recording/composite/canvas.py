"""The picture that is encoded: one frame in YUV 4:2:0, of which only what changes is written anew."""

from __future__ import annotations

import av
import numpy as np

from recording.composite.labels import GROUND, Luma
from recording.composite.layout import HEIGHT, WIDTH, Box
from recording.composite.pictures import Shown

_GREY = 128


class Canvas:
    """`frame` is always the same one: an encoder has copied it by the time it returns."""

    def __init__(self) -> None:
        self.frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        self._planes = [_view(plane) for plane in self.frame.planes]
        self.fill(Box(0, 0, WIDTH, HEIGHT), GROUND)

    def fill(self, box: Box, luma: int) -> None:
        """One grey over the whole box."""
        for plane, step, value in zip(self._planes, (1, 2, 2), (luma, _GREY, _GREY), strict=True):
            plane[box.y // step : (box.y + box.height) // step, box.x // step : (box.x + box.width) // step] = value

    def show(self, shown: Shown) -> None:
        """A picture of its box's size."""
        box = shown.box
        for target, plane, step in zip(self._planes, shown.frame.planes, (1, 2, 2), strict=True):
            y, x = box.y // step, box.x // step
            target[y : y + box.height // step, x : x + box.width // step] = _view(plane)

    def stamp(self, letters: Luma, x: int, y: int) -> None:
        """Letters with their ground, at an even place."""
        height, width = letters.shape
        self._planes[0][y : y + height, x : x + width] = letters
        for plane in self._planes[1:]:
            plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = _GREY


def _view(plane: av.video.plane.VideoPlane) -> Luma:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
