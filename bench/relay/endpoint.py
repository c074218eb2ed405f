"""One real ICE and DTLS-SRTP connection on a socket of our own, which the load loop then reads and writes itself."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from aioice import Candidate, Connection
from aioice.ice import StunProtocol
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from bench.relay.batch import prepare
from bench.relay.offers import Ours, Remote

CONNECT_S = 20
PROFILE = b"SRTP_AES128_CM_SHA1_80"
"""What Chromium prefers; offered alone, so that every SFU is measured with the same."""


class _Wire:
    """What a STUN protocol wants of an asyncio transport."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send now or lose it."""
        try:
            self._sock.sendto(data, addr)
        except OSError:
            return


class _Lane(StunProtocol):
    async def close(self) -> None:
        """The endpoint closes the socket."""


class _Ice(Connection):
    """aioice on a socket that is already bound; and aiortc's view of an ICE transport."""

    def __init__(self, sock: socket.socket, controlling: bool) -> None:
        super().__init__(ice_controlling=controlling)
        self.role = "controlling" if controlling else "controlled"
        host, port = sock.getsockname()
        self.lane = _Lane(self)
        self.lane.transport = _Wire(sock)  # type: ignore[assignment]  # duck-typed: only sendto is used
        self.lane.local_candidate = Candidate("1", 1, "udp", 2130706431, host, port, "host")
        self._protocols = [self.lane]
        self._local_candidates = [self.lane.local_candidate]
        self._local_candidates_start = self._local_candidates_end = True

    @property
    def remote_addr(self) -> tuple[str, int]:
        """Where media goes, once connected."""
        address: tuple[str, int] = self._nominated[1].remote_addr
        return address

    async def _recv(self) -> bytes:
        data: bytes = await self.recv()
        return data

    async def _send(self, data: bytes) -> None:
        await self.send(data)


class Endpoint:
    """A socket, and after `connect` the SRTP sessions and the address for it."""

    def __init__(self, host: str, certificate: RTCCertificate, *, controlling: bool) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.setblocking(False)
        prepare(self.sock)
        self._ice = _Ice(self.sock, controlling)
        self._dtls = RTCDtlsTransport(self._ice, [certificate])  # type: ignore[arg-type]  # duck-typed: see _Ice
        self._dtls._srtp_profiles = [one for one in self._dtls._srtp_profiles if one.openssl_profile == PROFILE]
        self.rx: Any = None
        self.tx: Any = None
        self.remote: tuple[str, int] = ("", 0)

    def ours(self) -> Ours:
        """This end, for a description."""
        prints = self._dtls.getLocalParameters().fingerprints
        fingerprint = next(one.value for one in prints if one.algorithm == "sha-256")
        candidate = self._ice.lane.local_candidate.to_sdp()
        return Ours(self._ice.local_username, self._ice.local_password, fingerprint, candidate)

    async def connect(self, remote: Remote) -> None:
        """ICE and DTLS; then nobody reads the socket any more. Raises ConnectionError or TimeoutError."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.sock, self._readable)
        try:
            async with asyncio.timeout(CONNECT_S):
                self._ice.remote_username, self._ice.remote_password = remote.ufrag, remote.password
                for candidate in remote.candidates:
                    await self._ice.add_remote_candidate(Candidate.from_sdp(candidate))
                await self._ice.add_remote_candidate(None)
                await self._ice.connect()
                self._dtls._set_role("server" if remote.setup == "active" else "client")
                await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(*one) for one in remote.fingerprints]))
        finally:
            loop.remove_reader(self.sock)
        if self._dtls.state != "connected":
            raise ConnectionError("DTLS " + self._dtls.state)
        self.rx, self.tx = self._dtls._rx_srtp, self._dtls._tx_srtp
        self.remote = self._ice.remote_addr

    def _readable(self) -> None:
        while True:
            try:
                data, address = self.sock.recvfrom(2048)
            except OSError:
                return
            if data and data[0] < 64:
                self.other(data, address)

    def other(self, data: bytes, address: tuple[str, int]) -> None:
        """STUN or DTLS that the load loop found among the media."""
        self._ice.lane.datagram_received(data, address)

    async def close(self) -> None:
        """Say goodbye and give the socket back."""
        await self._dtls.stop()
        await self._ice.close()
        self.sock.close()
