"""Who is on which tile: all journals of a device, and devices that carry the very same people, belong together.

A device that shares only some of its people with another has a tile of its own: both may be there at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recording.header import Capture

Source = tuple[Path, Capture]


@dataclass(frozen=True, slots=True)
class Member:
    """One tile: its seats in order of their first appearance, and its journals by medium."""

    seats: tuple[str, ...]
    audio: tuple[Source, ...]
    video: tuple[Source, ...]
    screen: tuple[Source, ...]


def cast(sources: Sequence[Source]) -> tuple[Member, ...]:
    """Tiles in order of first appearance."""
    ordered = sorted(sources, key=lambda source: (source[1].anchor.unix_ns, source[0].name))
    groups: list[tuple[set[str], list[Source]]] = []
    for source in ordered:
        names = {f"endpoint {source[1].endpoint}", f"seats {sorted(source[1].seats)}"}
        touched = [group for group in groups if group[0] & names]
        first = touched[0] if touched else (set(), [])
        if not touched:
            groups.append(first)
        for other in touched[1:]:
            first[0].update(other[0])
            first[1].extend(other[1])
            groups.remove(other)
        first[0].update(names)
        first[1].append(source)
    return tuple(_member(own) for _, own in groups)


def _member(sources: Sequence[Source]) -> Member:
    seats = tuple(dict.fromkeys(seat for _, capture in sources for seat in capture.seats))
    audio, video, screen = (
        tuple(source for source in sources if source[1].medium == medium) for medium in ("audio", "video", "screen")
    )
    return Member(seats, audio, video, screen)
