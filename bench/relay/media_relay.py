"""aiortc's MediaRelay as a peer: it decodes and encodes everything, so what it sends is no longer what it got."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path

import aiohttp

from bench.relay.offers import offer, read
from bench.relay.people import PTS, People
from bench.relay.process import Server, free_port
from bench.relay.visitor import Visitor

START_S = 30


class MediaRelayServer:
    """One room. Its latency is not measured: a send time does not survive a decoder."""

    def __init__(self, people: People) -> None:
        self.name = "media_relay"
        self.server: Server
        self._people = people
        self._folder = tempfile.TemporaryDirectory(prefix="bench-media-relay-")
        self._url = f"http://127.0.0.1:{free_port()}"
        self._client = aiohttp.ClientSession()

    async def start(self) -> None:
        """Start the process and wait for its port."""
        command = [sys.executable, "-m", "bench.relay.media_relay_server", self._url.rsplit(":", 1)[1]]
        log = Path(self._folder.name) / "log"
        self.server = Server(command, log, self._people.core)
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    async with self._client.get(self._url):
                        return
                await asyncio.sleep(0.1)

    async def seat(self, rooms: int, size: int) -> list[Visitor]:
        """Bring one room in."""
        assert rooms == 1
        visitors = [await self._join(f"person{number}", size - 1) for number in range(size)]
        await self._ask("/go", "")
        return visitors

    async def _join(self, name: str, slots: int) -> Visitor:
        endpoint, ssrcs = self._people.endpoint(controlling=True), self._people.ssrcs()
        lines = [("audio", "sendonly"), ("video", "sendonly"), *[("audio", "recvonly"), ("video", "recvonly")] * slots]
        remote = read(await self._ask("/join", offer(endpoint.ours(), lines, ssrcs)))
        await endpoint.connect(remote)
        up = self._people.up(endpoint, remote, ssrcs)
        for one in up:
            one.stream.stamped = False
        return Visitor(endpoint, up, PTS, name)

    async def _ask(self, path: str, text: str) -> str:
        async with self._client.post(self._url + path, data=text, raise_for_status=True) as reply:
            return await reply.text()

    async def offer_cpu_ms(self) -> float | None:
        """Not of interest."""
        return None

    async def end(self) -> None:
        """End the process."""
        await self._client.close()
        if hasattr(self, "server"):
            await self.server.end()
        self._folder.cleanup()
