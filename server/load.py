"""How busy this process is."""

from __future__ import annotations

import time

KEPT = 0.6
"""Of each reading, so much is what was read before: a second's burst is not yet a load."""


class LoadMeter:
    """The process's use of processors, in cores, evened out over a few readings."""

    def __init__(self) -> None:
        self._at, self._used = time.monotonic(), time.process_time()
        self._load = 0.0

    def read(self) -> float:
        """Cores in use since the last readings; ask about once a second."""
        at, used = time.monotonic(), time.process_time()
        if at > self._at:
            self._load = KEPT * self._load + (1 - KEPT) * (used - self._used) / (at - self._at)
        self._at, self._used = at, used
        return round(self._load, 3)
