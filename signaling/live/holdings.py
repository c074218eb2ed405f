"""What a worker says that it holds, and what the rest of signaling wants to know of workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from signaling.live.handshake import WorkerRefused


@dataclass(frozen=True, slots=True)
class Held:
    """One room at a worker: the epoch and revision of the table in force, and the endpoints that are connected."""

    epoch: int
    revision: int
    connected: set[str]


def holdings(said: object) -> dict[str, Held]:
    """Rooms by id, as the worker's `hello` tells them. Raises `WorkerRefused` for anything misshapen."""
    try:
        rooms: Mapping[str, Any] = said if isinstance(said, dict) else {}
        return {
            str(room): Held(
                int(held["epoch"]),
                int(held["revision"]),
                {str(name) for name, state in held["endpoints"].items() if state == "connected"},
            )
            for room, held in rooms.items()
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise WorkerRefused("holds") from error


class WorkerEvents(Protocol):
    """What the rest of signaling wants to know of the workers."""

    async def worker_knows(self, worker: str, holds: Mapping[str, Held]) -> set[str]:
        """A worker has dialled in with these rooms; those that are not its to hold (any more) are returned."""
        ...

    async def worker_ready(self, worker: str) -> None:
        """It can be called now, and holds nothing that it should not."""

    async def worker_leaving(self, worker: str) -> None:
        """It is about to end, or was being drained before: its rooms are to be moved to others."""

    async def worker_lost(self, worker: str, rooms: set[str]) -> None:
        """The worker's connection ended: the rooms it had must be placed again."""

    async def endpoint_state(self, worker: str, room: str, endpoint: str, state: str) -> None:
        """A browser's media connection changed state."""

    async def recorder_state(self, worker: str, room: str, state: str, reason: str) -> None:
        """The recorder of a room changed state."""

    async def segment_closed(self, row: dict[str, Any]) -> None:
        """A journal was closed; `row` is its manifest row."""
