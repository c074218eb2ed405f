"""A real WebRTC client over aiortc, shaped like the product's browser side."""

from __future__ import annotations

import asyncio
import fractions
from typing import Any

import av
import numpy as np
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack

from media import Relay

SLOTS = 3


class Picture(MediaStreamTrack):
    """A small flat picture whose brightness names its sender."""

    kind = "video"

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._count = 0
        self._frame = np.full((96 * 3 // 2, 128), 128, np.uint8)
        self._frame[:96] = brightness

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0.05)
        self._count += 1
        frame = av.VideoFrame.from_ndarray(self._frame, format="yuv420p")
        frame.pts = self._count * 4500
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


class Client:
    """One endpoint: publishes a tone of silence and a picture, watches its slots."""

    def __init__(self, relay: Relay, room: str, name: str, brightness: int) -> None:
        self.relay, self.room, self.name = relay, room, name
        self.brightness = brightness
        self.answer = ""
        self.seen: dict[int, list[int]] = {index: [] for index in range(SLOTS)}
        self.heard: dict[int, int] = dict.fromkeys(range(SLOTS), 0)
        self._pumps: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    async def join(self, epoch: int = 1, *, silent: bool = False) -> None:
        """Offer and connect as the product's page does; `silent`: without sound and picture."""
        pc = self.connection
        vp8 = [one for one in RTCRtpSender.getCapabilities("video").codecs if one.mimeType.lower() == "video/vp8"]
        lines: list[Any] = [
            pc.addTransceiver("audio" if silent else AudioStreamTrack(), "sendonly"),
            pc.addTransceiver("video" if silent else Picture(self.brightness), "sendonly"),
            pc.addTransceiver("video", "sendonly"),
        ]
        for _ in range(SLOTS):
            lines += [pc.addTransceiver("audio", "recvonly"), pc.addTransceiver("video", "recvonly")]
        for line in lines:
            if line.kind == "video":
                line.setCodecPreferences(vp8)
        await pc.setLocalDescription(await pc.createOffer())
        self.answer = await self.relay.offer(self.room, self.name, epoch, pc.localDescription.sdp)
        await pc.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        for index in range(SLOTS):
            for line in lines[3 + 2 * index : 5 + 2 * index]:
                self._pumps.append(asyncio.create_task(self._pump(index, line.receiver.track)))

    async def _pump(self, index: int, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            if isinstance(frame, av.VideoFrame):
                self.seen[index].append(int(frame.to_ndarray(format="yuv420p")[:96].mean()))
            else:
                self.heard[index] += 1
            self._changed.set()

    async def until(self, met: Any, seconds: float = 15) -> None:
        """Wait for what only arriving frames can bring about."""
        async with asyncio.timeout(seconds):
            while not met():
                self._changed.clear()
                await self._changed.wait()

    async def sees(self, index: int, brightness: int, count: int = 3) -> None:
        """Wait for `count` more frames of that brightness in the slot."""
        start = len(self.seen[index])
        await self.until(lambda: sum(abs(one - brightness) < 8 for one in self.seen[index][start:]) >= count)

    async def close(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self.connection.close()
