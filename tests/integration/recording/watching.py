"""What a player sees of a file: decoded pictures and sound with their times."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np


@dataclass(frozen=True)
class Watched:
    """`pictures` are (milliseconds, mean brightness), `sounds` are (milliseconds, root mean square)."""

    duration_ms: int
    pictures: list[tuple[int, float]]
    sounds: list[tuple[int, float]]


def watch(data: bytes) -> Watched:
    """Decode everything."""
    pictures: list[tuple[int, float]] = []
    sounds: list[tuple[int, float]] = []
    with av.open(io.BytesIO(data), "r") as container:
        duration_ms = round((container.duration or 0) / 1000)
        for frame in container.decode(*container.streams):
            at = round(float(frame.time) * 1000)
            if isinstance(frame, av.VideoFrame):
                plane = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(frame.height, frame.planes[0].line_size)
                pictures.append((at, float(plane[:, : frame.width].mean())))
            else:
                sounds.append((at, float(np.sqrt((frame.to_ndarray().astype(np.float64) ** 2).mean()))))
    return Watched(duration_ms, pictures, sounds)
