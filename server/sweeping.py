"""What time alone makes due, looked after by the jobs process between two jobs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from server.wiring import House

log = logging.getLogger("heshi.sweeping")

EVERY_S = 30.0


class Sweeper:
    """One round at most every `EVERY_S` seconds; `clock` tells monotonic seconds."""

    def __init__(self, house: House, clock: Callable[[], float] = time.monotonic) -> None:
        self._rounds = {
            "unsealed": house.services.unsealings.sweep,
            "deleted": house.services.keeping.sweep,
            "archived": house.archive.sweep,
        }
        self._clock = clock
        self._next = 0.0

    async def turn(self) -> None:
        """Do what is due. A round that fails is logged and stops no other: it comes again."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY_S
        for name, sweep in self._rounds.items():
            try:
                if done := await sweep():
                    log.info("%s: %d", name, done)
                    self._next = 0.0  # there may be more; other work comes in between
            except Exception:
                log.exception("round %s failed", name)
