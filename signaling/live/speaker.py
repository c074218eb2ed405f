"""Who gives a command, and with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from signaling.live.holders import Holder
from signaling.messages.quality import QualityReport
from signaling.services import Services


class MediaOffers(Protocol):
    """What commands want of the relay and its recorder."""

    async def offer(self, holder: Holder, sdp: str) -> tuple[str, int]:
        """The relay's answer to a browser's offer, and the placement's epoch."""
        ...

    async def probe_recorder(self, room_id: str) -> None:
        """Ask a recorder that failed whether it could work again."""
        ...


class QualityReports(Protocol):
    """Who takes what browsers tell of their connections."""

    def report(self, holder: Holder, key: str | None, report: QualityReport) -> None:
        """A seat's word; taken only as far as it can be true."""
        ...


@dataclass(frozen=True, slots=True)
class Speaker:
    """One command's sender: the seat, and the idempotency key of the command."""

    services: Services
    media: MediaOffers
    quality: QualityReports
    poke: Callable[[str], None]
    """Tell the pump that a room may have changed."""
    holder: Holder
    name: str
    key: str | None
