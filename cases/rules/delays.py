"""How long a guesser waits."""

from __future__ import annotations

FREE_TRIES = 3
LONGEST_S = 300.0
FORGOTTEN_AFTER_S = 3600.0
# An address is shared by a whole station behind one router, so it may err more often than one name.
ADDRESS_FREE_TRIES = 20


def delay(failures: int, free: int = FREE_TRIES) -> float:
    """Seconds to wait after `failures` wrong tries in a row: none for the first `free`, then 1, 2, 4 … at most 300.

    It never grows beyond that, so that nobody is locked out for ever by someone else's guessing.
    """
    if failures <= free:
        return 0.0
    return min(LONGEST_S, 2.0 ** min(failures - free - 1, 30))


def remaining(failures: int, since_last_s: float, free: int = FREE_TRIES) -> float:
    """Seconds still to wait when the last wrong try lies `since_last_s` seconds back (negative counts as zero)."""
    return max(0.0, delay(failures, free) - max(0.0, since_last_s))


def counted(failures: int, since_last_s: float) -> int:
    """Failures that still count: an hour without one wipes the slate."""
    return 0 if since_last_s >= FORGOTTEN_AFTER_S else failures
