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
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import socketio

from formats.errors import HeshiError
from media import Event, Relay, RelaySettings, host_addresses
from recording import Recorder
from server.worker_settings import WorkerSettings

log = logging.getLogger("heshi.worker")

NAMESPACE = "/worker"
VERSION = "1"
LOOK_S = 2.0
ALONE_S = 60.0
"""Without signaling for so long a worker ends: its leases have lapsed; a restarted server has workers of its own."""
MAX_REDIAL_S = 2.0


class Worker:
    """Joins one relay and one recorder to the signaling server's `/worker` namespace."""

    def __init__(
        self, *, name: str, url: str, secret: str, media: RelaySettings, spool: Path, public_keys: tuple[bytes, bytes]
    ) -> None:
        self._name, self._url, self._secret = name, url, secret
        self._recorder = Recorder(spool, *public_keys, on_failure=self._recorder_failed)
        self._relay = Relay(media, self._recorder, self._on_event)
        self._client = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=MAX_REDIAL_S)
        self._outbox: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._closed: dict[str, list[dict[str, Any]]] = {}
        self._loop = asyncio.get_running_loop()
        for event, handler in self._handlers().items():
            self._client.on(event, self._answering(handler), namespace=NAMESPACE)
        self._client.on("connect", self._on_connect, namespace=NAMESPACE)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then flush every journal and leave."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await self._relay.start()
        tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._not_alone(stop))]
        try:
            await self._dial(stop)
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await self._relay.close()
            self._recorder.close()
            with contextlib.suppress(Exception):
                await self._client.disconnect()

    async def _dial(self, stop: asyncio.Event) -> None:
        auth = {"secret": self._secret, "worker": self._name, "version": VERSION}
        while not stop.is_set():
            try:
                await self._client.connect(self._url, auth=auth, namespaces=[NAMESPACE], transports=["websocket"])
                return
            except socketio.exceptions.ConnectionError as error:
                log.info("signaling is not there yet: %s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.5)

    def _handlers(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
        return {
            "offer": self._offer,
            "table": self._table,
            "close": self._close,
            "drop_room": self._drop_room,
            "finish": self._finish,
            "probe": self._probe,
        }

    def _answering(
        self, handler: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
    ) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
        async def answer(data: dict[str, Any]) -> dict[str, Any]:
            try:
                return await handler(data)
            except HeshiError as error:
                return {"error": {"code": error.code, "zh": error.zh, "en": error.en, "detail": error.detail}}
            except Exception:
                log.exception("a call from signaling failed")
                return {"error": {"code": "internal", "zh": HeshiError.zh, "en": HeshiError.en, "detail": ""}}

        return answer

    async def _offer(self, data: dict[str, Any]) -> dict[str, Any]:
        sdp = await self._relay.offer(data["room"], data["endpoint"], data["epoch"], data["sdp"])
        return {"sdp": sdp}

    async def _table(self, data: dict[str, Any]) -> dict[str, Any]:
        applied = self._relay.apply(data)
        return {"revision": applied.revision, "accepted": applied.accepted, "recorder": applied.recorder}

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

    async def _on_connect(self) -> None:
        self._say("hello", {"capacity": 1, "pid": os.getpid()})

    def _on_event(self, event: Event) -> None:
        if event.kind == "endpoint":
            self._say("endpoint", {"room": event.room, "endpoint": event.endpoint, "state": event.state})
        elif event.kind == "recorder":
            self._say("recorder", {"room": event.room, "state": event.state, "reason": event.reason})
        elif event.kind == "segment":
            self._closed.setdefault(event.room, []).append(dict(event.data))
            self._say("segment", dict(event.data))

    def _recorder_failed(self, room: str, reason: str) -> None:
        """Called on the recorder's own thread, even while no packet arrives that would hit the failed journal."""
        self._loop.call_soon_threadsafe(self._relay.recorder_failed, room, reason)

    def _say(self, event: str, data: dict[str, Any]) -> None:
        self._outbox.put_nowait((event, data))

    async def _tell(self) -> None:
        """One sender keeps events in order, and keeps them through a signaling restart."""
        while True:
            event, data = await self._outbox.get()
            while True:
                try:
                    await self._client.emit(event, data, namespace=NAMESPACE)
                    break
                except socketio.exceptions.SocketIOError:
                    await asyncio.sleep(0.2)

    async def _not_alone(self, stop: asyncio.Event) -> None:
        heard = self._loop.time()
        while True:
            await asyncio.sleep(LOOK_S)
            if NAMESPACE in self._client.namespaces:
                heard = self._loop.time()
            elif self._loop.time() - heard > ALONE_S:
                log.warning("signaling has been gone for %.0f s; ending", ALONE_S)
                stop.set()


async def run_worker(settings: WorkerSettings) -> None:
    """The worker process, whole. Its name is new each time: a dead worker's rooms must not look like this one's."""
    media = RelaySettings(
        host_ips=settings.host_ips or host_addresses(),
        advertised=settings.advertised,
        port=settings.port,
        include_loopback=settings.loopback,
    )
    worker = Worker(
        name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}",
        url=settings.url,
        secret=settings.secret,
        media=media,
        spool=settings.spool,
        public_keys=settings.public_keys,
    )
    await worker.run()
