"""Who is online, kept true to the sockets that are there, whatever order connecting and leaving are told in.

A lost socket is not yet a lost person: for a few seconds the device keeps its place and its media, and mostly the same
page is back before anybody notices. After that it is offline, and its media is ended: nobody listens unseen.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from sqlalchemy import select

from cases.tables import cases
from rooms import Room
from rooms.rules import system
from rooms.tables import rooms
from rooms.view import room_view
from signaling.live.holders import Absent, Holder, Holders
from signaling.services import Services
from vault import Transaction

log = logging.getLogger("heshi.presence")

GRACE_S = 10.0


class Presence:
    """Writes into each room which of its devices are connected. Owned by the event loop."""

    def __init__(
        self,
        services: Services,
        holders: Holders,
        hang_up: Callable[[str, str], Awaitable[None]],
        *,
        grace_s: float = GRACE_S,
    ) -> None:
        """`hang_up(room, endpoint)` ends a device's media."""
        self._services, self._holders, self._hang_up, self._grace_s = services, holders, hang_up, grace_s
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: set[asyncio.Task[None]] = set()

    async def settle(self, room_id: str, endpoint: str) -> None:
        """Put on record whether the device is connected now.

        One at a time per room: of two settlings that cross, the later one looks again and so tells the truth.
        """
        async with self._locks[room_id]:
            if self._holders.connected(endpoint):
                await self._services.system(room_id, lambda room, _: system.endpoint_online(room, endpoint))
            else:
                await self._services.system(room_id, lambda room, now: system.endpoint_offline(room, endpoint, now))

    async def lost(self, holder: Holder) -> None:
        """A seat's socket broke off; that alone stops nothing of an admitted seat's media."""
        room = await self._services.room(holder.room)
        if self._holders.by_seat(holder.seat) is not None:
            return
        if room.seats[holder.seat].presence != "admitted":
            await self.settle(holder.room, holder.endpoint)
            return
        self._wait(Absent(holder.room, holder.seat, holder.endpoint, holder.private))

    async def gone(self, holder: Holder) -> None:
        """A seat's socket was ended by one side's will."""
        await self._end(holder.room, holder.endpoint)

    async def media_closed(self, room_id: str, endpoint: str) -> None:
        """A device hung up its media. With its socket gone, too, the page was closed: no need to wait for it."""
        for absent in self._holders.absent(room_id):
            if absent.endpoint == endpoint and self._holders.give_up(absent.seat) is not None:
                await self.settle(room_id, endpoint)

    async def doubt(self, room_id: str) -> None:
        """What the absent seats of a room last saw is unknown: they are offline until they are back."""
        for absent in self._holders.absent(room_id):
            self._holders.give_up(absent.seat)
            await self._end(room_id, absent.endpoint)

    async def recover(self) -> None:
        """After a start: devices that a former process left online have to show themselves soon."""

        async def live(tx: Transaction) -> list[str]:
            query = select(rooms.c.id).join(cases, cases.c.id == rooms.c.case_id).where(cases.c.status == "open")
            return [row["id"] for row in await tx.all(query)]

        for room_id in await self._services.db.read(live):
            try:
                await self._recover(await self._services.room(room_id))
            except Exception:
                log.exception("devices of room %s could not be settled", room_id)

    async def stop(self) -> None:
        """Wait for nobody any more."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _recover(self, room: Room) -> None:
        for seat in room.seats.values():
            endpoint = seat.endpoint
            if endpoint is None or not room.online(seat) or self._holders.connected(endpoint):
                continue
            if seat.presence == "admitted" and room.placement is not None:
                self._wait(Absent(room.id, seat.id, endpoint, room_view(room, seat.id).private))
            else:
                await self.settle(room.id, endpoint)

    def _wait(self, absent: Absent) -> None:
        self._holders.miss(absent)
        task = asyncio.create_task(self._expire(absent))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _expire(self, absent: Absent) -> None:
        await asyncio.sleep(self._grace_s)
        if self._holders.forget(absent):
            try:
                await self._end(absent.room, absent.endpoint)
            except Exception:
                log.exception("seat %s could not be put offline", absent.seat)

    async def _end(self, room_id: str, endpoint: str) -> None:
        await self.settle(room_id, endpoint)
        if not self._holders.connected(endpoint):
            await self._hang_up(room_id, endpoint)
