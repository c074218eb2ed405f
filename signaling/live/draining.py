"""Emptying a worker for an upgrade: its rooms are made elsewhere first, and only then broken here.

For each room: another worker is placed under the next epoch, which gets the table and records a segment of its own. The
browsers make their new connections while the old ones carry. The old worker goes on under the orders it has, on a short
lease, until the last device is over; should the orders change meanwhile, `Pump.let_go` stops it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Protocol

from formats.errors import Conflict, NotFound
from rooms import Room, forwarding_table
from rooms.errors import RoomUnknown
from rooms.rules import system
from signaling.errors import NoRelay
from signaling.live.holders import Holders
from signaling.live.pump import OVERLAP_LEASE_S
from signaling.live.workers import WorkerError, Workers
from signaling.services import Services

log = logging.getLogger("heshi.draining")

SPARE_S = 30.0
"""For another worker to be there that takes rooms."""
OVERLAP_S = 15.0
"""For the devices of a room to be over."""
ENDING_S = 15.0
LOOK_S = 0.25
AT_ONCE = 4
"""Rooms on the move at a time: their browsers all connect within a moment."""


class NoSuchWorker(NotFound):
    """No worker of this name has dialled in; `detail` lists those that have."""

    code = "worker.unknown"
    zh = "没有这个媒体服务进程。"
    en = "There is no such worker."


class NobodyElse(Conflict):
    """There is no other worker to take the rooms, and none has come."""

    code = "worker.no_other"
    zh = "没有其他媒体服务进程可以接手，请先再启动一个。"
    en = "There is no other worker to take the rooms over; start another one first."


class LettingGo(Protocol):
    """What draining needs of the pump."""

    async def let_go(self, room: Room, *, over: bool = False) -> None:
        """End the room at the worker it was moved from."""


class Draining:
    """Moves rooms off workers. One drain per worker at a time; owned by the event loop."""

    def __init__(
        self,
        services: Services,
        holders: Holders,
        workers: Workers,
        pump: LettingGo,
        replace_worker: Callable[[str], None],
    ) -> None:
        self._services, self._holders, self._workers, self._pump = services, holders, workers, pump
        self._replace_worker = replace_worker
        self._under_way: dict[str, asyncio.Task[int]] = {}
        workers.operate("drain", self._asked)

    def begin(self, worker: str) -> asyncio.Task[int]:
        """Empty the worker and let it end; the task's result is how many rooms were moved."""
        if (task := self._under_way.get(worker)) is None:
            task = self._under_way[worker] = asyncio.create_task(self._drain(worker))
            task.add_done_callback(lambda done: self._done(worker, done))
        return task

    async def stop(self) -> None:
        """End what is under way; a worker that is being drained says so when it dials in again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, worker: str, task: asyncio.Task[int]) -> None:
        self._under_way.pop(worker, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("worker %s could not be drained: %s", worker, error)

    async def _asked(self, data: dict[str, Any]) -> dict[str, Any]:
        wanted = str(data.get("worker", ""))
        names = self._workers.names() if wanted == "all" else [wanted]
        if not names or not all(self._workers.present(name) for name in names):
            raise NoSuchWorker(", ".join(self._workers.names()))
        # All of them from the start: nobody's rooms are moved to one that is next.
        for name in names:
            self._workers.drain(name, True)
        try:
            moved = [await asyncio.shield(self.begin(name)) for name in names]
        finally:
            for name in names:
                self._workers.drain(name, name in self._under_way)
        return {"workers": names, "rooms": sum(moved)}

    async def _drain(self, worker: str) -> int:
        log.warning("worker %s is being drained", worker)
        self._workers.drain(worker, True)
        try:
            self._replace_worker(worker)
            if not await self._workers.spare(SPARE_S):
                raise NobodyElse
            await self._workers.call(worker, "drain", {})
            gate = asyncio.Semaphore(AT_ONCE)
            outcomes = await asyncio.gather(
                *(self._guarded(gate, worker, room) for room in sorted(self._workers.rooms(worker)))
            )
            with contextlib.suppress(NoRelay):
                await self._workers.call(worker, "release", {})  # gone already is as good
            await self._workers.ended(worker, ENDING_S)
        except BaseException:
            self._workers.drain(worker, False)
            raise
        log.warning("worker %s is empty: %d rooms were moved", worker, sum(outcomes))
        return sum(outcomes)

    async def _guarded(self, gate: asyncio.Semaphore, worker: str, room_id: str) -> bool:
        async with gate:
            try:
                return await self._move(worker, room_id)
            except (RoomUnknown, NoRelay, WorkerError) as error:
                # Whatever became of it, its devices are told and connect anew where the room is placed then.
                log.warning("room %s could not be moved from %s: %r", room_id, worker, error)
                return False

    async def _move(self, worker: str, room_id: str) -> bool:
        room = await self._services.room(room_id)
        if room.placement is not None and room.placement.worker == worker:
            if room_id not in self._holders.rooms() or not self._workers.connected(worker, room_id):
                # Nobody would notice: the next offer places it.
                await self._services.system(room_id, lambda r, now: system.worker_lost(r, worker, {}, now))
                await self._workers.call(worker, "drop_room", {"room": room_id})
                return False
            target = await self._workers.pick(room_id, self._holders.rooms())
            orders = room.table_revision
            await self._services.system(room_id, lambda r, now: system.moved(r, target, orders, now))
            last = {**forwarding_table(room), "lease_s": OVERLAP_LEASE_S}
            room = await self._services.room(room_id)
            if room.placement is not None and room.placement.worker == worker:
                return await self._move(worker, room_id)  # something had changed in between
            await self._overlap(worker, room_id, last)
            return True
        # A drain that a restart of the server broke off: the devices have had their time.
        await self._pump.let_go(room, over=True)
        await self._workers.call(worker, "drop_room", {"room": room_id})
        return False

    async def _overlap(self, worker: str, room_id: str, last: dict[str, Any]) -> None:
        """Keep the old worker carrying until the devices are over, or until it must not any more."""
        loop = asyncio.get_running_loop()
        began, renewed = loop.time(), float("-inf")
        while loop.time() - began < OVERLAP_S and self._workers.connected(worker, room_id):
            room = await self._services.room(room_id)
            if room.leaving is None or room.leaving.worker != worker:
                break
            if loop.time() - renewed > OVERLAP_LEASE_S / 4:
                renewed = loop.time()
                await self._workers.call(worker, "table", last)
            await asyncio.sleep(LOOK_S)
        await self._pump.let_go(await self._services.room(room_id), over=True)
        await self._workers.call(worker, "drop_room", {"room": room_id})
