"""Which worker takes a room: the one with the most to spare. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ROOM_SHARE: Final = 0.1
"""What a room just placed is taken to cost, in cores, until the worker's own beats tell it."""
STEP: Final = 0.05
"""Loads nearer than this (share of the capacity) count as the same: then the number of rooms decides."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A worker that takes rooms: `load` and `capacity` in cores, rooms in use, and of these the lately placed."""

    name: str
    load: float
    capacity: float
    rooms: int
    fresh: int

    @property
    def share(self) -> float:
        """The part of its capacity that is spoken for; above 1 when it is overloaded."""
        return (self.load + self.fresh * ROOM_SHARE) / max(self.capacity, 0.01)


def least_loaded(workers: Iterable[Standing]) -> str | None:
    """The name of the worker to take the next room; `None` when there is none. The order given does not matter."""
    best = min(workers, key=lambda each: (int(each.share / STEP), each.rooms, each.name), default=None)
    return best.name if best is not None else None
