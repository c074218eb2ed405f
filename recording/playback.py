"""Joint journals of one endpoint, or of the screen that it shared, into one playable file.

In bounded memory and without decoding.
"""

from __future__ import annotations

import heapq
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal

from formats.journal import KeyFinder
from recording import opus, vp8
from recording.clock import from_utc
from recording.errors import DamagedJournal, NoRecording, SealedSegment
from recording.header import Capture, read_header
from recording.opus import AudioFrame
from recording.ordering import in_order
from recording.placement import place
from recording.takes import Take, takes
from recording.vp8 import VideoFrame
from recording.webm import survey, write_webm


@dataclass(frozen=True, slots=True)
class Playback:
    """What was put into a playable file."""

    duration_ms: int
    audio_frames: int
    video_frames: int
    size: tuple[int, int] | None
    damaged: tuple[str, ...]
    """Names of the journals that do not verify from some record on; what precedes it was used."""


def render(
    journals: Sequence[Path],
    private_key: bytes | KeyFinder,
    started_at: str,
    out: io.IOBase,
    *,
    kind: Literal["joint", "caucus"] = "joint",
    title: str = "",
) -> Playback:
    """Write the WebM of journals of one endpoint, or of its shared screen, to `out` (seekable, empty).

    `started_at` (UTC ISO) is its time 0; `title` is written into the file. `kind` "caucus" is for what was unsealed.
    What cannot be read (no header, another key) is left out and named.

    Raises `SealedSegment` if a journal of the other kind is among them; where no frame can be played `DamagedJournal`
    if that may be for a journal that cannot be read, else `NoRecording`.
    """
    damaged: set[str] = set()
    sources = sources_of(journals, damaged, kind)
    found = survey(_merged(sources, private_key, damaged))
    if found is None:
        raise DamagedJournal(sorted(damaged)[0]) if damaged else NoRecording("no playable frame")
    duration_ms = write_webm(out, _merged(sources, private_key, damaged), found, from_utc(started_at), title)
    return Playback(duration_ms, found.audio_frames, found.video_frames, found.size, tuple(sorted(damaged)))


def sources_of(
    journals: Sequence[Path], damaged: set[str], kind: Literal["joint", "caucus"] = "joint"
) -> list[tuple[Path, Capture]]:
    """Journals with their headers; names of those without a readable one come into `damaged`.

    Raises `SealedSegment` if one of the other kind is among them.
    """
    sources = []
    for path in journals:
        try:
            capture = read_header(path)
        except (DamagedJournal, OSError):
            damaged.add(path.name)
            continue
        if capture.key != kind:
            raise SealedSegment(path.name)
        sources.append((path, capture))
    return sources


def _merged(
    sources: Sequence[tuple[Path, Capture]], private_key: bytes | KeyFinder, damaged: set[str]
) -> Iterator[AudioFrame | VideoFrame]:
    tracks: list[Iterator[AudioFrame | VideoFrame]] = [
        track([source for source in sources if (source[1].medium == "audio") == sound], private_key, damaged)
        for sound in (True, False)
    ]
    return heapq.merge(*tracks, key=lambda frame: frame.at_ns)


def track(
    sources: Sequence[tuple[Path, Capture]], private_key: bytes | KeyFinder, damaged: set[str]
) -> Iterator[AudioFrame | VideoFrame]:
    """Journals of a medium of one endpoint (or of one person's endpoints) one after the other, times rising.

    Names of journals that do not verify to their end come into `damaged`; what precedes the damage is given out.
    Two overlap where a room was moved from one worker to another: then the later one counts from its first frame (of a
    picture: a key frame) on.
    """
    return _rising(_one_after_the_other(sources, private_key, damaged))


def _one_after_the_other(
    sources: Sequence[tuple[Path, Capture]], private_key: bytes | KeyFinder, damaged: set[str]
) -> Iterator[AudioFrame | VideoFrame]:
    following = iter([_frames(take, private_key, damaged) for take in takes(sources)])
    current, ahead = next(following, None), None
    while current is not None:
        later = next(following, None)
        first = next(later, None) if later is not None else None
        if later is not None and first is None:
            continue  # there was nothing in it
        for frame in current if ahead is None else chain([ahead], current):
            if first is not None and frame.at_ns >= first.at_ns:
                break
            yield frame
        current, ahead = later, first


def _frames(take: Take, private_key: bytes | KeyFinder, damaged: set[str]) -> Iterator[AudioFrame | VideoFrame]:
    capture = take.capture
    placed = place(in_order(take.captured(private_key, damaged)), capture.clock_rate)
    frames = opus.frames(placed) if capture.medium == "audio" else vp8.frames(placed)
    for frame in frames:
        yield replace(frame, at_ns=capture.anchor.to_unix_ns(frame.at_ns))


def _rising(frames: Iterator[AudioFrame | VideoFrame]) -> Iterator[AudioFrame | VideoFrame]:
    latest = 0
    for frame in frames:
        latest = max(latest, frame.at_ns)
        yield frame if frame.at_ns == latest else replace(frame, at_ns=latest)
