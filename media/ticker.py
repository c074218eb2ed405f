"""A beat that is quick only while it has something to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Ticker:
    """Calls `beat` on the running loop until `stop`; `beat` returns the seconds until it wants to be called again."""

    def __init__(self, beat: Callable[[], float]) -> None:
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_soon(self._run)
        self._due = 0.0
        self._seconds = 0.1
        self._running = True

    def hurry(self, seconds: float) -> None:
        """Call it so soon if it was not to be called sooner."""
        at = self._loop.time() + seconds
        if self._running and at < self._due:
            self._handle.cancel()
            self._plan(at)

    def stop(self) -> None:
        """Call it no more."""
        self._running = False
        self._handle.cancel()

    def _run(self) -> None:
        self._due = 0.0  # whoever hurries from within the beat is too late: what it returns counts
        try:
            self._seconds = self._beat()
        finally:  # an error is the loop's to tell; the ticker lives
            if self._running:
                self._plan(self._loop.time() + self._seconds)

    def _plan(self, at: float) -> None:
        self._due = at
        self._handle = self._loop.call_at(at, self._run)
