"""Makes the pieces of a film, one after the other, in memory that does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from recording.composite.cast import Member, Source
from recording.composite.cast import cast as cast_tiles
from recording.composite.encoding import FPS, LEAD, TRAIL, PartEncoder
from recording.composite.labels import Letters
from recording.composite.parts import Part
from recording.composite.pictures import Pictures, Shown
from recording.composite.script import Script
from recording.composite.sound import RATE, Samples, Voice, mix
from recording.composite.stage import Stage, View
from recording.composite.survey import Survey, survey
from recording.errors import NoRecording
from recording.opus import AudioFrame
from recording.playback import sources_of, track
from recording.vp8 import VideoFrame

TICKS = 1600
"""Pictures in a piece: 64 s, which is also a whole number (3000) of AAC frames."""
LONGEST_NS = 24 * 3600 * 1_000_000_000
"""A frame beyond is a journal's clock gone wrong, not a sitting."""
_BATCH = 10
_TICK_NS = 1_000_000_000 // FPS
_WORKERS = 4


class Director:
    """Knows all journals of a sitting. Use from one thread; it starts its own for decoding, until `close`."""

    def __init__(
        self,
        journals: Sequence[Path],
        private_key: bytes,
        script: Script,
        letters: Letters,
        *,
        part_ticks: int = TICKS,
    ) -> None:
        """Reads through everything once, decoding nothing. `part_ticks` is the length of a piece, a multiple of 8.

        Raises `SealedSegment` if a caucus journal is among the journals, `NoRecording` where there is nothing to see or
        hear; journals that cannot be read are left out, and named in `damaged`.
        """
        self._key = private_key
        self._part_ticks = part_ticks
        self._script = script
        self._damaged: set[str] = set()
        self._members = cast_tiles(sources_of(journals, self._damaged))
        self._surveys: dict[tuple[int, str], Survey] = {
            (number, medium): survey(self._track(sources), script.started_ns + LONGEST_NS)
            for number, member in enumerate(self._members)
            for medium, sources in _media(member).items()
        }
        end_ns = max((found.end_ns for found in self._surveys.values()), default=0)
        self.ticks = -(-(end_ns - script.started_ns) // _TICK_NS)
        if self.ticks <= 0:
            raise NoRecording("nothing to see or hear")
        self._stage = Stage(self._members, self._surveys, script, letters)
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="composite")
        self._pictures: dict[tuple[int, str], Pictures] = {}
        self._voices: list[Voice] = []
        self._next: int | None = None
        self._known = 0

    @property
    def parts(self) -> int:
        """How many pieces there are."""
        return -(-self.ticks // self._part_ticks)

    @property
    def duration_ms(self) -> int:
        """Length of the film."""
        return self.ticks * 1000 // FPS

    @property
    def damaged(self) -> tuple[str, ...]:
        """Names of the journals that do not verify to their end; what precedes the damage is used."""
        return tuple(sorted(self._damaged))

    @property
    def undecodable(self) -> int:
        """How many coded pictures and frames of sound were left out of the piece made last."""
        return self._undecodable() - self._known

    def part(self, number: int) -> Part:
        """Piece `number` (from 0): the same whether or not the one before was made by this director."""
        first = number * self._part_ticks
        end = min(first + self._part_ticks, self.ticks)
        if self._next != number:
            self._open(first)
        self._next = number + 1
        self._known = self._undecodable()
        sample, last_sample = first * RATE // FPS - (LEAD if first else 0), end * RATE // FPS + TRAIL
        for voice in self._voices:
            voice.begin(sample)
        for pictures in self._pictures.values():
            pictures.again()
        self._stage.begin()
        encoder = PartEncoder(first, end)
        batches = [range(tick, min(tick + _BATCH, end)) for tick in range(first, end, _BATCH)]
        ahead = self._start(batches[0], sample, last_sample if len(batches) == 1 else None)
        for index, ticks in enumerate(batches):
            views, shown, sounds, length = ahead.result()
            sample += length
            if index + 1 < len(batches):
                ahead = self._start(batches[index + 1], sample, last_sample if index + 2 == len(batches) else None)
            encoder.sound(mix(sounds, length))
            for place, tick in enumerate(ticks):
                frame = self._stage.compose(views[place], {key: batch[place] for key, batch in shown.items()})
                encoder.picture(frame, tick)
        return encoder.finish()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _start(self, ticks: range, sample: int, last_sample: int | None) -> _Batch:
        """Have everybody's next second decoded while the one before is being encoded."""
        moments = [self._script.started_ns + tick * _TICK_NS for tick in ticks]
        views = [self._stage.view(moment) for moment in moments]
        # Half a tick of grace: a picture is shown at the tick nearest to it.
        reach = [moment + _TICK_NS // 2 for moment in moments]
        shown = {
            key: self._threads.submit(pictures.batch, reach, [view.boxes.get(key) for view in views])
            for key, pictures in self._pictures.items()
        }
        end = last_sample if last_sample is not None else ticks.stop * RATE // FPS
        length = end - sample
        sounds = [self._threads.submit(voice.window, sample, length) for voice in self._voices]
        return _Batch(views, shown, sounds, length)

    def _open(self, tick: int) -> None:
        at_ns = self._script.started_ns + tick * _TICK_NS
        self._pictures, self._voices = {}, []
        for number, member in enumerate(self._members):
            for medium, sources in _media(member).items():
                frames = self._track(sources)
                if medium == "audio":
                    self._voices.append(Voice(cast(Iterator[AudioFrame], frames), self._script.started_ns))
                else:
                    skip = self._surveys[number, medium].begin(at_ns)
                    self._pictures[number, medium] = Pictures(cast(Iterator[VideoFrame], frames), skip)

    def _undecodable(self) -> int:
        pictures = sum(one.undecodable for one in self._pictures.values())
        return pictures + sum(one.undecodable for one in self._voices)

    def _track(self, sources: Sequence[Source]) -> Iterator[AudioFrame | VideoFrame]:
        return track(sources, self._key, self._damaged)


@dataclass(frozen=True, slots=True)
class _Batch:
    views: list[View]
    shown: dict[tuple[int, str], Future[list[Shown | None]]]
    sounds: list[Future[Samples]]
    length: int

    def result(self) -> tuple[list[View], dict[tuple[int, str], list[Shown | None]], list[Samples], int]:
        pictures = {key: running.result() for key, running in self.shown.items()}
        return self.views, pictures, [running.result() for running in self.sounds], self.length


def _media(member: Member) -> dict[str, tuple[Source, ...]]:
    found = {"audio": member.audio, "video": member.video, "screen": member.screen}
    return {medium: sources for medium, sources in found.items() if sources}
