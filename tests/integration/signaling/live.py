"""A seat's socket that remembers all it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import socketio
from socketio.packet import DISCONNECT, Packet

from tests.integration.signaling.town import Person, refused

DEADLINE_S = 15.0
EVENTS = ("snapshot", "beat", "replaced", "media.lost", "quality")


class Refused(Exception):
    """The server did not take the connection; `body` is what it said."""

    def __init__(self, body: Any) -> None:
        super().__init__(str(body))
        self.body = body

    @property
    def code(self) -> str:
        return refused({"error": self.body})


class Live:
    """One socket. `seen` holds every event in order."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncClient(reconnection=False)
        self.seen: list[tuple[str, Any]] = []
        self.gone = asyncio.Event()
        self.refusal: Any = None
        self._news = asyncio.Event()
        for event in EVENTS:
            self.sio.on(event, self._remember(event))
        self.sio.on("connect_error", self._not_let_in)
        self.sio.on("disconnect", self._ended)

    async def _not_let_in(self, data: Any = None) -> None:
        self.refusal = data

    async def _ended(self, *_: object) -> None:
        self.gone.set()

    def _remember(self, event: str) -> Callable[..., Any]:
        async def take(payload: Any = None) -> None:
            self.seen.append((event, payload))
            self._news.set()

        return take

    async def connect(self, url: str, auth: object, cookie: str) -> None:
        """Raises `Refused`."""
        try:
            headers = {"Cookie": cookie} if cookie else {}
            await self.sio.connect(url, headers=headers, auth=auth, transports=["websocket"], wait_timeout=10)
        except socketio.exceptions.ConnectionError as error:
            said = self.refusal
            raise Refused(said.get("data", said) if isinstance(said, dict) else said) from error

    async def say(self, name: str, payload: object) -> Any:
        """The acknowledgement of any event at all."""
        return await self.sio.call(name, payload, timeout=DEADLINE_S)

    async def do(self, name: str, **payload: Any) -> Any:
        """A command that must be done."""
        reply = await self.say(name, payload)
        assert reply.get("ok") is True, (name, reply)
        return reply

    async def refused(self, name: str, **payload: Any) -> str:
        """The code with which a command is refused."""
        return refused(await self.say(name, payload))

    async def view(self) -> Any:
        """What the seat may know now."""
        return (await self.do("room.sync"))["view"]

    async def until(self, wanted: Callable[[list[tuple[str, Any]]], Any]) -> Any:
        """Wait for something among the events."""
        async with asyncio.timeout(DEADLINE_S):
            while not (found := wanted(self.seen)):
                self._news.clear()
                await self._news.wait()
        return found

    async def shown(self, wanted: Callable[[Any], bool]) -> Any:
        """Wait until the newest snapshot's view is as wanted."""

        def newest(seen: list[tuple[str, Any]]) -> Any:
            last = next((payload for event, payload in reversed(seen) if event == "snapshot"), None)
            return last if last is not None and wanted(last["view"]) else None

        return await self.until(newest)

    async def break_off(self) -> None:
        """Lose the socket as a network does it: without a word of goodbye."""
        await self.sio.eio.disconnect(abort=True)

    async def close(self) -> None:
        """Say goodbye and go, as a browser does. The library alone would go before its goodbye is written."""
        if self.sio.connected:
            await self.sio.eio.send(Packet(DISCONNECT).encode())
            await self.sio.eio.queue.join()
        await self.sio.disconnect()
        await self.sio.shutdown()


def auth_of(seat: str, tab: str = "tab1", version: str = "1") -> dict[str, str]:
    return {"seat": seat, "tab": tab, "version": version}


@asynccontextmanager
async def live(url: str, *people: Person, tab: str = "tab1") -> AsyncIterator[list[Live]]:
    """Everybody connected, in order."""
    sockets: list[Live] = []
    try:
        for person in people:
            sockets.append(Live())
            await sockets[-1].connect(url, auth_of(person.seat, tab), person.device.cookie_header())
        yield sockets
    finally:
        for socket in sockets:
            await socket.close()
