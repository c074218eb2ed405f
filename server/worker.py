"""The media worker: a process of its own that dials in to signaling and does what the tables say.

It holds public keys only: what it wrote a minute ago it cannot read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
from pathlib import Path
from typing import Any

import socketio

from media import Event, Relay, RelaySettings, host_addresses
from recording import Recorder
from server.berth import take_berth
from server.heads import HeadReporter
from server.line import Handler, Line
from server.load import LoadMeter
from server.reporting import Reporter
from server.worker_settings import WorkerSettings

log = logging.getLogger("heshi.worker")

LOOK_S = 1.0
ALONE_S = 60.0
"""Without signaling for so long a worker ends: its leases have lapsed; a restarted server has workers of its own."""
LEAVE_S = 30.0
"""After SIGTERM, so long for the server to move the rooms to other workers."""
TOGETHER_S = 0.1
LAST_WORDS_S = 3.0


class Worker:
    """Joins one relay and one recorder to the signaling server's `/worker` namespace."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        secret: str,
        media: RelaySettings,
        spool: Path,
        public_keys: tuple[bytes, bytes],
        spool_second: Path | None = None,
        berth: bool = False,
    ) -> None:
        """`berth`: started by a service on this machine, which starts another in its place."""
        self._recorder = Recorder(
            spool, *public_keys, second=spool_second, on_failure=self._recorder_failed, on_move=self._recorder_moved
        )
        self._relay = Relay(media, self._recorder, self._on_event)
        self._outbox: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._closed: dict[str, list[dict[str, Any]]] = {}
        self._loop = asyncio.get_running_loop()
        self._line = Line(name, url, secret, self._handlers(), self._hello)
        self._berth = berth
        self._draining = False
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until released, SIGINT, or SIGTERM and what follows from it; then flush every journal and leave."""
        self._loop.add_signal_handler(signal.SIGINT, self._stop.set)
        # A SIGINT that comes with it means: at once.
        self._loop.add_signal_handler(signal.SIGTERM, lambda: self._loop.call_later(TOGETHER_S, self._leave))
        await self._relay.start()
        line = asyncio.create_task(self._line.keep())
        telling = asyncio.create_task(self._tell())
        looking = asyncio.create_task(self._look())
        reporting = asyncio.create_task(Reporter(self._relay, self._line.say).run())
        signing = asyncio.create_task(HeadReporter(self._relay, self._recorder, self._line.say).run())
        try:
            await self._stop.wait()
        finally:
            looking.cancel()
            reporting.cancel()
            signing.cancel()
            await self._relay.close()
            self._recorder.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S if self._line.up else 0):
                    await self._outbox.join()
            for task in (telling, line):
                task.cancel()
            await asyncio.wait([looking, reporting, signing, telling, line])

    def _leave(self) -> None:
        """An administrator wants this process to end: others are to take its rooms first, while there is time."""
        if self._draining or not self._line.up or self._stop.is_set():
            self._stop.set()
            return
        self._drains()
        self._say("leaving", {})
        self._loop.call_later(LEAVE_S, self._stop.set)

    def _drains(self) -> None:
        self._draining = True
        log.info("taking no more rooms")

    def _handlers(self) -> dict[str, Handler]:
        return {
            "offer": self._offer,
            "table": self._table,
            "close": self._close,
            "drop_room": self._drop_room,
            "finish": self._finish,
            "probe": self._probe,
            "drain": self._drain,
            "release": self._release,
        }

    async def _offer(self, data: dict[str, Any]) -> dict[str, Any]:
        sdp = await self._relay.offer(data["room"], data["endpoint"], data["epoch"], data["sdp"])
        return {"sdp": sdp}

    async def _table(self, data: dict[str, Any]) -> dict[str, Any]:
        applied = self._relay.apply(data)
        state, reason = self._state(data["room"], applied.recorder)
        return {"revision": applied.revision, "accepted": applied.accepted, "recorder": state, "reason": reason}

    async def _close(self, data: dict[str, Any]) -> dict[str, Any]:
        self._relay.close_endpoint(data["endpoint"])
        return {}

    async def _drop_room(self, data: dict[str, Any]) -> dict[str, Any]:
        self._relay.drop_room(data["room"])
        return {}

    async def _finish(self, data: dict[str, Any]) -> dict[str, Any]:
        # The reply repeats what was told as events, so that nothing hangs on their arrival.
        open_ones = await self._relay.finish(data["room"])
        return {"segments": [*self._closed.pop(data["room"], []), *open_ones]}

    async def _probe(self, data: dict[str, Any]) -> dict[str, Any]:
        health = self._recorder.health(data["room"])
        return {"state": health["state"], "reason": health["reason"]}

    async def _drain(self, data: dict[str, Any]) -> dict[str, Any]:
        # Remembered here, and told with each hello: a server that restarts meanwhile goes on with it.
        self._drains()
        return {}

    async def _release(self, data: dict[str, Any]) -> dict[str, Any]:
        log.info("no room is left here; ending")
        self._loop.call_soon(self._stop.set)
        return {}

    def _hello(self) -> dict[str, Any]:
        holds = {
            room: {
                "epoch": state["epoch"],
                "revision": state["revision"],
                "endpoints": {name: endpoint["state"] for name, endpoint in state["endpoints"].items()},
            }
            for room, state in self._relay.stats()["rooms"].items()
        }
        return {"capacity": 1, "draining": self._draining, "holds": holds}

    def _on_event(self, event: Event) -> None:
        if event.kind == "endpoint":
            self._say("endpoint", {"room": event.room, "endpoint": event.endpoint, "state": event.state})
        elif event.kind == "recorder":
            state, reason = self._state(event.room, event.state, event.reason)
            self._say("recorder", {"room": event.room, "state": state, "reason": reason})
        elif event.kind == "segment":
            self._segment_closed(event.room, dict(event.data))

    def _segment_closed(self, room: str, row: dict[str, Any]) -> None:
        self._closed.setdefault(room, []).append(row)
        self._say("segment", row)

    def _state(self, room: str, state: str, reason: str = "") -> tuple[str, str]:
        """What is told of a room's recorder: one that works, but not in its first place, is "degraded"."""
        if state == "ok":
            health = self._recorder.health(room)
            if health["state"] == "degraded":
                return "degraded", str(health["reason"])
        return state, reason

    def _recorder_failed(self, room: str, reason: str) -> None:
        """Called on the recorder's own thread, even while no packet arrives that would hit the failed journal."""
        self._loop.call_soon_threadsafe(self._relay.recorder_failed, room, reason)

    def _recorder_moved(self, row: dict[str, Any], reason: str) -> None:
        """On the recorder's own thread too: a journal goes on in the second place."""

        def tell() -> None:
            room = str(row["room"])
            self._relay.recorder_moved(room)
            self._say("recorder", {"room": room, "state": "degraded", "reason": reason})
            if row["path"] is not None:
                self._segment_closed(room, row)

        self._loop.call_soon_threadsafe(tell)

    def _say(self, event: str, data: dict[str, Any]) -> None:
        self._outbox.put_nowait((event, data))

    async def _tell(self) -> None:
        """One sender keeps events in order, and keeps them through a signaling restart."""
        while True:
            event, data = await self._outbox.get()
            while True:
                try:
                    await self._line.ready()
                    await self._line.say(event, data)
                    break
                except socketio.exceptions.SocketIOError:
                    await asyncio.sleep(0.1)
            self._outbox.task_done()

    async def _look(self) -> None:
        """Beat, and see whether anybody is there to beat for."""
        heard, meter = self._loop.time(), LoadMeter()
        while True:
            await asyncio.sleep(LOOK_S)
            if self._line.up:
                heard = self._loop.time()
                with contextlib.suppress(socketio.exceptions.SocketIOError):
                    await self._line.say("beat", {"load": meter.read()})
            elif self._loop.time() - heard > ALONE_S:
                log.warning("signaling has been gone for %.0f s; ending", ALONE_S)
                self._stop.set()
            elif self._berth and self._line.refused.is_set():
                log.warning("the service that started us has no use for us; ending")
                self._stop.set()


async def run_worker(settings: WorkerSettings) -> None:
    """The worker process, whole. Its name is new each time: a dead worker's rooms must not look like this one's."""
    media = RelaySettings(
        host_ips=settings.host_ips or host_addresses(),
        advertised=settings.advertised,
        port=settings.port,
        include_loopback=settings.loopback,
        engine=settings.engine,
    )
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    if settings.berth is not None:
        take_berth(settings.berth, name, settings.url)
    worker = Worker(
        name=name,
        url=settings.url,
        secret=settings.secret,
        media=media,
        spool=settings.spool,
        spool_second=Path(settings.spool_second) if settings.spool_second else None,
        public_keys=settings.public_keys,
        berth=settings.berth is not None,
    )
    await worker.run()
