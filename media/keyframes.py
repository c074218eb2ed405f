"""When to ask a publisher for a key frame. Pure state.

Browsers ignore a picture loss indication that follows another within 300 ms, and one may be lost: so it is throttled
and repeated until a key frame really passes.
"""

from __future__ import annotations

REPEAT = 0.32  # seconds
PATIENCE = 5.0  # seconds of fast repeating; a camera that stays dark is asked once a second
SLOW_REPEAT = 1.0


class KeyRequest:
    """One publisher's outstanding request."""

    __slots__ = ("_sent_at", "_since", "pending")

    def __init__(self) -> None:
        self.pending = False
        self._sent_at = float("-inf")
        self._since = 0.0

    def want(self, now: float) -> None:
        """Somebody needs a key frame."""
        if not self.pending:
            self.pending = True
            self._since = now

    def passed(self) -> None:
        """A key frame went by."""
        self.pending = False

    def due(self, now: float) -> bool:
        """Whether to send a request now; answering True counts as sent."""
        if not self.pending:
            return False
        if now - self._sent_at < (REPEAT if now - self._since < PATIENCE else SLOW_REPEAT):
            return False
        self._sent_at = now
        return True
