"""Watching a recording as a judge would: decode it, read whose camera it is, which frames, which voice, when."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.support.camera import FRAMES, PERSONS, RATE, read_frame, tone_of


@dataclass
class Film:
    """What was seen and heard. `marks` are (seconds, frame number, person)."""

    marks: list[tuple[float, int, int]] = field(default_factory=list)
    unreadable: int = 0
    audio_s: float = 0
    voice: int | None = None
    """Whose tone is the loudest in the last seconds."""

    @property
    def persons(self) -> set[int]:
        """Whose cameras were in it."""
        return {person for _, _, person in self.marks}

    @property
    def video_s(self) -> float:
        """Time of the last picture."""
        return self.marks[-1][0] if self.marks else 0

    @property
    def longest_gap_s(self) -> float:
        """Longest time without a picture."""
        times = [at for at, _, _ in self.marks]
        return max((b - a for a, b in itertools.pairwise(times)), default=0)

    @property
    def steps_out_of_time(self) -> list[tuple[float, float, int]]:
        """Pictures whose frame number is not what the time since the one before says.

        A busy machine's camera may lag by up to a second; nothing may ever be ahead of it (0.35 s for jitter).
        """
        wrong = []
        for (t0, n0, _), (t1, n1, _) in zip(self.marks, self.marks[1:], strict=False):
            moved = (n1 - n0) % FRAMES / RATE
            ahead = (moved - (t1 - t0) + FRAMES / RATE / 2) % (FRAMES / RATE) - FRAMES / RATE / 2
            if not -1 < ahead < 0.35:
                wrong.append((t0, t1, n1 - n0))
        return wrong


def _loudness(spectrum: Any, samples: int, tone: int) -> float:
    """Energy within ± 15 Hz of a tone."""
    low, high = ((tone + off) * samples // 48_000 for off in (-15, 15))
    return float((spectrum[low:high] ** 2).sum())


def watch(path: Path) -> Film:
    """Decode all of it."""
    film = Film()
    sound: list[Any] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray")
            mark = read_frame(luma.tolist())
            if mark is None:
                film.unreadable += 1
            else:
                film.marks.append((float(frame.time), *mark))
    with av.open(str(path)) as container:
        for audio in container.decode(audio=0):
            film.audio_s = float(audio.time) + audio.samples / audio.sample_rate
            planes = audio.to_ndarray().astype(np.float32)
            sound.append(planes.mean(axis=0) if audio.format.is_planar else planes[0][:: len(audio.layout.channels)])
    wave = np.concatenate(sound)[-48_000 * 5 :]
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    film.voice = max(range(PERSONS), key=lambda person: _loudness(spectrum, len(wave), tone_of(person)))
    return film
