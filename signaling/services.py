"""What the handlers may call: every use case of the house, joined by `server/`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agreements import Agreements
from cases import Cases, ConsoleNotices, Officers
from recording import Composites, Evidence, Keeping, Recordings, Spools, Unsealings
from rooms import Change, Context, Entry, Room, Rooms
from rooms.ledger import QualityLedger
from signaling.turn import Turn
from vault import BlobStore, Clock, Database, Timeline


@dataclass(frozen=True, slots=True)
class Services:
    """One of each; immutable, shared by all handlers."""

    db: Database
    clock: Clock
    timeline: Timeline
    blobs: BlobStore
    officers: Officers
    cases: Cases
    notices: ConsoleNotices
    rooms: Rooms
    entry: Entry
    recordings: Recordings
    unsealings: Unsealings
    keeping: Keeping
    composites: Composites
    evidence: Evidence
    agreements: Agreements
    ledger: QualityLedger
    spools: Spools
    link_hours: int
    secure_cookies: bool
    trusted_proxies: tuple[str, ...] = ()
    metrics_token: str = ""
    turn: Turn | None = None

    def address_of(self, peer: str, headers: Mapping[str, str]) -> str:
        """The caller's address: the peer's, or what a trusted proxy says of it."""
        if peer in self.trusted_proxies:
            said = headers.get("x-forwarded-for", "").split(",")[-1].strip()
            try:
                return str(ipaddress.ip_address(said))
            except ValueError:
                return peer
        return peer

    async def room(self, room_id: str) -> Room:
        """The room as it is now. Raises `RoomUnknown`."""
        return await self.db.read(lambda tx: self.rooms.load(tx, room_id))

    async def system(self, room_id: str, rule: Callable[[Room, Context], Change]) -> None:
        """Apply a rule that nobody commanded: what devices, the relay and the recorder report."""
        await self.rooms.system(room_id, rule)
