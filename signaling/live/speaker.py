"""Who gives a command, and with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from signaling.live.holders import Holder
from signaling.services import Services


class MediaOffers(Protocol):
    """Carries a browser's offer to the relay."""

    async def offer(self, holder: Holder, sdp: str) -> str:
        """The relay's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Speaker:
    """One command's sender: the seat, and the idempotency key of the command."""

    services: Services
    media: MediaOffers
    poke: Callable[[str], None]
    """Tell the pump that a room may have changed."""
    holder: Holder
    name: str
    key: str | None
