"""The relay's beat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from media.ticker import Ticker


class Beats:
    """Counts, and fails on demand."""

    def __init__(self, seconds: float) -> None:
        self.count = 0
        self.seconds = seconds
        self.fails = False
        self._changed = asyncio.Event()

    def __call__(self) -> float:
        self.count += 1
        self._changed.set()
        if self.fails:
            raise RuntimeError("a beat failed")
        return self.seconds

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it, ten seconds at most."""
        async with asyncio.timeout(10):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


async def test_it_beats_when_it_said_and_sooner_when_hurried() -> None:
    beats = Beats(3600.0)
    ticker = Ticker(beats)
    await beats.until(lambda: beats.count == 1)
    ticker.hurry(0.001)
    await beats.until(lambda: beats.count == 2)
    beats.seconds = 0.001
    ticker.hurry(0.001)
    await beats.until(lambda: beats.count >= 5)
    ticker.stop()
    count = beats.count
    ticker.hurry(0.0)
    await asyncio.sleep(0.05)
    assert beats.count == count


async def test_it_outlives_a_beat_that_fails() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    beats = Beats(0.001)
    ticker = Ticker(beats)
    await beats.until(lambda: beats.count == 1)
    beats.fails = True
    failed = beats.count
    await beats.until(lambda: beats.count >= failed + 3)
    ticker.stop()
    assert told
