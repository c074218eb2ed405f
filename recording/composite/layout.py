"""Where everybody is on the canvas: a pure function of how many there are and whether a screen is shared.

Places and sizes are even, as pictures whose colour has half the resolution need it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 1280, 720
GAP = 8
HEADER = 40
"""Height of the line at the top, with the clock."""
_SIDE = 304


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    def fit(self, width: int, height: int) -> Box:
        """The largest box of these proportions in the middle of this one (even, at least 2 × 2)."""
        scale = min(self.width / width, self.height / height)
        inner = (max(2, round(width * scale) & ~1), max(2, round(height * scale) & ~1))
        return Box(self.x + ((self.width - inner[0]) // 2 & ~1), self.y + ((self.height - inner[1]) // 2 & ~1), *inner)


@dataclass(frozen=True, slots=True)
class Layout:
    """One box per person, in their order, and one for a shared screen."""

    tiles: tuple[Box, ...]
    screen: Box | None


def layout(people: int, screen: bool) -> Layout:
    """Boxes for so many people. Rows are filled evenly and the last is centred; a screen leaves them a column."""
    if not screen:
        return Layout(_grid(Box(0, HEADER, WIDTH, HEIGHT - HEADER), people, _columns(people)), None)
    large = Box(GAP, HEADER + GAP, WIDTH - _SIDE - 2 * GAP, HEIGHT - HEADER - 2 * GAP)
    side = Box(WIDTH - _SIDE, HEADER, _SIDE, HEIGHT - HEADER)
    return Layout(_grid(side, people, 1 if people <= 4 else math.ceil(people / 8) + 1), large)


def _columns(people: int) -> int:
    return 1 if people <= 1 else 2 if people <= 4 else math.ceil(math.sqrt(people))


def _grid(area: Box, people: int, columns: int) -> tuple[Box, ...]:
    if people <= 0:
        return ()
    rows = math.ceil(people / columns)
    width = (area.width - GAP) // columns - GAP & ~1
    height = (area.height - GAP) // rows - GAP & ~1
    boxes = []
    for index in range(people):
        row, column = divmod(index, columns)
        here = min(columns, people - row * columns)
        left = (area.width - here * (width + GAP) - GAP) // 2 + GAP
        x = area.x + left + column * (width + GAP)
        boxes.append(Box(x & ~1, (area.y + GAP + row * (height + GAP)) & ~1, width, height))
    return tuple(boxes)
