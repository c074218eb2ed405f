"""The media workers that have dialled in: who they are, how busy, and calls to them that always end."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import socketio

from signaling.errors import NoRelay

log = logging.getLogger("heshi.workers")

NAMESPACE = "/worker"
VERSION = "1"
CALL_TIMEOUT_S = 10.0
PLACING_TIMEOUT_S = 15.0


class WorkerError(Exception):
    """A worker refused a call; `body` is its error, in the protocol's form."""

    def __init__(self, body: dict[str, str]) -> None:
        super().__init__(body.get("code", ""))
        self.body = body


class WorkerEvents(Protocol):
    """What the rest of signaling wants to know of the workers."""

    async def worker_lost(self, worker: str, rooms: set[str]) -> None:
        """The worker's connection ended: the rooms it had must be placed again."""

    async def endpoint_state(self, room: str, endpoint: str, state: str) -> None:
        """A browser's media connection changed state."""

    async def recorder_state(self, room: str, state: str, reason: str) -> None:
        """The recorder of a room changed state."""

    async def segment_closed(self, row: dict[str, Any]) -> None:
        """A journal was closed; `row` is its manifest row."""


@dataclass(slots=True)
class _Link:
    name: str
    sid: str
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What a worker tells is taken one by one, as it was said: "connected" must not be overtaken by "failed"."""
    rooms: set[str] = field(default_factory=set)


class Workers:
    """The `/worker` namespace of the Socket.IO server. Owned by the event loop; no locks."""

    def __init__(self, sio: socketio.AsyncServer, secret: str) -> None:
        self._sio, self._secret = sio, secret
        self._by_name: dict[str, _Link] = {}
        self._by_sid: dict[str, _Link] = {}
        self._arrived = asyncio.Condition()
        sio.on("connect", self._connect, namespace=NAMESPACE)
        sio.on("disconnect", self._disconnect, namespace=NAMESPACE)
        self._events: WorkerEvents | None = None

    def join(self, events: WorkerEvents) -> None:
        """Who is to be told; set once, before anything is served."""
        self._events = events
        handlers: dict[str, Callable[[_Link, dict[str, Any]], Awaitable[None]]] = {
            "hello": self._hello,
            "endpoint": lambda _, d: events.endpoint_state(d["room"], d["endpoint"], d["state"]),
            "recorder": lambda _, d: events.recorder_state(d["room"], d["state"], d.get("reason", "")),
            "segment": lambda _, d: events.segment_closed(d),
        }
        for event, handler in handlers.items():
            self._sio.on(event, self._from(handler), namespace=NAMESPACE)

    def present(self, worker: str) -> bool:
        """Whether this worker is connected now."""
        return worker in self._by_name

    async def pick(self, room: str, in_use: set[str]) -> str:
        """The worker with the fewest rooms in use; waits a little for one to (re)appear. Raises `NoRelay`."""
        try:
            async with asyncio.timeout(PLACING_TIMEOUT_S), self._arrived:
                await self._arrived.wait_for(lambda: bool(self._by_name))
        except TimeoutError as error:
            raise NoRelay from error
        link = min(self._by_name.values(), key=lambda each: (len(each.rooms & in_use), each.name))
        link.rooms.add(room)
        return link.name

    async def call(self, worker: str, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Ask a worker; ends with its answer, `WorkerError`, or `NoRelay` when it is gone, dies or says nothing."""
        link = self._by_name.get(worker)
        if link is None:
            raise NoRelay(worker)
        if "room" in data:
            # Also after a restart of this server, when the worker was here before us.
            link.rooms.add(str(data["room"]))
        asking = asyncio.ensure_future(
            self._sio.call(event, data, to=link.sid, namespace=NAMESPACE, timeout=CALL_TIMEOUT_S)
        )
        dying = asyncio.ensure_future(link.lost.wait())
        try:
            await asyncio.wait({asking, dying}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise NoRelay(worker)
            answer = asking.result()
        except (TimeoutError, socketio.exceptions.SocketIOError) as error:
            raise NoRelay(worker) from error
        finally:
            asking.cancel()
            dying.cancel()
        if not isinstance(answer, dict):
            raise NoRelay(worker)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        given = auth if isinstance(auth, dict) else {}
        if not hmac.compare_digest(str(given.get("secret", "")).encode(), self._secret.encode()):
            log.warning("a worker with a wrong secret was refused")
            raise socketio.exceptions.ConnectionRefusedError("wrong secret")
        if given.get("version") != VERSION or not isinstance(given.get("worker"), str):
            raise socketio.exceptions.ConnectionRefusedError("unknown version")
        link = _Link(name=given["worker"], sid=sid)
        if (older := self._by_name.get(link.name)) is not None:
            await self._forget(older)
        self._by_name[link.name] = self._by_sid[sid] = link

    async def _hello(self, link: _Link, data: dict[str, Any]) -> None:
        log.info("worker %s is here", link.name)
        async with self._arrived:
            self._arrived.notify_all()

    async def _disconnect(self, sid: str, *_: object) -> None:
        if (link := self._by_sid.get(sid)) is not None:
            await self._forget(link)

    async def _forget(self, link: _Link) -> None:
        """Settle everything that waits on the worker, then let its rooms be placed again."""
        self._by_sid.pop(link.sid, None)
        if self._by_name.get(link.name) is link:
            del self._by_name[link.name]
        link.lost.set()
        log.warning("worker %s is gone", link.name)
        assert self._events is not None
        await self._events.worker_lost(link.name, set(link.rooms))

    def _from(
        self, handler: Callable[[_Link, dict[str, Any]], Awaitable[None]]
    ) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
        async def receive(sid: str, data: dict[str, Any]) -> None:
            if (link := self._by_sid.get(sid)) is None:
                return
            try:
                async with link.order:
                    await handler(link, data)
            except Exception:
                log.exception("an event of worker %s could not be taken", link.name)

        return receive
