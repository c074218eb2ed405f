"""A browser's offer on its way to the relay, and what the relay reports back."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any, cast

import socketio

from formats.errors import HeshiError
from rooms import Room
from rooms.errors import SeatNotAdmitted
from rooms.model import Placement
from rooms.rules import system
from rooms.views import MediaState
from signaling.errors import NoRelay
from signaling.live.holders import Holder, Holders
from signaling.live.pump import Pump
from signaling.live.workers import WorkerError, Workers
from signaling.services import Services

log = logging.getLogger("heshi.media")


class RelayRefused(HeshiError):
    """The relay's own refusal, passed on with its code and sentences."""

    def __init__(self, body: dict[str, str]) -> None:
        super().__init__(body.get("detail", ""))
        self.code = body.get("code", "media.refused")  # type: ignore[misc]
        self.zh = body.get("zh", HeshiError.zh)  # type: ignore[misc]
        self.en = body.get("en", HeshiError.en)  # type: ignore[misc]


class Media:
    """Places rooms on workers and carries offers there; takes the workers' reports (`WorkerEvents`)."""

    def __init__(self, services: Services, sio: socketio.AsyncServer, holders: Holders, workers: Workers) -> None:
        self._services, self._sio, self._holders, self._workers = services, sio, holders, workers
        self._placing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pump: Pump | None = None

    def join(self, pump: Pump) -> None:
        """The pump that is to be told; set once, before anything is served."""
        self._pump = pump

    async def offer(self, holder: Holder, sdp: str) -> str:
        """The relay's answer to a browser's offer. Raises `SeatNotAdmitted`, `NoRelay`, the relay's own refusals."""
        room = await self._services.room(holder.room)
        seat = room.seats[holder.seat]
        if seat.presence != "admitted" or seat.endpoint != holder.endpoint:
            raise SeatNotAdmitted
        placement = await self._place(room)
        asked = {"room": room.id, "endpoint": holder.endpoint, "epoch": placement.epoch, "sdp": sdp}
        try:
            answer = await self._workers.call(placement.worker, "offer", asked)
        except WorkerError as error:
            raise RelayRefused(error.body) from error
        await self._services.system(room.id, lambda now, _: system.endpoint_media(now, holder.endpoint, "connecting"))
        return str(answer["sdp"])

    async def _place(self, room: Room) -> Placement:
        async with self._placing[room.id]:
            room = await self._services.room(room.id)
            if room.placement is not None and self._workers.present(room.placement.worker):
                return room.placement
            worker = await self._workers.pick(room.id, self._holders.rooms())
            await self._services.system(
                room.id, lambda now, context: system.placed(now, worker, now.epoch + 1, context)
            )
            room = await self._services.room(room.id)
            if room.placement is None or room.placement.worker != worker:
                raise NoRelay
            return room.placement

    async def probe_recorder(self, room_id: str) -> None:
        """Before a session goes on: a recorder that failed is asked again; with its cause gone it counts as idle.

        Whether it really records shows when the journals are opened: if not, the room is paused at once.
        """
        room = await self._services.room(room_id)
        if room.recorder != "failed" or room.placement is None:
            return
        try:
            answer = await self._workers.call(room.placement.worker, "probe", {"room": room.id})
        except (NoRelay, WorkerError) as error:
            log.warning("the recorder of %s could not be asked: %s", room.id, error)
            return
        if answer["state"] != "failed":
            await self._services.system(room.id, lambda now, context: system.recorder_state(now, "idle", "", context))

    async def worker_lost(self, worker: str, rooms: set[str]) -> None:
        """Its rooms are free to be placed again; their seats offer again by themselves."""
        assert self._pump is not None
        for room_id in rooms:
            await self._pump.lost(room_id, worker)

    async def endpoint_state(self, room: str, endpoint: str, state: str) -> None:
        """A connection came up, failed or was closed."""
        log.info("media of %s in %s: %s", endpoint, room, state)
        known = cast(MediaState, {"closed": "none"}.get(state, state))
        await self._services.system(room, lambda now, _: system.endpoint_media(now, endpoint, known))
        if state != "failed":
            return
        for holder in self._holders.of_room(room):
            if holder.endpoint == endpoint:
                await self._sio.emit("media.lost", {"why": "connection"}, to=holder.sid)

    async def recorder_state(self, room: str, state: str, reason: str) -> None:
        """The recorder of a room failed or recovered."""
        if state in ("ok", "failed"):
            await self._services.system(
                room, lambda now, context: system.recorder_state(now, cast(Any, state), reason, context)
            )

    async def segment_closed(self, row: dict[str, Any]) -> None:
        """A journal is complete: it goes on record at once."""
        assert self._pump is not None
        await self._pump.closing.note(await self._services.room(row["room"]), row)
