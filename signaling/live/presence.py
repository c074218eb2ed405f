"""Who is online, kept true to the sockets that are there, whatever order connecting and leaving are told in."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

from sqlalchemy import select

from cases.tables import cases
from rooms.rules import system
from rooms.tables import rooms
from signaling.live.holders import Holders
from signaling.services import Services
from vault import Transaction

log = logging.getLogger("heshi.presence")


class Presence:
    """Writes into each room which of its devices are connected. Owned by the event loop."""

    def __init__(self, services: Services, holders: Holders) -> None:
        self._services, self._holders = services, holders
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def settle(self, room_id: str, endpoint: str) -> None:
        """Put on record whether the device is connected now.

        One at a time per room: of two settlings that cross, the later one looks again and so tells the truth.
        """
        async with self._locks[room_id]:
            online = self._holders.connected(endpoint)
            rule = system.endpoint_online if online else system.endpoint_offline
            await self._services.system(room_id, lambda room, _: rule(room, endpoint))

    async def recover(self) -> None:
        """After a start: devices that a former process left online are not. A host who is gone bars nobody."""

        async def live(tx: Transaction) -> list[str]:
            query = select(rooms.c.id).join(cases, cases.c.id == rooms.c.case_id).where(cases.c.status == "open")
            return [row["id"] for row in await tx.all(query)]

        for room_id in await self._services.db.read(live):
            try:
                room = await self._services.room(room_id)
                for endpoint in room.endpoints.values():
                    if endpoint.online and not self._holders.connected(endpoint.id):
                        await self.settle(room_id, endpoint.id)
            except Exception:
                log.exception("devices of room %s could not be settled", room_id)
