"""Heshi's own worker process, as `serve` starts it; the bench plays signaling."""

from __future__ import annotations

import asyncio
import base64
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import socketio
import uvicorn
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.relay.offers import offer, read
from bench.relay.people import PTS, People
from bench.relay.process import Server
from bench.relay.visitor import Visitor
from signaling.live.workers import Workers

SECRET = "bench"
LEASE_S = 300
PAGE_SLOTS = 7
"""Receive slots of audio and video that our page offers, whoever is there; one more video slot is the screen's."""


class _Nobody:
    """Nobody here has anything to do with what the worker tells."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[set[str]]]:
        return _nothing


async def _nothing(*_: object) -> set[str]:
    """See `_Nobody`. Also the rooms that a worker has to drop: none."""
    return set()


class Heshi:
    """The relay under test; `record`: every endpoint is captured; `profile`: where cProfile's data goes."""

    def __init__(self, people: People, *, record: bool = False, profile: Path | None = None) -> None:
        self.name = "heshi"
        self.server: Server
        self._people, self._record, self._profile = people, record, profile
        self._folder = tempfile.TemporaryDirectory(prefix="bench-relay-")
        self._offers: list[float] = []

    async def start(self) -> None:
        """Signaling on a free port, then the worker that dials in."""
        sio = socketio.AsyncServer(async_mode="asgi", namespaces=["/worker"])
        self._workers = Workers(sio, SECRET)
        self._workers.join(cast(Any, _Nobody()))
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        config = uvicorn.Config(socketio.ASGIApp(sio), log_level="error", lifespan="off")
        self._uvicorn = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._uvicorn.serve([sock]))
        folder = Path(self._folder.name)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        profiling = ["-m", "cProfile", "-o", str(self._profile)] if self._profile else []
        command = [sys.executable, *profiling, "-m", "server", "worker"]
        self.server = Server(command, folder / "log", self._people.core, self._environ(url, folder / "spool"))
        self._worker = await self._workers.pick("room0", set())

    def _environ(self, url: str, spool: Path) -> dict[str, str]:
        keys = [base64.b64encode(X25519PrivateKey.generate().public_key().public_bytes_raw()).decode() for _ in "ab"]
        values = {
            "url": url,
            "secret": SECRET,
            "vault_public": keys[0],
            "supervisor_public": keys[1],
            "spool": str(spool),
            "host_ips": self._people.host,
            "loopback": "false",
            "log_level": "WARNING",
        }
        return {"HESHI_WORKER_" + name.upper(): value for name, value in values.items()}

    async def seat(self, rooms: int, size: int) -> list[Visitor]:
        """Offers, then tables: everybody is heard and seen by everybody of their room."""
        visitors = []
        for room in range(rooms):
            names = [f"end_{room}_{number}" for number in range(size)]
            for name in names:
                visitors.append(await self._join(f"room{room}", name, max(PAGE_SLOTS, size - 1)))
            answer = await self._workers.call(self._worker, "table", self._table(f"room{room}", names))
            if not answer["accepted"] or answer["recorder"] == "failed":
                raise RuntimeError(f"the worker did not take the table: {answer}")
        return visitors

    async def _join(self, room: str, name: str, slots: int) -> Visitor:
        endpoint, ssrcs = self._people.endpoint(controlling=True), self._people.ssrcs()
        lines = [("audio", "sendonly"), ("video", "sendonly"), ("video", "sendonly")]
        lines += [("audio", "recvonly"), ("video", "recvonly")] * slots + [("video", "recvonly")]
        text = offer(endpoint.ours(), lines, ssrcs)
        before = self.server.cpu
        data = {"room": room, "endpoint": name, "epoch": 1, "sdp": text}
        remote = read((await self._workers.call(self._worker, "offer", data))["sdp"])
        self._offers.append(self.server.cpu - before)
        await endpoint.connect(remote)
        return Visitor(endpoint, self._people.up(endpoint, remote, ssrcs), PTS, name)

    def _table(self, room: str, names: list[str]) -> dict[str, Any]:
        rows = [
            {"to": to, "slot": slot, "from": source, "audio": True, "video": True}
            for to in names
            for slot, source in enumerate(name for name in names if name != to)
        ]
        record = [
            {"endpoint": name, "segment": f"seg_{room}", "key": "joint", "seats": [name], "audio": True, "video": True}
            for name in names
        ]
        return {
            "room": room,
            "revision": 1,
            "epoch": 1,
            "lease_s": LEASE_S,
            "rows": rows,
            "record": record if self._record else [],
        }

    async def offer_cpu_ms(self) -> float | None:
        """Mean over everybody's offer."""
        return sum(self._offers) / len(self._offers) * 1000

    async def end(self) -> None:
        """End the worker, then signaling."""
        if hasattr(self, "server"):
            await self.server.end()
        self._uvicorn.should_exit = True
        await self._serving
        self._folder.cleanup()
