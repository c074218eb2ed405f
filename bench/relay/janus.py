"""Debian's Janus VideoRoom, spoken to over its WebSocket: a publishing and a receiving connection per person."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay.offers import answer, offer, read
from bench.relay.people import PTS, People
from bench.relay.process import Server, free_port
from bench.relay.visitor import Visitor

PLUGIN = "janus.plugin.videoroom"
ANSWER_S = 20
START_S = 20
LARGEST = 1 << 20

_CONFIG = """
general: {{
    configs_folder = "{folder}"
    debug_level = 2
    session_timeout = 0
    protected_folders = []
}}
media: {{ }}
nat: {{ ice_enforce_list = "{host}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"""
_SOCKET = """
general: {{ json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = {port} }}
admin: {{ admin_ws = false }}
"""
_LIBRARIES = Path("/usr/lib")


class Janus:
    """The C peer under test."""

    def __init__(self, people: People) -> None:
        self.name = "janus"
        self.server: Server
        self._people = people
        self._folder = tempfile.TemporaryDirectory(prefix="bench-janus-")
        self._offers: list[float] = []
        self._api: _Api

    async def start(self) -> None:
        """A configuration of its own with nothing but the VideoRoom. Raises RuntimeError without Debian's package."""
        program = shutil.which("janus")
        if program is None:
            raise RuntimeError("janus is not installed (scripts/debian-bench.txt)")
        folder = Path(self._folder.name)
        others = {kind: _names(kind) for kind in ("plugins", "transports")}
        settings = _CONFIG.format(
            folder=folder,
            host=self._people.host,
            plugins=",".join(name for name in others["plugins"] if "videoroom" not in name),
            transports=",".join(name for name in others["transports"] if "websockets" not in name),
        )
        port = free_port()
        (folder / "janus.jcfg").write_text(settings)
        (folder / "janus.transport.websockets.jcfg").write_text(_SOCKET.format(port=port))
        (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        self.server = Server([program, "-F", str(folder)], folder / "log", self._people.core)
        self._api = await _connected(port)
        session = await self._api.ask({"janus": "create"})
        self._session = session["data"]["id"]

    async def seat(self, rooms: int, size: int) -> list[Visitor]:
        """Everybody publishes, then everybody subscribes to everybody else."""
        visitors = []
        for room in range(1, rooms + 1):
            host = await self._attach()
            settings = {"request": "create", "room": room, "publishers": size, "bitrate": 0, "audiocodec": "opus"}
            await self._message(host, settings | {"videocodec": "vp8", "notify_joining": False})
            feeds = [room * 100 + number for number in range(size)]
            for feed in feeds:
                visitors.append(await self._publish(room, feed))
            for feed in feeds:
                visitors.append(await self._subscribe(room, [other for other in feeds if other != feed]))
        return visitors

    async def _publish(self, room: int, feed: int) -> Visitor:
        handle = await self._attach()
        await self._message(handle, {"request": "join", "ptype": "publisher", "room": room, "id": feed})
        endpoint, ssrcs = self._people.endpoint(controlling=True), self._people.ssrcs()
        jsep = {"type": "offer", "sdp": offer(endpoint.ours(), [("audio", "sendonly"), ("video", "sendonly")], ssrcs)}
        before = self.server.cpu
        reply = await self._message(handle, {"request": "publish"}, jsep)
        self._offers.append(self.server.cpu - before)
        remote = read(reply["jsep"]["sdp"])
        await endpoint.connect(remote)
        return Visitor(endpoint, self._people.up(endpoint, remote, ssrcs), {}, str(feed))

    async def _subscribe(self, room: int, feeds: list[int]) -> Visitor:
        handle = await self._attach()
        streams = [{"feed": feed} for feed in feeds]
        join = {"request": "join", "ptype": "subscriber", "room": room, "streams": streams}
        reply = await self._message(handle, join)
        endpoint = self._people.endpoint(controlling=False)
        theirs = reply["jsep"]["sdp"]
        remote = read(theirs)
        connecting = asyncio.create_task(endpoint.connect(remote))
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer(endpoint.ours(), theirs)})
        await connecting
        return Visitor(endpoint, [], {line.pt: line.kind for line in remote.lines} | PTS, "receiver")

    async def _attach(self) -> int:
        reply = await self._api.ask({"janus": "attach", "session_id": self._session, "plugin": PLUGIN})
        handle: int = reply["data"]["id"]
        return handle

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        message = {"janus": "message", "session_id": self._session, "handle_id": handle, "body": body}
        reply = await self._api.ask(message | ({"jsep": jsep} if jsep else {}))
        data = reply.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise RuntimeError(f"janus: {data['error']}")
        return reply

    async def offer_cpu_ms(self) -> float | None:
        """Mean over everybody's publishing offer."""
        return sum(self._offers) / len(self._offers) * 1000

    async def end(self) -> None:
        """End the process."""
        if hasattr(self, "_api"):
            await self._api.close()
        if hasattr(self, "server"):
            await self.server.end()
        self._folder.cleanup()


class _Api:
    """Janus' JSON over a WebSocket: requests are paired with what answers them by their transaction."""

    def __init__(self, client: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._client, self._socket = client, socket
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._reading = asyncio.create_task(self._read())

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request; returns its success or event (an `ack` is not yet one). Raises RuntimeError."""
        self._number += 1
        name = str(self._number)
        reply = self._waiting[name] = asyncio.get_running_loop().create_future()
        await self._socket.send_json(request | {"transaction": name})
        async with asyncio.timeout(ANSWER_S):
            found: dict[str, Any] = await reply
        if found["janus"] == "error":
            raise RuntimeError(f"janus: {found['error']}")
        return found

    async def _read(self) -> None:
        async for message in self._socket:
            found = message.json()
            if found["janus"] == "ack":
                continue
            reply = self._waiting.pop(found.get("transaction", ""), None)
            if reply is not None and not reply.done():
                reply.set_result(found)

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        await self._client.close()


async def _connected(port: int) -> _Api:
    client = aiohttp.ClientSession()
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                url = f"ws://127.0.0.1:{port}/"
                return _Api(client, await client.ws_connect(url, protocols=["janus-protocol"], max_msg_size=LARGEST))
            await asyncio.sleep(0.05)


def _names(kind: str) -> list[str]:
    return sorted({path.name for path in _LIBRARIES.glob(f"*/janus/{kind}/*.so")})
