"""The relay of one worker: sockets and time around the forwarding core."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from typing import Any

from media.adapter import Transport, new_certificate
from media.engine import Engine
from media.errors import RelayClosed
from media.forwarding import Forwarding
from media.lean import Lean
from media.link import Link
from media.native import Native, available
from media.negotiation import read_offer, write_answer
from media.port import Port
from media.ports import Applied, EngineName, Event, OnEvent, RelaySettings, SinkFactory
from media.room import Endpoint
from media.rtcp import ntp_now
from media.stats import Quality, quality, room_stats
from media.tap import Tap, reason
from media.ticker import Ticker

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 20.0  # seconds from the answer to the first encrypted packet
SILENCE = 10.0  # seconds without media or consent after which an endpoint has failed
TICK = 0.01  # seconds between two looks while packets or key frames are asked for
IDLE_TICK = 0.05  # … while nothing is, with an engine that tells when something will be
WATCH_TICK = 0.02  # … with one that does not
SOON = 0.001  # after packets were found missing: more of them may come to light at once
COLLECT = 0.7  # journals promise to be on disk within a second; see UNHEARD_NS in native/tape.c
SENDER_REPORTS = 0.5
RECEIVER_REPORTS = 1.0


class _Connection:
    """One offer's connection and the task that brings it up."""

    def __init__(self, room: str, endpoint: Endpoint) -> None:
        self.room = room
        self.endpoint = endpoint
        self.transport: Transport
        self.link: Link
        self.task: asyncio.Task[None] | None = None

    def media(self, data: bytes, rtcp: bool) -> None:
        if rtcp:
            self.link.rtcp(data, time.monotonic())
        else:
            self.link.rtp(data, time.monotonic_ns())

    def heard(self) -> None:
        self.link.heard_at = time.monotonic()


class Relay:
    """Forwards media between the endpoints of rooms as their tables say. All methods belong to one event loop."""

    def __init__(self, settings: RelaySettings, sink_factory: SinkFactory | None, on_event: OnEvent) -> None:
        """`on_event` is called on the loop, must not block, and may call back into the relay only later.

        Raises EngineMissing if the native engine is asked for and not built.
        """
        self._port = Port(settings)
        self._engine = _engine(settings.engine)
        self._held = self._engine.lock
        self._certificate = new_certificate()
        self._core = Forwarding(self._engine, sink_factory, self._retire, on_event, ntp_now() - time.monotonic())
        self._current: dict[str, _Connection] = {}
        self._pending: dict[str, _Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._retiring: dict[asyncio.Task[dict[str, Any] | None], str] = {}
        self._on_event = on_event
        self._ticker: Ticker | None = None
        self._sender_at = self._receiver_at = self._collected_at = 0.0
        self._errors = 0

    @property
    def port(self) -> int:
        """The UDP port in use; 0 before `start`."""
        return self._port.number

    @property
    def engine(self) -> str:
        """Which engine carries the packets."""
        return self._engine.name

    async def start(self) -> None:
        """Bind the port. Raises OSError if it is taken."""
        self._port.open()
        self._ticker = ticker = Ticker(self._beat)
        self._engine.start(self._port, self._look, lambda: ticker.hurry(SOON))

    async def close(self) -> None:
        """Close all connections and journals, and the port; nothing is left waiting."""
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.stop()
        for room in list(self._core.rooms):
            self.drop_room(room)
        while waiting := [*self._closing, *self._retiring]:
            await asyncio.wait(waiting)
        self._engine.stop()
        self._port.close()

    async def offer(self, room: str, endpoint: str, epoch: int, sdp: str) -> str:
        """Answer a browser's offer; its connection replaces the endpoint's earlier one as soon as it is up.

        Raises OfferMalformed, OfferTooLarge, OfferWithoutAudio, CodecUnsupported, StaleEpoch, EndpointElsewhere or
        RelayClosed; then nothing changed.
        """
        if self._ticker is None:
            raise RelayClosed
        offer = read_offer(sdp)
        with self._held:
            place = self._core.admit(room, endpoint, epoch, time.monotonic())
            connection = _Connection(room, place)
            connection.transport = self._engine.transport(self._port, self._certificate, offer, connection.media)
            connection.link = self._core.link(place, offer.plan, connection.transport)
        answer = write_answer(offer, connection.transport.local())
        self._abandon(self._pending.pop(endpoint, None))
        self._pending[endpoint] = connection
        connection.task = asyncio.create_task(self._bring_up(connection))
        return answer

    async def _bring_up(self, connection: _Connection) -> None:
        name = connection.endpoint.name
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await connection.transport.connect(connection.heard)
        except (ConnectionError, TimeoutError) as error:
            logger.info("endpoint %s did not connect: %s", name, type(error).__name__)
            self._gave_up(connection)
            return
        except Exception:
            self._errors += 1
            logger.exception("endpoint %s did not connect", name)
            self._gave_up(connection)
            return
        if self._pending.get(name) is not connection:
            return  # abandoned in the very turn of the loop in which it came up: `_abandon` closes it
        del self._pending[name]
        old = self._current.get(name)
        self._current[name] = connection
        connection.transport.on_lost = lambda: self._lost(connection, "closed")
        # Slots and sources move first; only then may the old connection end.
        with self._held:
            self._core.install(connection.room, connection.endpoint, connection.link, time.monotonic())
            self._ask_keys(connection.room)
        if old is not None:
            self._settle(old.transport.close())

    def _gave_up(self, connection: _Connection) -> None:
        if self._pending.get(connection.endpoint.name) is not connection:
            return
        del self._pending[connection.endpoint.name]
        self._settle(connection.transport.close())
        if connection.endpoint.link is None:
            self._core.set_state(connection.room, connection.endpoint, "failed")

    def _lost(self, connection: _Connection, state: str) -> None:
        name = connection.endpoint.name
        if self._current.get(name) is connection:
            del self._current[name]
            with self._held:
                self._core.uninstall(connection.endpoint, connection.link)
            # A browser that is already coming back is not gone: the outcome of its new connection will be told.
            if name not in self._pending:
                self._core.set_state(connection.room, connection.endpoint, state)
            self._settle(connection.transport.close())

    def apply(self, table: Mapping[str, Any]) -> Applied:
        """Obey a forwarding table; what it no longer names has stopped when this returns.

        Tables of a lower revision or older epoch are ignored (`accepted` is False). Raises TableMalformed.
        """
        with self._held:
            applied = self._core.apply(table, time.monotonic())
            self._ask_keys(str(table["room"]))
        return applied

    def renew(self, room: str, epoch: int) -> bool:
        """Extend the room's lease. False: it has lapsed or is of another epoch, and a table is needed."""
        with self._held:
            return self._core.renew(room, epoch, time.monotonic())

    def close_endpoint(self, endpoint: str) -> None:
        """End an endpoint's connection and journals at once."""
        with self._held:
            self._core.remove(endpoint)
        self._abandon(self._pending.pop(endpoint, None))
        self._abandon(self._current.pop(endpoint, None))

    def drop_room(self, room: str) -> None:
        """End everything of a room at once; its journals are closed."""
        members = [name for group in (self._current, self._pending) for name, one in group.items() if one.room == room]
        with self._held:
            self._core.drop(room)
        for name in members:
            self._abandon(self._pending.pop(name, None))
            self._abandon(self._current.pop(name, None))

    async def finish(self, room: str) -> list[dict[str, Any]]:
        """Close all journals of the room and return their summaries, also of those that were closing already.

        What was recorded stops flowing at once. Each summary is told by a "segment" event, too.
        """
        with self._held:
            self._core.finish(room)
        closing = [task for task, name in self._retiring.items() if name == room]
        if closing:
            # Not gathered: a caller that gives up must not take the journals' ends with it.
            await asyncio.wait(closing)
        return [row for task in closing if (row := task.result()) is not None]

    def recorder_failed(self, room: str, cause: str) -> None:
        """Stop a room whose recorder found trouble by itself, between two packets. Call it on the loop."""
        with self._held:
            self._core.recorder_failed(room, cause)

    def recorder_moved(self, room: str) -> None:
        """Its journals go on elsewhere: have pictures begin anew, so that the new ones can be shown by themselves."""
        with self._held:
            found = self._core.rooms.get(room)
            if found is not None:
                found.want_pictures(time.monotonic())
        self._ask_keys(room)

    def _retire(self, room: str, tap: Tap) -> None:
        task = asyncio.create_task(self._close_tap(room, tap))
        self._retiring[task] = room
        task.add_done_callback(lambda done: self._retiring.pop(done, None))

    async def _close_tap(self, room: str, tap: Tap) -> dict[str, Any] | None:
        try:
            row = await asyncio.to_thread(tap.close)
        except Exception as error:  # see Room: whatever the recorder's trouble is, the room stops
            logger.exception("closing a journal of %s failed", room)
            self.recorder_failed(room, reason(error))
            return None
        self._on_event(Event("segment", room, tap.record.endpoint, data=row))
        return row

    def stats(self) -> dict[str, Any]:
        """Counters of the port and of every room and endpoint, as plain data."""
        self._engine.settle()
        self._engine.collect()
        refused = self._refused()
        return {
            "port": self._port.number,
            "connections": len(self._current),
            **refused,
            "errors": self._errors + refused["handler_errors"],
            "rooms": {name: room_stats(room) for name, room in self._core.rooms.items()},
        }

    def _refused(self) -> dict[str, int]:
        total = Counter(self._port.counters())
        total.update(self._engine.counters())
        return dict(total)

    def quality(self, room: str) -> dict[str, Quality]:
        """How each connected endpoint of a room fares; empty for a room that is not here."""
        self._engine.settle()
        now = time.monotonic()
        found = self._core.rooms.get(room)
        members = found.endpoints.items() if found else ()
        return {name: quality(one, one.link, now) for name, one in members if one.link is not None}

    def counters(self) -> dict[str, int]:
        """What has happened since the start, as counters that only grow."""
        self._engine.settle()
        return {**self._core.counters(), **self._refused(), "errors": self._errors}

    def _abandon(self, connection: _Connection | None) -> None:
        if connection is None:
            return
        with self._held:
            connection.link.active = False
        self._settle(self._end(connection))

    async def _end(self, connection: _Connection) -> None:
        if connection.task is not None:
            await _cancelled(connection.task)
        await connection.transport.close()

    def _settle(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._errors += 1
            logger.error("closing a connection failed", exc_info=task.exception())

    def _ask_keys(self, room: str) -> None:
        now = time.monotonic()
        for connection in self._current.values():
            if connection.room == room:
                connection.link.ask(now)

    def _beat(self) -> float:
        """What is due now; returns the seconds until the next look."""
        self._engine.settle()
        now = time.monotonic()
        if now - self._collected_at >= COLLECT:
            self._collected_at = now
            self._engine.collect()
        sender = now - self._sender_at >= SENDER_REPORTS
        receiver = now - self._receiver_at >= RECEIVER_REPORTS
        self._sender_at = now if sender else self._sender_at
        self._receiver_at = now if receiver else self._receiver_at
        for connection in list(self._current.values()):
            try:
                self._serve(connection, now, sender, receiver)
            except Exception:
                self._errors += 1
                logger.exception("reports for %s failed", connection.endpoint.name)
        self._look()
        if any(one.link.asks for one in self._current.values()):
            return TICK
        return IDLE_TICK if self._engine.wakes else WATCH_TICK

    def _look(self) -> None:
        """Stop the rooms whose lease has run out."""
        try:
            with self._held:
                self._core.lapse(time.monotonic())
        except Exception:  # whoever is told; the ticker must live
            self._errors += 1
            logger.exception("telling of a lapsed lease failed")

    def _serve(self, connection: _Connection, now: float, sender: bool, receiver: bool) -> None:
        link = connection.link
        if now - link.heard_at > SILENCE:
            self._lost(connection, "failed")
            return
        connection.transport.earn(now)
        link.ask(now)
        link.report_switches(now)
        if sender:
            link.send_sender_reports(now)
        if receiver:
            link.send_receiver_report(now)
            link.thinning.decide(now)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _engine(name: EngineName) -> Engine:
    if name == "lean" or (name == "auto" and not available()):
        return Lean()
    return Native()
