"""People: endpoints with streams on them, made the same way for every SFU."""

from __future__ import annotations

import socket
from random import Random
from typing import Protocol

from aiortc import RTCCertificate

from bench.relay.endpoint import Endpoint
from bench.relay.footage import Footage
from bench.relay.offers import AUDIO, RETRANSMISSION, VIDEO, Remote
from bench.relay.process import Server
from bench.relay.sending import Picture, Shared, Stream, Voice
from bench.relay.visitor import Visitor

PTS = {AUDIO: "audio", VIDEO: "video", RETRANSMISSION: "rtx"}


class Sfu(Protocol):
    """A server under test: it seats people and says what its process used."""

    name: str
    server: Server

    async def start(self) -> None:
        """Start the process and wait until it can be asked."""

    async def seat(self, rooms: int, size: int) -> list[Visitor]:
        """Bring everybody in, connected and subscribed to everybody of their room."""

    async def offer_cpu_ms(self) -> float | None:
        """CPU from offer to answer, if it was measured while seating."""

    async def end(self) -> None:
        """End the process and what belongs to it."""


class People:
    """Makes endpoints and what they send. `core`: where the server is to run (None: anywhere)."""

    def __init__(self, footage: Footage, speed: int, seed: int, core: int | None) -> None:
        self.core = core
        self.host = address()
        self.random = Random(seed)
        self._footage, self._speed = footage, speed
        self._certificate = RTCCertificate.generateCertificate()

    def endpoint(self, *, controlling: bool) -> Endpoint:
        """A fresh socket with ICE and DTLS for it."""
        return Endpoint(self.host, self._certificate, controlling=controlling)

    def ssrcs(self) -> tuple[int, int]:
        """Of a microphone and a camera."""
        return self.random.getrandbits(31) | 1, self.random.getrandbits(31) | 1

    def up(self, endpoint: Endpoint, remote: Remote, ssrcs: tuple[int, int]) -> list[Voice | Picture]:
        """What a person sends on the first audio and the first video line that the server receives."""
        audio = next(line for line in remote.lines if line.kind == "audio" and line.direction == "recvonly")
        video = next(line for line in remote.lines if line.kind == "video" and line.direction == "recvonly")
        shared = Shared()
        sound = Stream(endpoint, audio, ssrcs[0], 48000, shared, self.random)
        sight = Stream(endpoint, video, ssrcs[1], 90000, shared, self.random)
        at = self.random.randrange(len(self._footage.frames))
        return [Voice(sound, self._footage, self._speed, at), Picture(sight, self._footage, self._speed, at)]


def address() -> str:
    """An address of this machine that is not loopback where there is one: Janus gathers no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; chooses the interface
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
