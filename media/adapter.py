"""The one place that touches private names of aiortc, aioice and pylibsrtp.

aioice does ICE and aiortc does DTLS, both unchanged; what differs from stock is the way packets travel:

- all connections of a worker share one UDP port (`Port`); STUN requests find their connection by the local user name,
  everything else by the sender's address, which is learned only from checks whose MESSAGE-INTEGRITY was right;
- decrypted media goes to a callback instead of aiortc's router, receivers and decoders, of which none are made;
- `srtp_protect` and `srtp_unprotect` are called on one reused buffer.

`PRIVATE_NAMES` lists every name that is not public interface; a test checks that each still exists.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from aioice import Connection, stun
from aioice.ice import CandidatePair, StunProtocol
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import _binding

from media.budget import Budget
from media.negotiation import Local, Offer
from media.port import MAX_DATAGRAM, Address, Port, Wire, host_candidate

PRIVATE_NAMES: Final = (
    ("aioice.ice", "Connection", ("check_incoming", "check_complete", "data_received", "gather_candidates")),
    ("aioice.ice", "Connection()", ("_local_candidates", "_local_candidates_start", "_local_candidates_end")),
    ("aioice.ice", "Connection()", ("_protocols", "_nominated", "_queue")),
    ("aioice.ice", "StunProtocol", ("request", "close", "datagram_received", "send_stun", "send_data")),
    ("aioice.ice", "CandidatePair", ("remote_addr", "State")),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport()", ("_set_role", "_rx_srtp", "_tx_srtp", "_transport")),
    ("pylibsrtp._binding", "lib", ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")),
    ("pylibsrtp._binding", "ffi", ("new", "buffer")),
    ("pylibsrtp", "Session()", ("_srtp",)),
)

_ROOM_FOR_TAG = 160
MAX_WAITING = 64  # DTLS datagrams between two turns of the loop, or before ICE is done
MAX_SSRCS = 256  # libsrtp keeps a state for each SSRC it once accepted, and searches them one by one
MAX_SOURCES = 32
"""Addresses that one connection may be checked from: each costs a pair and checks of ours in return."""

_lib, _ffi = _binding.lib, _binding.ffi
_protect, _unprotect, _unprotect_rtcp = _lib.srtp_protect, _lib.srtp_unprotect, _lib.srtp_unprotect_rtcp
_buffer = _ffi.new("char[]", MAX_DATAGRAM)
_view = _ffi.buffer(_buffer)
_length = _ffi.new("int *")

OnMedia = Callable[[bytes, bool], None]  # decrypted packet, whether it is RTCP


class Lane(StunProtocol):
    """One connection's view of one wire."""

    def __init__(self, ice: Ice, wire: Wire, port: Port) -> None:
        super().__init__(ice)
        self.wire = wire
        self.transport = wire  # type: ignore[assignment]  # only its sendto is used
        self.local_candidate = host_candidate(wire.host, port.number)
        self._port = port

    async def request(self, request: stun.Message, *args: Any, **kwargs: Any) -> tuple[stun.Message, Address]:
        """Run a STUN transaction whose response the shared port can find."""
        self._port.expect(request.transaction_id, self)
        try:
            result: tuple[stun.Message, Address] = await super().request(request, *args, **kwargs)
            return result
        finally:
            self._port.forget(request.transaction_id)

    async def close(self) -> None:
        """The wire is shared: nothing to close."""


class Ice(Connection):
    """An ICE agent on the shared port, in the controlled role, with host candidates only.

    It probes no address named in an offer: the browser's checks reach us first, and answering only those keeps the
    relay from being used to knock on other machines.
    """

    role = "controlled"

    def __init__(self, port: Port) -> None:
        super().__init__(ice_controlling=False, local_username=_user_name())
        self._port = port
        self._lanes = {wire: Lane(self, wire, port) for wire in port.wires}
        self._protocols = list(self._lanes.values())
        self._local_candidates = port.candidates()
        self._local_candidates_start = self._local_candidates_end = True
        self.path: tuple[Wire, Address] | None = None
        self.media: Callable[[bytes], None] | None = None
        self.heard: Callable[[], None] | None = None
        self.moved: Callable[[Wire, Address], None] | None = None
        self.learned: Callable[[Address], None] | None = None
        self._sources: set[Address] = set()
        port.enter(self)

    def lane(self, wire: Wire) -> Lane:
        """This connection's end of a wire."""
        return self._lanes[wire]

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        """A check whose integrity was right: learn where it came from."""
        if addr not in self._sources:
            if len(self._sources) >= MAX_SOURCES or "PRIORITY" not in message.attributes:
                return
            self._sources.add(addr)
        self._port.learn(addr, self, proven=False)
        if self.heard is not None:
            self.heard()
        super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: CandidatePair) -> None:
        """A check of ours was answered from there: the address is proven."""
        super().check_complete(pair)
        if pair.state == CandidatePair.State.SUCCEEDED:
            self._port.learn(pair.remote_addr, self, proven=True)
        chosen = self._nominated.get(1)
        if chosen is not None and isinstance(chosen.protocol, Lane):
            self.path = (chosen.protocol.wire, chosen.remote_addr)
            if self.moved is not None:
                self.moved(*self.path)

    def reached_from(self, addr: Address) -> None:
        """See `Agent`."""
        if self.learned is not None:
            self.learned(addr)

    def data_received(self, data: bytes, component: int) -> None:
        """SRTP goes straight to the media callback, DTLS to aiortc's loop."""
        if data[0] > 127:
            if self.media is not None:
                self.media(data)
        elif data[0] < 64 and self._queue.qsize() < MAX_WAITING:
            super().data_received(data, component)

    async def close(self) -> None:
        """Leave the port and end ICE."""
        self._port.leave(self)
        self.path = None
        await super().close()

    # The two names by which aiortc's DTLS transport uses its ICE transport.
    async def _recv(self) -> bytes:
        data: bytes = await self.recv()
        return data

    async def _send(self, data: bytes) -> None:
        await self.send(data)


class Transport:
    """ICE, DTLS and SRTP with one browser. Implements the core's `Outlet`."""

    def __init__(self, port: Port, certificate: RTCCertificate, offer: Offer, on_media: OnMedia) -> None:
        self._ice = Ice(port)
        self._port = port
        self._offer = offer
        self._on_media = on_media
        self._dtls = RTCDtlsTransport(self._ice, [certificate])  # type: ignore[arg-type]  # duck-typed: see Ice
        self._dtls._set_role("server" if offer.we_are_server else "client")
        self._dtls.on("statechange", self._changed)
        self._rx: Any = None
        self._tx: Any = None
        self.on_lost: Callable[[], None] | None = None
        self._ssrcs: set[bytes] = set()
        self._budget = Budget()

    def local(self) -> Local:
        """Our end, for the answer."""
        prints = self._dtls.getLocalParameters().fingerprints
        return Local(
            self._ice.local_username,
            self._ice.local_password,
            tuple((one.algorithm, one.value) for one in prints if one.algorithm == "sha-256"),
            tuple(one.to_sdp() for one in self._ice.local_candidates),
        )

    async def connect(self, heard: Callable[[], None]) -> None:
        """Connect to the browser. Raises ConnectionError; the caller sets the time limit."""
        offer = self._offer
        self._ice.remote_username, self._ice.remote_password = offer.ufrag, offer.password
        self._ice.heard = heard
        await self._ice.connect()
        prints = [RTCDtlsFingerprint(algorithm, value) for algorithm, value in offer.fingerprints]
        await self._dtls.start(RTCDtlsParameters(prints))
        if self._dtls.state != "connected":
            raise ConnectionError("DTLS " + self._dtls.state)
        self._rx, self._tx = self._dtls._rx_srtp._srtp[0], self._dtls._tx_srtp._srtp[0]
        self._secured()

    def _secured(self) -> None:
        """The keys are there: media may flow."""
        self._ice.media = self._received

    def _ended(self) -> None:
        """The keys are of no use any more."""
        self._tx = None

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed") and self._tx is not None:
            self._ended()
            if self.on_lost is not None:
                self.on_lost()

    def earn(self, now: float) -> None:
        """Time has passed (monotonic seconds): the browser may send that much more."""
        self._budget.earn(now)

    def _received(self, data: bytes) -> None:
        size = len(data)
        if size < 12 or self._tx is None:
            return
        rtcp = 192 <= data[1] <= 223
        if not self._budget.spend(size, rtcp):
            self._port.over_rate += 1
            return
        _view[0:size] = data
        _length[0] = size
        unprotect = _unprotect_rtcp if rtcp else _unprotect
        ssrc = data[4:8] if rtcp else data[8:12]
        known = ssrc in self._ssrcs
        if (not known and len(self._ssrcs) >= MAX_SSRCS) or unprotect(self._rx, _buffer, _length):
            self._port.bad_srtp += 1
            return
        if not known:
            self._ssrcs.add(ssrc)
        try:
            self._on_media(_view[0 : _length[0]], rtcp)
        except Exception:
            self._port.faults.add()

    def send_rtp(self, head: bytes, tail: bytes) -> None:
        """See `Outlet`. Never raises: one receiver's trouble must not reach the sender."""
        data = head + tail
        size = len(data)
        path = self._ice.path
        if self._tx is None or path is None or size > MAX_DATAGRAM - _ROOM_FOR_TAG:
            self._port.unsent += 1
            return
        _view[0:size] = data
        _length[0] = size
        if _protect(self._tx, _buffer, _length):
            self._port.unsent += 1
            return
        path[0].sendto(_view[0 : _length[0]], path[1])

    def send_rtcp(self, packet: bytes) -> None:
        """See `Outlet`. Never raises."""
        size = len(packet)
        path = self._ice.path
        if self._tx is None or path is None or size > MAX_DATAGRAM - _ROOM_FOR_TAG:
            self._port.unsent += 1
            return
        _view[0:size] = packet
        _length[0] = size
        if _lib.srtp_protect_rtcp(self._tx, _buffer, _length):
            self._port.unsent += 1
            return
        path[0].sendto(_view[0 : _length[0]], path[1])

    async def close(self) -> None:
        """Say goodbye by DTLS and end; settles a `connect` that still waits."""
        self.on_lost = None
        self._ice.media = self._ice.heard = self._ice.moved = self._ice.learned = None
        self._ended()
        await self._dtls.stop()
        await self._ice.close()


def srtp_calls() -> tuple[int, int, int, int]:
    """The addresses of libsrtp's functions that protect and unprotect RTP, and RTCP."""
    names = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
    protect, unprotect, protect_rtcp, unprotect_rtcp = (address_of(_ffi.addressof(_lib, name)) for name in names)
    return protect, unprotect, protect_rtcp, unprotect_rtcp


def address_of(pointer: Any) -> int:
    """A pointer of libsrtp's as a number, for another library."""
    return int(_ffi.cast("uintptr_t", pointer))


def new_certificate() -> RTCCertificate:
    """A fresh self-signed certificate; one serves all connections of a worker."""
    return RTCCertificate.generateCertificate()


def _user_name() -> str:
    # Longer than aioice's four characters: on a shared port the user name is what finds the connection.
    return secrets.token_hex(8)
