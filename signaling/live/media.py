"""A browser's offer on its way to the relay, and what the relay reports back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

import socketio

from formats.errors import HeshiError
from rooms import Room
from rooms.errors import RoomUnknown, SeatNotAdmitted
from rooms.model import Placement
from rooms.rules import system
from rooms.views import MediaState
from signaling.errors import NoRelay
from signaling.live.draining import Draining
from signaling.live.holders import Holder, Holders
from signaling.live.holdings import Held
from signaling.live.presence import Presence
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
        self._pump: Pump
        self._presence: Presence
        self._draining: Draining

    def join(self, pump: Pump, presence: Presence, draining: Draining) -> None:
        """Who is to be told; set once, before anything is served."""
        self._pump, self._presence, self._draining = pump, presence, draining

    async def offer(self, holder: Holder, sdp: str) -> tuple[str, int]:
        """The relay's answer to a browser's offer, and the placement's epoch.

        Raises `SeatNotAdmitted`, `NoRelay`, the relay's own refusals.
        """
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
        await self._services.system(room.id, lambda now, _: system.endpoint_offered(now, holder.endpoint))
        return str(answer["sdp"]), placement.epoch

    async def _place(self, room: Room) -> Placement:
        async with self._placing[room.id]:
            room = await self._services.room(room.id)
            if room.placement is not None and await self._workers.returned(room.placement.worker):
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

    async def hang_up(self, room_id: str, endpoint: str) -> None:
        """End a device's media, wherever it is."""
        room = await self._services.room(room_id)
        for place in (room.placement, room.leaving):
            if place is not None:
                with contextlib.suppress(NoRelay, WorkerError):
                    await self._workers.call(place.worker, "close", {"endpoint": endpoint})

    async def worker_knows(self, worker: str, holds: Mapping[str, Held]) -> set[str]:
        """A worker is (again) here: what it holds is compared with the record, before anything is asked of it."""
        foreign = set()
        for room_id, held in holds.items():
            try:
                room = await self._services.room(room_id)
            except RoomUnknown:
                foreign.add(room_id)
                continue
            if room.leaving is not None and (room.leaving.worker, room.leaving.epoch) == (worker, held.epoch):
                continue
            if room.placement is None or (room.placement.worker, room.placement.epoch) != (worker, held.epoch):
                foreign.add(room_id)
                continue
            if held.revision != room.table_revision:
                # Orders that this worker does not have yet may lift a wall: nobody is heard who may not know of it.
                await self._presence.doubt(room_id)
            await self._compare(room, held)
        return foreign

    async def _compare(self, room: Room, held: Held) -> None:
        """A device that the record has as connected and the worker has not must connect anew."""
        for endpoint in room.endpoints.values():
            if endpoint.id in held.connected:
                await self._set_media(room.id, endpoint.id, "connected")
            elif endpoint.media == "connected":
                await self._set_media(room.id, endpoint.id, "none")
                await self._tell_lost(room.id, endpoint.id, "connection")

    async def worker_ready(self, worker: str) -> None:
        """It can be asked: rooms in use renew their leases, which before all others those of a restart need."""
        for room_id in self._holders.rooms() | self._workers.rooms(worker):
            self._pump.renew(room_id)

    async def worker_leaving(self, worker: str) -> None:
        """Its rooms are moved to others."""
        self._draining.begin(worker)

    async def worker_lost(self, worker: str, rooms: set[str]) -> None:
        """Its rooms are free to be placed again; their seats offer again by themselves."""
        outcomes = await asyncio.gather(
            *(self._pump.lost(room_id, worker) for room_id in rooms), return_exceptions=True
        )
        for trouble in outcomes:
            if isinstance(trouble, BaseException):
                # The others' seats are told all the same; this one's are when a table fails to go out.
                log.error("a room of worker %s could not be freed", worker, exc_info=trouble)

    async def endpoint_state(self, worker: str, room: str, endpoint: str, state: str) -> None:
        """A connection came up, failed or was closed. What a former worker says of it is no news."""
        log.info("media of %s in %s at %s: %s", endpoint, room, worker, state)
        if not await self._has(worker, room):
            return
        await self._set_media(room, endpoint, cast(MediaState, {"closed": "none"}.get(state, state)))
        if state == "failed":
            await self._tell_lost(room, endpoint, "connection")
        if state == "closed":
            await self._presence.media_closed(room, endpoint)

    async def recorder_state(self, worker: str, room: str, state: str, reason: str) -> None:
        """The recorder of a room failed or recovered."""
        if state in ("ok", "degraded", "failed") and await self._has(worker, room):
            await self._services.system(
                room, lambda now, context: system.recorder_state(now, cast(Any, state), reason, context)
            )

    async def segment_closed(self, row: dict[str, Any]) -> None:
        """A journal is complete: it goes on record at once."""
        await self._pump.closing.note(await self._services.room(row["room"]), row)

    async def _has(self, worker: str, room_id: str) -> bool:
        placement = (await self._services.room(room_id)).placement
        return placement is not None and placement.worker == worker

    async def _set_media(self, room: str, endpoint: str, state: MediaState) -> None:
        await self._services.system(room, lambda now, context: system.endpoint_media(now, endpoint, state, context))

    async def _tell_lost(self, room: str, endpoint: str, why: str) -> None:
        for holder in self._holders.of_room(room):
            if holder.endpoint == endpoint:
                await self._sio.emit("media.lost", {"why": why}, to=holder.sid)
