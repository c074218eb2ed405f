"""Time as it is stored: UTC, ISO 8601, milliseconds, "Z"; so that text order is time order in both databases."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time and monotonic time of one process."""

    @property
    def boot(self) -> str:
        """Names the process start that `mono_ns` counts from; values of different boots cannot be compared."""
        ...

    def now(self) -> str:
        """UTC as stored text."""
        ...

    def mono_ns(self) -> int:
        """Nanoseconds of a clock that never steps."""
        ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self.boot = uuid.uuid4().hex[:12]

    def now(self) -> str:
        return now()

    def mono_ns(self) -> int:
        return time.monotonic_ns()


def now() -> str:
    """The machine's UTC as stored text."""
    return iso(datetime.now(UTC))


def iso(moment: datetime) -> str:
    """An aware datetime as stored text. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """The aware datetime of stored text. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def later(text: str, seconds: float) -> str:
    """Stored text `seconds` after (negative: before) stored text."""
    return iso(parse(text) + timedelta(seconds=seconds))
