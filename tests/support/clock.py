"""A clock that moves only when told."""

from __future__ import annotations

from vault.utc import later


class ManualClock:
    """Starts at a fixed moment; `advance` moves wall time and monotonic time together."""

    def __init__(self, at: str = "2026-03-01T01:00:00.000Z") -> None:
        self.boot = "testboot"
        self._at = at
        self._mono_ns = 1_000_000_000

    def now(self) -> str:
        return self._at

    def mono_ns(self) -> int:
        return self._mono_ns

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._at = later(self._at, seconds)
        self._mono_ns += round(seconds * 1e9)
