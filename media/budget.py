"""What one browser may send: more than any camera, screen and voice together, less than a flood. Pure state."""

from __future__ import annotations

PACKETS = 2500
"""Packets per second; camera, screen and sound together are some 600."""

BYTES = 1_500_000
"""Bytes per second: twice what camera and screen send at their best, and their repeats."""

RTCP_BYTES = 30_000
"""Bytes of feedback per second: a byte costs far more time than one of sound does, and a tenth of this tells all."""


class Budget:
    """A second's worth may come at once. Time is handed in, so that a packet costs two subtractions."""

    __slots__ = ("_at", "_bytes", "_packets", "_rtcp")

    def __init__(self) -> None:
        self._packets, self._bytes, self._rtcp = PACKETS, BYTES, RTCP_BYTES
        self._at = 0.0

    def earn(self, now: float) -> None:
        """Time has passed (monotonic seconds)."""
        seconds = min(now - self._at, 1.0)
        self._at = now
        self._packets = min(max(self._packets, 0) + int(seconds * PACKETS), PACKETS)
        self._bytes = min(max(self._bytes, 0) + int(seconds * BYTES), BYTES)
        self._rtcp = min(max(self._rtcp, 0) + int(seconds * RTCP_BYTES), RTCP_BYTES)

    def spend(self, size: int, rtcp: bool) -> bool:
        """Whether a packet of this size may pass."""
        self._packets -= 1
        self._bytes -= size
        if rtcp:
            self._rtcp -= size
        return self._packets >= 0 and self._bytes >= 0 and (not rtcp or self._rtcp >= 0)
