"""Keeps seats and relay true to the room: after each change, one pass per room, in this order.

1. Each connected seat gets its snapshot, if what it may know has changed. A seat whose *private* sign goes out must
   have acknowledged that before anything else happens: nobody may believe to be private while being heard.
2. The forwarding table goes to the relay; its acknowledgement goes back into the room (*private* shows only then).
3. Sittings that have ended get their journals closed and their recordings made.
Passes of one room never overlap; a change during a pass causes another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import socketio

from cases.organs import officer_of
from formats.errors import HeshiError
from rooms import Change, Context, Room, forwarding_table
from rooms.errors import RoomUnknown
from rooms.rules import system
from rooms.view import room_view
from signaling.errors import NoRelay
from signaling.live.closing import Closing, kept_until
from signaling.live.holders import Holder, Holders
from signaling.live.snapshots import snapshot_of
from signaling.live.workers import WorkerError, Workers
from signaling.messages.room import Beat
from signaling.services import Services

log = logging.getLogger("heshi.pump")

BEAT_S = 4.0
RENEW_S = 10.0
UNSIGN_TIMEOUT_S = 2.0
RETRY_S = 1.0
LONGEST_RETRY_S = 15.0
OVERLAP_LEASE_S = 5
"""The lease of a room at the worker that it is being moved from."""


class Pump:
    """One pass per room and change. Owned by the event loop."""

    def __init__(self, services: Services, sio: socketio.AsyncServer, holders: Holders, workers: Workers) -> None:
        self._services, self._sio, self._holders, self._workers = services, sio, holders, workers
        self.closing = Closing(services, workers)
        self._dirty: set[str] = set()
        self._passes: dict[str, asyncio.Task[None]] = {}
        self._sent: dict[str, dict[str, Any]] = {}
        self._inside: dict[str, set[str]] = {}
        self._background: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin heartbeats and lease renewals."""
        self._background = [asyncio.create_task(self._beats()), asyncio.create_task(self._renewals())]

    async def stop(self) -> None:
        """End everything under way."""
        tasks = [*self._background, *self._passes.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def poke(self, room_id: str) -> None:
        """The room has (or may have) changed."""
        self._dirty.add(room_id)
        if room_id not in self._passes:
            self._passes[room_id] = asyncio.create_task(self._work(room_id))

    def renew(self, room_id: str) -> None:
        """Have the room's table sent again, changed or not."""
        self._sent.pop(room_id, None)
        self.poke(room_id)

    async def _work(self, room_id: str) -> None:
        pause = RETRY_S
        try:
            while room_id in self._dirty:
                self._dirty.discard(room_id)
                try:
                    await self._once(room_id)
                    pause = RETRY_S
                except RoomUnknown:
                    log.warning("there is no room %s (a journal in the spool may be of another installation)", room_id)
                except Exception:
                    log.exception("a pass over room %s failed; again in %.0f s", room_id, pause)
                    self._dirty.add(room_id)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_RETRY_S)
        finally:
            self._passes.pop(room_id, None)

    async def _once(self, room_id: str) -> None:
        told = await asyncio.gather(
            *(self._tell_seat(holder) for holder in self._holders.of_room(room_id)), return_exceptions=True
        )
        # One seat that cannot be told must not keep the relay from raising a wall: the trouble is reported afterwards.
        await self._without_signs(room_id)
        room = await self._services.room(room_id)
        await self._tell_relay(room)
        await self.closing.ended_sittings(room)
        await self._greet(room)
        for trouble in told:
            if isinstance(trouble, BaseException):
                raise trouble

    async def _greet(self, room: Room) -> None:
        """A page that comes back with a media connection of before learns whether that still counts."""
        for holder in self._holders.of_room(room.id):
            endpoint = room.endpoints.get(holder.endpoint)
            known = endpoint is not None and endpoint.media in ("connected", "connecting")
            if not holder.greeted and room.placement is not None and not known:
                await self._sio.emit("media.lost", {"why": "unknown"}, to=holder.sid)
            holder.greeted = True

    async def _without_signs(self, room_id: str) -> None:
        """A seat that has lost its socket cannot take its private sign down: then nothing flows from or to it."""
        for absent in self._holders.absent(room_id):
            if absent.private and not room_view(await self._services.room(room_id), absent.seat).private:
                await self._services.system(
                    room_id,
                    lambda room, now, gone=absent.endpoint: system.endpoint_offline(room, gone, now),  # type: ignore[misc]
                )

    async def _tell_seat(self, holder: Holder) -> None:
        try:
            snapshot = await snapshot_of(self._services, holder.room, holder.seat, holder.endpoint)
            if snapshot.etag == holder.etag:
                return
            sign_goes_out = holder.private and not snapshot.view.private
            holder.etag = snapshot.etag
            body = snapshot.model_dump(mode="json")
            if not sign_goes_out:
                holder.private = snapshot.view.private
                await self._sio.emit("snapshot", body, to=holder.sid)
                return
            await self._sio.call("snapshot", body, to=holder.sid, timeout=UNSIGN_TIMEOUT_S)
            # Only now: whatever fails before this, the seat may still show the sign and is put out below.
            holder.private = False
        except (TimeoutError, socketio.exceptions.SocketIOError):
            # It may still show the sign. Without a socket nothing flows from it, and coming back it asks anew.
            log.warning("seat %s did not say that its private sign is out", holder.seat)
            await self._sio.disconnect(holder.sid)
        except Exception:
            if holder.private:
                await self._sio.disconnect(holder.sid)
            raise

    async def _tell_relay(self, room: Room) -> None:
        await self.let_go(room)
        placement = room.placement
        if placement is None:
            self._sent.pop(room.id, None)
            return
        if self._workers.returning(placement.worker):
            return  # it goes on by its lease, and has us look here again once it is back
        await self._hang_up(room, placement.worker)
        table = forwarding_table(room)
        pending = room.caucus is not None and room.relay_revision < room.caucus.revision
        if not pending and _same(self._sent.get(room.id), table):
            return
        try:
            applied = await self._workers.call(placement.worker, "table", table)
        except WorkerError as error:
            log.error("the relay refused the table of %s: %s", room.id, error.body)
            return
        except NoRelay:
            if not self._workers.present(placement.worker):
                await self.lost(room.id, placement.worker)
            return
        self._sent[room.id] = table
        await self._take_answer(room, room.table_revision, placement.epoch, applied)

    async def let_go(self, room: Room, *, over: bool = False) -> None:
        """End the room at the worker it was moved from: when the devices are `over`, or at once when orders change.

        Returns when nothing flows there any more: by its word, or because its lease, which is short, has run out.
        """
        leaving = room.leaving
        if leaving is None or (leaving.orders == room.table_revision and not over):
            return
        try:
            await self._workers.returned(leaving.worker)
            await self._workers.call(leaving.worker, "drop_room", {"room": room.id})
        except (NoRelay, WorkerError) as error:
            log.warning("worker %s does not let go of %s: %s", leaving.worker, room.id, error)
            await asyncio.sleep(OVERLAP_LEASE_S)
        await self._services.system(room.id, lambda r, _: system.left(r, leaving.worker))

    async def _hang_up(self, room: Room, worker: str) -> None:
        """End the media of devices that are no longer in the room."""
        inside = {seat.endpoint for seat in room.seats.values() if seat.presence == "admitted" and seat.endpoint}
        for endpoint in self._inside.get(room.id, set()) - inside:
            with contextlib.suppress(NoRelay, WorkerError):
                await self._workers.call(worker, "close", {"endpoint": endpoint})
        self._inside[room.id] = inside

    async def _take_answer(self, room: Room, revision: int, epoch: int, applied: dict[str, Any]) -> None:
        if applied.get("accepted"):
            if room.caucus is not None and room.relay_revision < room.caucus.revision:
                await self._services.system(room.id, lambda r, _: system.relay_acknowledged(r, revision, epoch))
            recorder, reason = applied["recorder"], applied.get("reason", "")
            if recorder != room.recorder and not (room.recorder == "failed" and recorder == "idle"):
                await self._services.system(room.id, lambda r, c: system.recorder_state(r, recorder, reason, c))

    async def lost(self, room_id: str, worker: str) -> None:
        """The room's worker is gone: let seats offer again, which places the room anew."""
        room = await self._services.room(room_id)
        kept = await asyncio.to_thread(kept_until, self._services.spools, room)
        ended = 0

        def rule(now: Room, context: Context) -> Change:
            nonlocal ended
            ended = now.placement.epoch if now.placement is not None and now.placement.worker == worker else 0
            return system.worker_lost(now, worker, kept, context)

        await self._services.system(room_id, rule)
        if not ended:
            return  # of two who noticed, the other was first
        log.warning("room %s has lost its worker %s", room_id, worker)
        self._sent.pop(room_id, None)
        for holder in self._holders.of_room(room_id):
            await self._sio.emit("media.lost", {"why": "worker", "epoch": ended}, to=holder.sid)

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            now = self._services.clock.now()
            for holder in self._holders:
                await self._sio.emit("beat", Beat(etag=holder.etag, now=now).model_dump(), to=holder.sid)
                try:
                    await self._keep_signed_in(holder)
                except Exception:
                    log.exception("the session of seat %s could not be kept", holder.seat)

    async def _keep_signed_in(self, holder: Holder) -> None:
        """An officer in the room does not idle out, and finishes what runs; one whose account is barred is put out."""
        if not holder.officer_token:
            return
        with contextlib.suppress(HeshiError):
            await self._services.officers.session(holder.officer_token)
            return
        officer = await self._services.db.read(lambda tx: officer_of(tx, holder.person))
        if officer.disabled or officer.must_change_password:
            await self._sio.disconnect(holder.sid)

    async def _renewals(self) -> None:
        """Tables carry a lease; a room in use renews it, and so also repairs whatever an event failed to say."""
        while True:
            await asyncio.sleep(RENEW_S)
            for room_id in self._holders.rooms():
                self.renew(room_id)


def _same(sent: dict[str, Any] | None, table: dict[str, Any]) -> bool:
    if sent is None:
        return False
    return all(sent[part] == table[part] for part in ("epoch", "rows", "record"))
