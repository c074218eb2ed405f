"""The media workers of one service: as many as are wanted, those of a killed server before us among them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from server.berth import Berthed, who_has
from server.supervise import END_S, Child

log = logging.getLogger("heshi.pool")

LOOK_S = 0.5


class Pool:
    """Keeps `count` workers alive. A worker has a number, which is its berth and its UDP port's distance.

    Numbers from `count` on are for those that are started before the ones they replace have ended.
    """

    def __init__(self, count: int, folder: Path, url: str, make: Callable[[int], Child]) -> None:
        self._count, self._folder, self._url, self._make = count, folder, url, make
        self._kept: dict[int, asyncio.Task[None]] = {}
        self._children: dict[int, Child] = {}
        self._retired: set[int] = set()
        self._ending = False

    async def run(self) -> None:
        """Until cancelled; then every worker is ended, also those that were only taken over."""
        before = self._left_behind()
        for number in before:
            self._keep(number)
        for _ in range(self._count - len(before)):
            self._keep(self._free())
        try:
            await asyncio.Event().wait()
        finally:
            self._ending = True
            for task in self._kept.values():
                task.cancel()
            await asyncio.gather(*self._kept.values(), return_exceptions=True)

    def replace(self, worker: str) -> None:
        """This worker is about to end by order: start another now, and none when it has ended."""
        if self._ending:
            return  # whoever ends all of us at once has told the workers, too
        for number in [number for number in self._kept if number not in self._retired]:
            if (has := who_has(self._berth(number))) is not None and has.name == worker:
                self._retired.add(number)
                if (child := self._children.get(number)) is not None:
                    child.retire()
                self._keep(self._free())

    def _left_behind(self) -> list[int]:
        """Numbers of workers that outlived the server that started them and will dial in to us."""
        found = []
        for path in self._folder.glob("*.lock"):
            has = who_has(path) if path.stem.isdecimal() else None
            if has is not None and has.url == self._url:
                log.info("worker %s is still here", has.name)
                found.append(int(path.stem))
        return sorted(found)[: self._count]

    def _berth(self, number: int) -> Path:
        return self._folder / f"{number}.lock"

    def _free(self) -> int:
        number = 0
        while number in self._kept or who_has(self._berth(number)) is not None:
            number += 1
        return number

    def _keep(self, number: int) -> None:
        task = self._kept[number] = asyncio.create_task(self._work(number))
        task.add_done_callback(lambda _: self._over(number))

    def _over(self, number: int) -> None:
        self._kept.pop(number, None)
        self._children.pop(number, None)
        self._retired.discard(number)

    async def _work(self, number: int) -> None:
        if (has := who_has(self._berth(number))) is not None:
            await self._watch(number, has)
            if number in self._retired:
                return
        child = self._children[number] = self._make(number)
        await child.run()

    async def _watch(self, number: int, has: Berthed) -> None:
        """Wait for the end of a worker that is not our child; being cancelled, end it."""
        try:
            await self._ended(number)
        finally:
            if who_has(self._berth(number)) == has:
                _signal(has.pid, signal.SIGINT)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ended(number), END_S)
                if who_has(self._berth(number)) == has:
                    _signal(has.pid, signal.SIGKILL)

    async def _ended(self, number: int) -> None:
        while who_has(self._berth(number)) is not None:  # noqa: ASYNC110 (another process's end: only looking tells)
            await asyncio.sleep(LOOK_S)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
