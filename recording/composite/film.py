"""Pieces joined into one MP4 with its index in front and chapter marks; nothing is coded again."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from recording.composite.encoding import FPS, set_pictures, set_sound
from recording.composite.parts import Part
from recording.composite.script import Chapter
from recording.composite.sound import RATE

if TYPE_CHECKING:
    from av.container.core import Chapter as Mark

# Bounds for the index (ISO 14496-12): a picture takes 12 bytes and an entry for each change of its order, a frame of
# sound 4, and every change between the two a place of 12 more.
_INDEX_PER_S = FPS * (4 + 8 + 8) + RATE // 1024 * (4 + 8) + 2 * FPS * 20
_INDEX_AT_LEAST = 64 * 1024
_CHAPTER_BYTES = 1024


def write_film(
    out: io.IOBase, parts: Iterable[Part], duration_ms: int, started_ns: int, chapters: Sequence[Chapter] = ()
) -> None:
    """Write pieces (in order, without a gap) to `out`, which must be seekable and empty.

    The index lies in front, so a player may begin before all of it is there. Chapters are written both as the list that
    most players read and as the text track of QuickTime. Raises ValueError for pieces that do not belong together.
    """
    marks = _marks(chapters, duration_ms, started_ns)
    room = _INDEX_AT_LEAST + duration_ms * _INDEX_PER_S // 1000 + len(marks) * _CHAPTER_BYTES
    with av.open(out, "w", format="mp4", options={"moov_size": str(room)}) as container:
        container.set_chapters(marks)
        # Neither encoder codes anything: a container takes the headers from them, which every piece has to share.
        video = container.add_stream("libx264", rate=FPS)
        audio = container.add_stream("aac", rate=RATE)
        set_pictures(video.codec_context)
        set_sound(audio.codec_context)
        container.start_encoding()
        headers = bytes(video.codec_context.extradata or b""), bytes(audio.codec_context.extradata or b"")
        for part in parts:
            if (part.video_header, part.audio_header) != headers:
                raise ValueError("pieces of different films")
            for coded in part.packets:
                packet = av.Packet(coded.data)
                packet.stream = video if coded.kind == "video" else audio
                packet.time_base = Fraction(1, FPS if coded.kind == "video" else RATE)
                packet.pts, packet.dts, packet.is_keyframe = coded.pts, coded.dts, coded.key
                packet.duration = 1 if coded.kind == "video" else 1024
                container.mux(packet)


def _marks(chapters: Sequence[Chapter], duration_ms: int, started_ns: int) -> list[Mark]:
    """Chapters in the container's own form: each lasts until the next begins; those at one moment share it."""
    titles: dict[int, list[str]] = {}
    for chapter in sorted(chapters, key=lambda one: one.at_ns):
        at_ms = max(0, (chapter.at_ns - started_ns) // 1_000_000)
        if at_ms < duration_ms:
            titles.setdefault(at_ms, []).append(chapter.title)
    starts = [*titles, duration_ms]
    return [
        {
            "id": number,
            "start": start,
            "end": starts[number + 1],
            "time_base": Fraction(1, 1000),
            "metadata": {"title": "、".join(dict.fromkeys(titles[start]))},
        }
        for number, start in enumerate(titles)
    ]
