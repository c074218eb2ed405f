"""The worker's side of the workers' protocol, spoken by hand: as slow, as silent or as broken as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio

from signaling.live import handshake
from signaling.live.handshake import NAMESPACE, Side
from tests.integration.signaling.live import Live, live
from tests.integration.signaling.town import Case, Person, Town
from vault import KeyStore

BEAT_S = 1.0
SDP = "v=0\r\n" * 20


def secret_of(town: Town) -> str:
    """The secret that the town's service shares with its workers."""
    return KeyStore.open(town.service.data / "keys").worker_secret


class Worker:
    """One worker. What it was told is kept; `obeys` holds its answer to tables back while cleared."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nonce = handshake.fresh_nonce()
        self.answer = ""
        self._http = aiohttp.ClientSession()
        self.sio = socketio.AsyncClient(reconnection=False, http_session=self._http)
        self.tables: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.recorder = "ok"
        self.health = "idle"
        self.load = 0.0
        self.holds: dict[str, Any] = {}
        self.heard = asyncio.Event()
        self.obeys = asyncio.Event()
        self.obeys.set()
        self.ended = asyncio.Event()
        self.dies_on = ""
        self._news = asyncio.Condition()
        self._beating: asyncio.Task[None] | None = None
        for event in ("offer", "table", "close", "finish", "probe", "drop_room", "drain", "release"):
            self.sio.on(event, self._called(event), namespace=NAMESPACE)
        self.sio.on("disconnect", self._ended, namespace=NAMESPACE)

    async def dial(self, town: Town, *, draining: bool = False) -> None:
        """Connect, prove, and begin to beat."""
        await self.connect(town)
        reply = await self.prove(secret_of(town), draining=draining)
        assert reply == {}, reply
        self._beating = asyncio.create_task(self._beat())

    async def connect(self, town: Town, **auth: Any) -> None:
        """Connect without proving anything. Raises ConnectionError of socketio."""
        given = {"worker": self.name, "version": handshake.VERSION, "nonce": self.nonce, **auth}
        await self.sio.connect(town.service.url, auth=given, namespaces=[NAMESPACE], transports=["websocket"])

    async def greet(self) -> dict[str, Any]:
        """The server's nonce and proof."""
        greeting: dict[str, Any] = await self.sio.call("greet", {}, namespace=NAMESPACE)
        self.answer = greeting["nonce"]
        return greeting

    def proof(self, secret: str, side: Side = "worker") -> str:
        """Ours, or what another side would show for this connection."""
        return handshake.proof(secret, side, self.name, self.nonce, self.answer)

    async def prove(self, secret: str, *, draining: bool = False) -> Any:
        """Greet and say hello; the server's answer."""
        greeting = await self.greet()
        handshake.check(greeting["proof"], secret, "server", self.name, self.nonce, self.answer)
        hello = {"proof": self.proof(secret), "capacity": 1, "draining": draining, "holds": self.holds}
        return await self.sio.call("hello", hello, namespace=NAMESPACE)

    async def tell(self, event: str, **data: Any) -> None:
        await self.sio.emit(event, data, namespace=NAMESPACE)

    async def told(self, event: str, **wanted: Any) -> dict[str, Any]:
        """Wait for a call of this kind, with these data; the newest."""

        def found() -> list[dict[str, Any]]:
            return [data for name, data in self.calls if name == event and wanted.items() <= data.items()]

        async with asyncio.timeout(15), self._news:
            await self._news.wait_for(found)
        return found()[-1]

    def silent(self) -> None:
        """Beat no more, as if hung."""
        assert self._beating is not None
        self._beating.cancel()

    async def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
        await self.sio.disconnect()
        await self.sio.shutdown()
        await self._http.close()

    async def _beat(self) -> None:
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            while True:
                await self.tell("beat", load=self.load)
                await asyncio.sleep(BEAT_S)

    async def _ended(self, *_: object) -> None:
        self.ended.set()

    def _called(self, event: str) -> Any:
        async def answer(data: dict[str, Any]) -> dict[str, Any]:
            async with self._news:
                self.calls.append((event, data))
                self._news.notify_all()
            if event == self.dies_on:
                await self.sio.disconnect()
            return await getattr(self, f"_{event}")(data) if event in ANSWERS else {}

        return answer

    async def _offer(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"sdp": f"answer to {data['endpoint']}"}

    async def _table(self, data: dict[str, Any]) -> dict[str, Any]:
        self.tables.append(data)
        self.heard.set()
        await self.obeys.wait()
        recorder = self.recorder if data["record"] else "idle"
        return {"revision": data["revision"], "accepted": True, "recorder": recorder}

    async def _finish(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"segments": []}

    async def _probe(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"state": self.health, "reason": ""}


ANSWERS = {"offer", "table", "finish", "probe"}


@asynccontextmanager
async def sitting(town: Town) -> AsyncIterator[tuple[Case, Worker, Person, Live, Live]]:
    """An open session of the officer and party A, placed on a worker; party A's endpoint is connected."""
    case, worker = town.case(), Worker(f"hand-{next(town.numbers)}")
    a, host = town.party(case), town.host(case)
    await worker.dial(town)
    try:
        async with live(town.service.url, host, a) as (officer, party):
            await officer.do("session.open")
            await officer.do("seat.admit", seat=a.seat)
            for socket in (officer, party):
                assert (await socket.do("media.offer", sdp=SDP))["sdp"].startswith("answer to end_")
            await officer.do("session.start")
            await party.shown(lambda view: view["recorder"] == "ok")
            yield case, worker, a, officer, party
    finally:
        await worker.close()
