"""aiortc's own way to serve a room: peer connections, decoders, MediaRelay, encoders. Run by `media_relay.py`."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

UP_LINES = 2  # microphone and camera; then pairs of receive lines


class Room:
    """Everybody hears and sees everybody, once `go` is asked for."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._people: list[tuple[RTCPeerConnection, dict[str, MediaStreamTrack]]] = []

    async def join(self, request: web.Request) -> web.Response:
        """An offer in, an answer out."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        tracks: dict[str, MediaStreamTrack] = {}
        connection.on("track", lambda track: tracks.setdefault(track.kind, track))
        await connection.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        for line in connection.getTransceivers()[UP_LINES:]:
            line.direction = "sendonly"
        await connection.setLocalDescription(await connection.createAnswer())
        self._people.append((connection, tracks))
        return web.Response(text=connection.localDescription.sdp)

    async def go(self, request: web.Request) -> web.Response:
        """Subscribe everybody to everybody else."""
        for connection, own in self._people:
            lines = iter(connection.getTransceivers()[UP_LINES:])
            for _, tracks in self._people:
                if tracks is not own:
                    for kind in ("audio", "video"):
                        next(lines).sender.replaceTrack(self._relay.subscribe(tracks[kind]))
        return web.Response()


async def main(port: int) -> None:
    """Serve until killed."""
    room = Room()
    application = web.Application()
    application.add_routes([web.post("/join", room.join), web.post("/go", room.go)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
