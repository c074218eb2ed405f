"""What the case records need from parts above them; `server/` joins both sides."""

from __future__ import annotations

from typing import Protocol

from cases.model import Outcome
from vault.database import Transaction


class RoomOpener(Protocol):
    """Gives a new case its one room."""

    async def open_room(self, tx: Transaction, case_id: str, organ_id: str) -> str:
        """Create the room within the case's own transaction and return its id."""
        ...


class CloseGuard(Protocol):
    """May refuse that a case is closed: a session still open, an agreement not sealed."""

    async def check(self, tx: Transaction, case_id: str, outcome: Outcome) -> None:
        """Return to permit; raise a `HeshiError` that says why not."""
        ...
