"""A worker process that hears nothing more from signaling: by its lease alone it falls silent, and speaks when told."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import socketio
import uvicorn
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from server.settings import WORKER_PREFIX
from signaling.live.holdings import Held
from signaling.live.workers import Workers
from tests.integration.media.client import Client
from tests.support.service import ROOT

SECRET = "lease-secret"
ROOM = "room"
LEASE_S = 2
PACKETS_A_SECOND = 50
"""Of a voice."""


class _Listener:
    """Nobody here knows rooms; what a worker holds is its to hold."""

    async def worker_knows(self, worker: str, holds: Mapping[str, Held]) -> set[str]:
        return set()

    def __getattr__(self, name: str) -> Any:
        async def nothing(*_: object) -> None:
            return None

        return nothing


class Signaling:
    """The server's side of the workers' protocol, that can go away and come back at the same address."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.revision = 0
        self.begin()

    def begin(self) -> None:
        sio = socketio.AsyncServer(async_mode="asgi", namespaces=["/worker"])
        self.workers = Workers(sio, SECRET)
        self.workers.join(cast(Any, _Listener()))
        app = socketio.ASGIApp(sio)
        config = uvicorn.Config(app, "127.0.0.1", self.port, log_level="error", lifespan="off")
        self._uvicorn = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._uvicorn.serve())

    async def end(self) -> None:
        self._uvicorn.force_exit = self._uvicorn.should_exit = True
        await self._serving
        await self.workers.stop()

    async def ask(self, event: str, **data: Any) -> dict[str, Any]:
        return await self.workers.call(await self.workers.pick(ROOM, set(), 30), event, {"room": ROOM, **data})

    async def offer(self, room: str, endpoint: str, epoch: int, sdp: str) -> str:
        """What a client needs of a relay."""
        return str((await self.ask("offer", endpoint=endpoint, epoch=epoch, sdp=sdp))["sdp"])

    async def table(self) -> None:
        """A speaks, B hears."""
        self.revision += 1
        row = {"to": "b", "slot": 0, "from": "a", "audio": True, "video": True}
        answer = await self.ask("table", revision=self.revision, epoch=1, lease_s=LEASE_S, rows=[row], record=[])
        assert answer["accepted"]


@pytest.fixture
async def signaling(tmp_path: Path) -> AsyncIterator[Signaling]:
    running = Signaling()
    public = base64.b64encode(X25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    told = {
        "url": f"http://127.0.0.1:{running.port}",
        "secret": SECRET,
        "vault_public": public,
        "supervisor_public": public,
        "spool": str(tmp_path / "spool"),
    }
    environ = {**os.environ, **{WORKER_PREFIX + name.upper(): value for name, value in told.items()}}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "server", "worker", cwd=ROOT, env=environ)
    yield running
    process.kill()
    await process.wait()
    await running.end()


async def test_a_silence_longer_than_the_lease_stops_forwarding(signaling: Signaling) -> None:
    speaker, hearer = (Client(cast(Any, signaling), ROOM, name, 100) for name in ("a", "b"))
    await speaker.join()
    await hearer.join(silent=True)
    await signaling.table()
    await hearer.until(lambda: hearer.heard[0] > 0)
    # Renewed, it flows for longer than a lease.
    for _ in range(4):
        await _spoken(speaker, PACKETS_A_SECOND)
        await signaling.table()
    heard = hearer.heard[0]
    await hearer.until(lambda: hearer.heard[0] > heard)

    await signaling.end()
    heard = hearer.heard[0]
    await hearer.until(lambda: hearer.heard[0] > heard)  # signaling is gone, and nobody has noticed
    await _spoken(speaker, 2 * LEASE_S * PACKETS_A_SECOND)
    heard, seen = hearer.heard[0], len(hearer.seen[0])
    await _spoken(speaker, PACKETS_A_SECOND)
    assert (hearer.heard[0], len(hearer.seen[0])) == (heard, seen), "nothing flows without a lease"

    signaling.begin()
    await signaling.table()
    await hearer.until(lambda: hearer.heard[0] > heard and len(hearer.seen[0]) > seen)
    for client in (speaker, hearer):
        await client.close()


async def _spoken(client: Client, packets: int) -> None:
    """Wait until the client has sent so many more packets of its voice."""
    sender = client.connection.getSenders()[0]

    async def sent() -> int:
        return sum(one.packetsSent for one in (await sender.getStats()).values() if one.type == "outbound-rtp")

    wanted = await sent() + packets
    async with asyncio.timeout(60):
        while await sent() < wanted:  # noqa: ASYNC110 (counters of a library tell only those who look)
            await asyncio.sleep(0.05)
