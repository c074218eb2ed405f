"""What was played of a film: stretches of milliseconds, joined and in order."""

from __future__ import annotations

from collections.abc import Iterable

NEAR_MS = 1000
"""Stretches closer than this are one: a player tells its place only every now and then."""


def merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and near stretches as one; those that end before they begin, or are empty, are left out."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(one for one in stretches if one[0] < one[1]):
        if found and start <= found[-1][1] + NEAR_MS:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
