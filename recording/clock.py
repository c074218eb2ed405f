"""The two clocks of a capturing host and the tie between them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Wall clock and monotonic clock in nanoseconds; `boot` names the process whose monotonic clock it is."""

    unix_ns: Callable[[], int] = time.time_ns
    mono_ns: Callable[[], int] = time.monotonic_ns
    boot: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The same moment on both clocks."""

    unix_ns: int
    mono_ns: int

    def to_unix_ns(self, mono_ns: int) -> int:
        """A monotonic time as wall time; a wall clock stepped after the anchor was taken does not shift it."""
        return self.unix_ns + mono_ns - self.mono_ns


def to_utc(unix_ns: int) -> str:
    """Nanoseconds since 1970 as UTC ISO with milliseconds and "Z"."""
    moment = _EPOCH + timedelta(milliseconds=unix_ns // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_utc(text: str) -> int:
    """UTC ISO as nanoseconds since 1970; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
