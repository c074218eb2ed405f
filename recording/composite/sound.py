"""Voices: Opus into samples at their places, silence in between, and all of them mixed into one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from recording.opus import AudioFrame

RATE = 48_000
SLACK = RATE * 40 // 1000
"""Samples by which a frame may be off its place without a click being made of it."""
_RECENT = 64
_KNEE = 0.7

Samples = NDArray[np.float32]


def mix(voices: Sequence[Samples], length: int) -> Samples:
    """The sum, softly bent where it grows beyond 0.7 so that it never reaches 1."""
    total = np.zeros(length, np.float32)
    for voice in voices:
        total += voice
    loud = np.abs(total) > _KNEE
    if loud.any():
        over = (np.abs(total[loud]) - _KNEE) / (1 - _KNEE)
        total[loud] = np.sign(total[loud]) * (_KNEE + (1 - _KNEE) * 0.999 * np.tanh(over))
    return total


class Voice:
    """Decodes a track forwards, in windows. Positions are samples since `zero_ns`."""

    def __init__(self, frames: Iterator[AudioFrame], zero_ns: int) -> None:
        self.undecodable = 0
        self._frames = frames
        self._zero_ns = zero_ns
        self._ahead = next(frames, None)
        self._recent: deque[AudioFrame] = deque(maxlen=_RECENT)
        self._start()

    def begin(self, position: int) -> None:
        """Make ready to give out windows from `position` on: the same whether or not what precedes it was heard."""
        while self._ahead is not None and self._place(self._ahead) < position:
            self._recent.append(self._ahead)
            self._ahead = next(self._frames, None)
        self._start()
        for frame in self._recent:
            self._decode(frame)

    def window(self, position: int, length: int) -> Samples:
        """The next `length` samples from `position` on, which must not lie before the window given out last."""
        end = position + length
        while self._ahead is not None and self._place(self._ahead) < end:
            self._recent.append(self._ahead)
            self._decode(self._ahead)
            self._ahead = next(self._frames, None)
        out = np.zeros(length, np.float32)
        for at, samples in self._pieces:
            low, high = max(at, position), min(at + len(samples), end)
            if low < high:
                out[low - position : high - position] = samples[low - at : high - at]
        while self._pieces and self._pieces[0][0] + len(self._pieces[0][1]) <= end:
            self._pieces.popleft()
        return out

    def _start(self) -> None:
        self._decoder = av.CodecContext.create("libopus", "r")
        self._decoder.sample_rate = RATE
        self._decoder.layout = "mono"
        self._pieces: deque[tuple[int, Samples]] = deque()
        self._next: int | None = None

    def _place(self, frame: AudioFrame) -> int:
        return (frame.at_ns - self._zero_ns) * RATE // 1_000_000_000

    def _decode(self, frame: AudioFrame) -> None:
        place = self._place(frame)
        if self._next is not None:
            if place < self._next - SLACK:
                return  # sent faster than time goes: what is too much is left out
            if place <= self._next + SLACK:
                place = self._next
        try:
            decoded = self._decoder.decode(av.Packet(frame.data))
        except FFmpegError:
            self.undecodable += 1
            return
        for piece in decoded:
            samples: Samples = np.divide(piece.to_ndarray().reshape(-1), 32768, dtype=np.float32)
            self._pieces.append((place, samples))
            place += len(samples)
        self._next = place
