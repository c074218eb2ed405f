"""The media workers that have dialled in: who they are, how busy, and calls to them that always end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import socketio

from formats.errors import HeshiError
from signaling.errors import NoRelay
from signaling.live import handshake
from signaling.live.handshake import NAMESPACE
from signaling.live.holdings import WorkerEvents, holdings
from signaling.live.placing import Standing, least_loaded

log = logging.getLogger("heshi.workers")

CALL_TIMEOUT_S = 10.0
PLACING_TIMEOUT_S = 15.0
PROVING_S = 10.0
"""From the connection to the proof."""
LOOK_S = 1.0
SILENT_S = 6.0
"""Workers beat every second; after this long without a word one counts as dead."""
RETURN_S = 8.0
"""After a start of this server, so long for the workers of before to dial in again: their rooms wait for them."""
FRESH_S = 10.0
PATIENT = frozenset({"finish"})
"""Calls that wait for a disk: slowness there is no sign of death."""

Call = Callable[["Link", dict[str, Any]], Awaitable[dict[str, Any] | None]]


class WorkerError(Exception):
    """A worker refused a call; `body` is its error, in the protocol's form."""

    def __init__(self, body: dict[str, str]) -> None:
        super().__init__(body.get("code", ""))
        self.body = body


@dataclass(slots=True)
class Link:
    """One connection in the workers' namespace."""

    name: str
    sid: str
    nonce: str
    answer: str = field(default_factory=handshake.fresh_nonce)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What a worker tells is taken one by one, as it was said: "connected" must not be overtaken by "failed"."""
    rooms: set[str] = field(default_factory=set)
    connected: dict[str, set[str]] = field(default_factory=dict)
    """Endpoints whose media connection is up there, by room."""
    heard: float = 0.0
    load: float = 0.0
    capacity: float = 1.0
    draining: bool = False
    placed: list[float] = field(default_factory=list)
    """When rooms were placed on it lately (loop time)."""


class Workers:
    """The `/worker` namespace of the Socket.IO server. Owned by the event loop; no locks."""

    def __init__(self, sio: socketio.AsyncServer, secret: str) -> None:
        self._sio, self._secret = sio, secret
        self._by_name: dict[str, Link] = {}
        self._by_sid: dict[str, Link] = {}
        self._proven: set[str] = set()
        self._gone: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Condition()
        self._began = float("inf")
        self._events: WorkerEvents | None = None
        sio.on("connect", self._connect, namespace=NAMESPACE)
        sio.on("disconnect", self._disconnect, namespace=NAMESPACE)
        sio.on("greet", self._greet, namespace=NAMESPACE)

    def join(self, events: WorkerEvents) -> None:
        """Who is to be told; set once, before anything is served."""
        self._events = events
        self._sio.on("hello", self._hello, namespace=NAMESPACE)
        self.listen("beat", self._beat)
        self.listen("endpoint", self._endpoint)
        self.listen("recorder", lambda w, d: events.recorder_state(w.name, d["room"], d["state"], d.get("reason", "")))
        self.listen("segment", lambda _, d: events.segment_closed(d))
        self.listen("leaving", lambda w, _: events.worker_leaving(w.name))

    def listen(self, event: str, handler: Callable[[Link, dict[str, Any]], Awaitable[None]]) -> None:
        """Have an event of proven workers taken, one at a time per worker and in order."""
        self._sio.on(event, self._from(handler), namespace=NAMESPACE)

    def operate(self, event: str, handler: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
        """Have a call of the command line answered: it proves itself with the call."""

        async def receive(sid: str, data: dict[str, Any]) -> dict[str, Any]:
            try:
                link = self._by_sid[sid]
                handshake.check(data.get("proof"), self._secret, "operator", link.name, link.nonce, link.answer)
                self._proven.add(sid)
                return await handler(data)
            except HeshiError as error:
                return {"error": _body(error)}

        self._sio.on(event, receive, namespace=NAMESPACE)

    async def watch(self) -> None:
        """Until cancelled: whoever has stopped beating is treated as dead."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        while True:
            before = loop.time()
            await asyncio.sleep(LOOK_S)
            if loop.time() - before > 2 * LOOK_S:
                # It was this process that stood still: nobody could be heard meanwhile.
                for link in self._by_name.values():
                    link.heard = loop.time()
            for link in list(self._by_name.values()):
                if loop.time() - link.heard > SILENT_S:
                    await self._dead(link, f"said nothing for {SILENT_S:.0f} s")

    async def stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def present(self, worker: str) -> bool:
        """Whether this worker is connected, and proven, now."""
        return worker in self._by_name

    def names(self) -> list[str]:
        """Who is here."""
        return sorted(self._by_name)

    def returning(self, worker: str) -> bool:
        """Whether an absent worker may still be on its way back to this server, which has just started."""
        young = asyncio.get_running_loop().time() - self._began < RETURN_S
        return young and worker not in self._by_name and worker not in self._gone

    async def returned(self, worker: str) -> bool:
        """Wait for a returning worker; whether it is here."""
        left = self._began + RETURN_S - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(left, 0)), self._arrived:
                await self._arrived.wait_for(lambda: not self.returning(worker))
        return self.present(worker)

    def connected(self, worker: str, room: str) -> set[str]:
        """The room's endpoints whose media connection is up at this worker, as far as it has told."""
        link = self._by_name.get(worker)
        return set(link.connected.get(room, ())) if link is not None else set()

    def rooms(self, worker: str) -> set[str]:
        """The rooms that the worker has, or lately had."""
        link = self._by_name.get(worker)
        return set(link.rooms) if link is not None else set()

    def drain(self, worker: str, on: bool) -> None:
        """Place nothing more on the worker, or (`on` false) do so again."""
        if (link := self._by_name.get(worker)) is not None:
            link.draining = on

    async def ended(self, worker: str, patience_s: float) -> None:
        """Wait for the worker to be gone."""
        if (link := self._by_name.get(worker)) is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(link.lost.wait(), patience_s)

    async def spare(self, patience_s: float) -> bool:
        """Wait for a worker that takes rooms; whether there is one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s), self._arrived:
                await self._arrived.wait_for(self._open)
        return self._open()

    def _open(self) -> bool:
        return any(not link.draining for link in self._by_name.values())

    async def pick(self, room: str, in_use: set[str], patience_s: float = PLACING_TIMEOUT_S) -> str:
        """The least loaded worker; waits a little for one to (re)appear. Raises `NoRelay`."""
        loop = asyncio.get_running_loop()

        def choose() -> str | None:
            return least_loaded(
                Standing(
                    link.name,
                    link.load,
                    link.capacity,
                    len(link.rooms & in_use),
                    sum(1 for at in link.placed if loop.time() - at < FRESH_S),
                )
                for link in self._by_name.values()
                if not link.draining
            )

        try:
            async with asyncio.timeout(patience_s), self._arrived:
                await self._arrived.wait_for(lambda: choose() is not None)
        except TimeoutError as error:
            raise NoRelay from error
        name = choose()
        assert name is not None  # nothing has run since
        link = self._by_name[name]
        link.rooms.add(room)
        link.placed = [*(at for at in link.placed if loop.time() - at < FRESH_S), loop.time()]
        return name

    async def call(self, worker: str, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Ask a worker; ends with its answer, `WorkerError`, or `NoRelay` when it is gone, dies or says nothing."""
        link = self._by_name.get(worker)
        if link is None:
            raise NoRelay(worker)
        if "room" in data:
            (link.rooms.discard if event == "drop_room" else link.rooms.add)(str(data["room"]))
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
            if event not in PATIENT:
                # What holds one call would hold the next: its rooms are better off elsewhere.
                await self._dead(link, f"did not answer {event!r}")
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
        try:
            name, nonce = handshake.opening(auth)
        except HeshiError as error:
            log.warning("a worker was refused: %s %s", error.en, error.detail)
            raise socketio.exceptions.ConnectionRefusedError(error.code, _body(error)) from error
        self._by_sid[sid] = Link(name, sid, nonce)
        self._run(self._must_prove(sid))

    async def _must_prove(self, sid: str) -> None:
        await asyncio.sleep(PROVING_S)
        if sid in self._by_sid and sid not in self._proven:
            await self._sio.disconnect(sid, namespace=NAMESPACE)

    async def _greet(self, sid: str, data: object = None) -> dict[str, Any]:
        link = self._by_sid.get(sid)
        if link is None:
            return {}
        shown = handshake.proof(self._secret, "server", link.name, link.nonce, link.answer)
        return {"nonce": link.answer, "proof": shown}

    async def _hello(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        link = self._by_sid.get(sid)
        if link is None or self._events is None or sid in self._proven:
            return {"error": _body(handshake.WorkerRefused())}
        try:
            handshake.check(data.get("proof"), self._secret, "worker", link.name, link.nonce, link.answer)
            holds = holdings(data.get("holds"))
        except HeshiError as error:
            log.warning("worker %s was refused: %s", link.name, error.en)
            self._run(self._sio.disconnect(sid, namespace=NAMESPACE))
            return {"error": _body(error)}
        self._proven.add(sid)
        async with link.order:
            if (older := self._by_name.pop(link.name, None)) is not None:
                # The same process, quicker back than its old socket was found dead: its rooms go on.
                self._by_sid.pop(older.sid, None)
                older.lost.set()
            link.capacity = float(data.get("capacity", 1))
            link.connected = {room: held.connected for room, held in holds.items()}
            foreign = await self._events.worker_knows(link.name, holds)
            link.rooms = set(holds) - foreign
            if link.lost.is_set():
                return {}
            link.heard = asyncio.get_running_loop().time()
            self._by_name[link.name] = link
            log.info("worker %s is here", link.name)
            async with self._arrived:
                self._arrived.notify_all()
            self._run(self._welcome(link, foreign, bool(data.get("draining"))))
        return {}

    async def _welcome(self, link: Link, foreign: set[str], draining: bool) -> None:
        """Have what it no longer should hold dropped before anything else, then let its rooms go on."""
        assert self._events is not None
        for room in foreign:
            with contextlib.suppress(NoRelay, WorkerError):
                await self.call(link.name, "drop_room", {"room": room})
        await self._events.worker_ready(link.name)
        if draining:
            await self._events.worker_leaving(link.name)

    async def _beat(self, link: Link, data: dict[str, Any]) -> None:
        link.load = float(data.get("load", 0))

    async def _endpoint(self, link: Link, data: dict[str, Any]) -> None:
        assert self._events is not None
        there = link.connected.setdefault(data["room"], set())
        (there.add if data["state"] == "connected" else there.discard)(data["endpoint"])
        await self._events.endpoint_state(link.name, data["room"], data["endpoint"], data["state"])

    async def _disconnect(self, sid: str, *_: object) -> None:
        if (link := self._by_sid.get(sid)) is not None:
            await self._forget(link)

    async def _dead(self, link: Link, why: str) -> None:
        """Treat as gone a worker that is connected and does not work."""
        if self._by_name.get(link.name) is not link:
            return
        log.error("worker %s %s: it counts as dead", link.name, why)
        self._run(self._sio.disconnect(link.sid, namespace=NAMESPACE))
        await self._forget(link)

    async def _forget(self, link: Link) -> None:
        """Settle everything that waits on the worker, then let its rooms be placed again."""
        self._by_sid.pop(link.sid, None)
        self._proven.discard(link.sid)
        link.lost.set()
        if self._by_name.get(link.name) is not link:
            return
        del self._by_name[link.name]
        self._gone.add(link.name)
        log.warning("worker %s is gone", link.name)
        assert self._events is not None
        await self._events.worker_lost(link.name, set(link.rooms))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an order about a worker failed", exc_info=task.exception())

    def _from(
        self, handler: Callable[[Link, dict[str, Any]], Awaitable[None]]
    ) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
        async def receive(sid: str, data: dict[str, Any]) -> None:
            link = self._by_sid.get(sid)
            if link is None or sid not in self._proven:
                return
            link.heard = asyncio.get_running_loop().time()
            try:
                async with link.order:
                    await handler(link, data)
            except Exception:
                log.exception("an event of worker %s could not be taken", link.name)

        return receive


def _body(error: HeshiError) -> dict[str, str]:
    return {"code": error.code, "zh": error.zh, "en": error.en, "detail": error.detail}
