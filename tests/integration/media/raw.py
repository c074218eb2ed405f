"""An endpoint made of bare ICE, DTLS and SRTP: sends what it likes, keeps what it receives, decodes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.sdp import SessionDescription

from media import Relay
from tests.unit.media.offers import offer
from tests.unit.media.packets import AUDIO_PT, VIDEO_PT, rtp, vp8

CERTIFICATE = RTCCertificate.generateCertificate()
SHA_256 = next(one.value for one in CERTIFICATE.getFingerprints() if one.algorithm == "sha-256")
MIC, CAMERA = 7000, 7001  # announced in the offer, by everybody alike
SLOTS = 3


class _Dtls(RTCDtlsTransport):
    """Decrypted packets go to two lists instead of receivers."""

    def __init__(self, ice: RTCIceTransport) -> None:
        super().__init__(ice, [CERTIFICATE])
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.news = asyncio.Event()

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self.rtp.append(data)
        self.news.set()

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.rtcp.append(data)
        self.news.set()


class Raw:
    """One endpoint. Its microphone is m-line 0, its camera 1; the SSRC of slot k's sound is `slots[k]`."""

    def __init__(self, relay: Relay, name: str, room: str = "room") -> None:
        self.relay, self.name, self.room = relay, name, room
        self.ice = RTCIceTransport(RTCIceGatherer([]))
        self.ice._connection.ice_controlling = True  # as aiortc's own offering side does
        self.dtls = _Dtls(self.ice)
        self.slots: list[int] = []
        self.own: set[int] = set()  # every SSRC it may receive on
        self.answer = SessionDescription()
        self.seq = 0

    async def offer(self, epoch: int = 1, fingerprint: str = SHA_256) -> None:
        """Offer and take the answer; send nothing yet."""
        await self.ice.iceGatherer.gather()
        own = self.ice.iceGatherer.getLocalParameters()
        changes = {"ufrag": str(own.usernameFragment), "password": str(own.password)}
        if fingerprint:
            changes["fingerprint"] = f"sha-256 {fingerprint}"
        text = offer(SLOTS, **changes)
        self.answer = SessionDescription.parse(await self.relay.offer(self.room, self.name, epoch, text))
        self.own = {one.ssrc for media in self.answer.media for one in media.ssrc}
        self.slots = [media.ssrc[0].ssrc for media in self.answer.media if media.kind == "audio" and media.ssrc]

    async def reach(self) -> None:
        """Do ICE."""
        first = self.answer.media[0]
        for candidate in first.ice_candidates:
            if ":" not in candidate.ip:
                await self.ice.addRemoteCandidate(candidate)
        await self.ice.addRemoteCandidate(None)
        assert first.ice is not None
        await self.ice.start(first.ice)

    async def join(self, epoch: int = 1) -> Raw:
        """Offer, ICE and DTLS."""
        await self.offer(epoch)
        await self.reach()
        await self.secure()
        assert self.dtls.state == "connected"
        return self

    async def secure(self) -> None:
        """Do DTLS, with whatever result."""
        parameters = self.answer.media[0].dtls
        assert parameters is not None
        await self.dtls.start(parameters)

    async def speak(self, text: bytes = b"") -> bytes:
        """Send one packet of sound; returns its payload, which is unique."""
        self.seq += 1
        payload = b"%s:%d:%s" % (self.name.encode(), self.seq, text)
        await self.send(rtp(MIC, self.seq, 960 * self.seq, payload, pt=AUDIO_PT, mid="0"))
        return payload

    async def show(self, *, key: bool = True) -> bytes:
        """Send one picture of one packet; returns its payload."""
        self.seq += 1
        payload = b"%s-picture:%d" % (self.name.encode(), self.seq)
        body = vp8(self.seq, self.seq, payload, key=key)
        await self.send(rtp(CAMERA, self.seq, 3000 * self.seq, body, pt=VIDEO_PT, mid="1"))
        return payload

    async def send(self, packet: bytes) -> None:
        """Encrypt and send RTP or RTCP."""
        await self.dtls._send_rtp(packet)

    async def bare(self, datagram: bytes) -> None:
        """Send a datagram as it is, from the address that the relay knows."""
        await self.ice._send(datagram)

    def sealed(self, packet: bytes) -> bytes:
        """An encrypted RTP packet, not sent."""
        session: Any = self.dtls._tx_srtp
        data: bytes = session.protect(packet)
        return data

    def heard(self, payload: bytes) -> int:
        """How many packets ended in this payload."""
        return sum(data.endswith(payload) for data in self.dtls.rtp)

    def senders(self) -> set[int]:
        """SSRCs of all that was received."""
        return {int.from_bytes(data[8:12], "big") for data in self.dtls.rtp}

    async def hears(self, payload: bytes, seconds: float = 15) -> None:
        """Wait for a payload."""
        async with asyncio.timeout(seconds):
            while not self.heard(payload):
                self.dtls.news.clear()
                await self.dtls.news.wait()

    async def close(self) -> None:
        await self.dtls.stop()
        await self.ice.stop()


async def settled(relay: Relay, seconds: float = 15) -> None:
    """Wait until every connection that is being closed is closed."""
    async with asyncio.timeout(seconds):
        while waiting := [*relay._closing]:
            await asyncio.wait(waiting)
            await asyncio.sleep(0)  # lets them be forgotten
