"""The worker's report of its journals' heads: every five seconds, of every room where any has moved on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import socketio

log = logging.getLogger("heshi.worker")

EVERY_S = 5.0


class Held(Protocol):
    """What is asked of the relay."""

    def stats(self) -> dict[str, Any]:
        """Rooms with their epochs, among other things."""
        ...


class Written(Protocol):
    """What is asked of the recorder."""

    def heads(self, room: str | None = None) -> Mapping[str, Mapping[str, Any]]:
        """Head and number of chunks on disk of each open journal, by path."""
        ...


class HeadReporter:
    """Tells the server `heads`: `{"room", "epoch", "heads": [{"path", "head", "chunks"}]}`, only what has changed."""

    def __init__(self, relay: Held, recorder: Written, say: Callable[[str, dict[str, Any]], Awaitable[None]]) -> None:
        """`say` raises SocketIOError while the server is not there."""
        self._relay, self._recorder, self._say = relay, recorder, say
        self._told: dict[str, dict[str, int]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.report()
            except socketio.exceptions.SocketIOError:
                # What could not be told counts as not told: the next report has it, or a later head of the journal.
                continue
            except Exception:
                log.exception("the journals' heads could not be told")

    async def report(self) -> None:
        """Tell now what is new. A room at rest has nothing to tell."""
        rooms = self._relay.stats()["rooms"]
        self._told = {room: told for room, told in self._told.items() if room in rooms}
        for room, stats in rooms.items():
            now = self._recorder.heads(room)
            told = self._told.get(room, {})
            news = [{"path": path, **head} for path, head in sorted(now.items()) if told.get(path) != head["chunks"]]
            if news:
                await self._say("heads", {"room": room, "epoch": stats["epoch"], "heads": news})
            self._told[room] = {path: head["chunks"] for path, head in now.items()}
