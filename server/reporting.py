"""The worker's report of how connections carry: every two seconds, to signaling; nothing is kept for later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

import socketio

from media import Quality

log = logging.getLogger("heshi.worker")

EVERY_S = 2.0


class Measured(Protocol):
    """What is asked of the relay."""

    def stats(self) -> dict[str, Any]:
        """Rooms with their epochs, among other things."""
        ...

    def quality(self, room: str) -> Mapping[str, Quality]:
        """How each connected endpoint of a room is doing."""
        ...

    def counters(self) -> Mapping[str, int]:
        """What the relay has counted since it started."""
        ...


class Reporter:
    """Tells the server `quality`: `{"rooms": {room: {"epoch", "endpoints"}}, "counters"}`."""

    def __init__(self, relay: Measured, say: Callable[[str, dict[str, Any]], Awaitable[None]]) -> None:
        """`say` raises SocketIOError while the server is not there."""
        self._relay, self._say = relay, say

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self._say("quality", self.report())
            except socketio.exceptions.SocketIOError:
                # Old figures are of no use to anybody: the next report is soon enough.
                continue
            except Exception:
                log.exception("how connections carry could not be told")

    def report(self) -> dict[str, Any]:
        """The event's data, now."""
        rooms = self._relay.stats()["rooms"]
        return {
            "rooms": {
                room: {
                    "epoch": stats["epoch"],
                    "endpoints": {name: asdict(figures) for name, figures in self._relay.quality(room).items()},
                }
                for room, stats in rooms.items()
            },
            "counters": dict(self._relay.counters()),
        }
