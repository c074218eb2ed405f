"""Who spoke when, as a lane to be drawn: how loud a film's sound was, half second by half second.

Taken from the sound itself, not from what a device says of its own level (RFC 6464): that can be left out or made up.
"""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Iterable, Iterator
from operator import mul

import av
from av.audio.frame import AudioFrame as Decoded
from av.error import FFmpegError

STEP_MS = 500
"""What one byte of a lane stands for."""

FLOOR_DB = -60.0
"""At this level (full scale is 0 dB) and below a lane is 0."""

_RATE = 8000


def lane(sounds: Iterable[tuple[int, Iterable[int]]], duration_ms: int) -> bytes:
    """A byte per `STEP_MS` from 0 (nothing, or `FLOOR_DB`) to 100 (full scale).

    `sounds` are stretches of 16-bit samples at 8 kHz with the millisecond at which each begins, in any order; what lies
    outside of the film is left out. Each stretch counts whole for the step in which it begins.
    """
    steps = max(0, -(-duration_ms // STEP_MS))
    energy, count = [0] * steps, [0] * steps
    for at_ms, samples in sounds:
        step, values = at_ms // STEP_MS, list(samples)
        if 0 <= step < steps:
            energy[step] += sum(map(mul, values, values))
            count[step] += len(values)
    # Over the whole step: a short word in a silent half second is short.
    whole = _RATE * STEP_MS // 1000
    return bytes(_level(total / max(whole, heard)) for total, heard in zip(energy, count, strict=True))


def _level(mean_square: float) -> int:
    if mean_square < 1:
        return 0
    loud_db = 10 * math.log10(mean_square / 32768**2)
    return max(0, min(100, round(100 * (1 - loud_db / FLOOR_DB))))


def speech(film: io.IOBase, duration_ms: int) -> bytes:
    """The lane of a film (a seekable file that PyAV reads); empty where it has no sound that can be decoded.

    A part that does not decode is silent in the lane.
    """
    film.seek(0)
    try:
        with av.open(film, "r") as container:
            if not container.streams.audio:
                return b""
            return lane(_sounds(container), duration_ms)
    except FFmpegError:
        return b""


def _sounds(container: av.container.InputContainer) -> Iterator[tuple[int, Iterable[int]]]:
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        for frame in frames:
            if isinstance(frame, Decoded) and frame.time is not None:
                at_ms = round(frame.time * 1000)
                frame.pts = None
                for small in resampler.resample(frame):
                    yield at_ms, array("h", bytes(small.planes[0])[: 2 * small.samples])
