"""The one place that touches private names of aiortc, aioice and pylibsrtp.

aioice does ICE and aiortc does DTLS, both unchanged; what differs from stock is the way packets travel:

- all connections of a worker share one UDP port (`Port`); STUN requests find their connection by the local user name,
  everything else by the sender's address, which is learned only from checks whose MESSAGE-INTEGRITY was right;
- decrypted media goes to a callback instead of aiortc's router, receivers and decoders, of which none are made;
- `srtp_protect` and `srtp_unprotect` are called on one reused buffer.

`PRIVATE_NAMES` lists every name that is not public interface; a test checks that each still exists.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Callable
from typing import Any, Final

from aioice import Candidate, Connection, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol, get_host_addresses
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import _binding

from media.negotiation import Local, Offer
from media.ports import RelaySettings

logger = logging.getLogger(__name__)

PRIVATE_NAMES: Final = (
    ("aioice.ice", "Connection", ("check_incoming", "check_complete", "data_received", "gather_candidates")),
    ("aioice.ice", "Connection()", ("_local_candidates", "_local_candidates_start", "_local_candidates_end")),
    ("aioice.ice", "Connection()", ("_protocols", "_nominated")),
    ("aioice.ice", "StunProtocol", ("request", "close", "datagram_received", "send_stun", "send_data")),
    ("aioice.ice", "CandidatePair", ("remote_addr", "State")),
    ("aioice.stun", "", ("parse_message", "Class", "COOKIE")),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport()", ("_set_role", "_rx_srtp", "_tx_srtp", "_transport")),
    ("pylibsrtp._binding", "lib", ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")),
    ("pylibsrtp._binding", "ffi", ("new", "buffer")),
    ("pylibsrtp", "Session()", ("_srtp",)),
)

MAX_DATAGRAM = 2048
BATCH = 64  # datagrams per wake-up, so that a flood cannot starve the loop's timers
SOCKET_BUFFER = 4 << 20
_ROOM_FOR_TAG = 160

_lib, _ffi = _binding.lib, _binding.ffi
_buffer = _ffi.new("char[]", MAX_DATAGRAM)
_view = _ffi.buffer(_buffer)
_length = _ffi.new("int *")

Address = tuple[str, int]
OnMedia = Callable[[bytes, bool], None]  # decrypted packet, whether it is RTCP


class Wire:
    """One bound UDP socket of the port."""

    def __init__(self, port: Port, host: str, sock: socket.socket) -> None:
        self.host = host
        self.sock = sock
        self._port = port

    def sendto(self, data: bytes, addr: Address) -> None:
        """Send now or lose it: media that waits is worthless."""
        try:
            self.sock.sendto(data, addr)
        except OSError:
            self._port.lost += 1

    def readable(self) -> None:
        """Take what has arrived, up to a batch."""
        receive, deliver = self.sock.recvfrom, self._port.deliver
        for _ in range(BATCH):
            try:
                data, addr = receive(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._port.lost += 1
                return
            try:
                deliver(self, data, (addr[0], addr[1]))
            except Exception:
                # One bad packet must cost no connection, least of all somebody else's.
                self._port.errors += 1
                logger.debug("packet handler failed", exc_info=True)


class Port:
    """One UDP port number on one or more local addresses, shared by all connections of the worker."""

    def __init__(self, settings: RelaySettings) -> None:
        hosts = dict.fromkeys(settings.host_ips)
        if settings.include_loopback:
            hosts["127.0.0.1"] = None
        self._hosts = tuple(hosts)
        self._advertised = settings.advertised
        self._wanted = settings.port
        self.number = 0
        self.lost = self.errors = 0
        self.wires: list[Wire] = []
        self._by_user: dict[str, Ice] = {}
        self._by_address: dict[Address, Ice] = {}
        self._by_transaction: dict[bytes, Lane] = {}

    def open(self) -> None:
        """Bind all addresses to one port number. Raises OSError if that is impossible."""
        for attempt in range(8):
            try:
                self._bind()
                break
            except OSError:
                self.close()
                if self._wanted or attempt == 7:
                    raise
        loop = asyncio.get_running_loop()
        for wire in self.wires:
            loop.add_reader(wire.sock.fileno(), wire.readable)

    def _bind(self) -> None:
        self.number = self._wanted
        for host in self._hosts:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            self.wires.append(Wire(self, host, sock))
            sock.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
            sock.bind((host, self.number))
            self.number = sock.getsockname()[1]

    def close(self) -> None:
        """Unbind."""
        for wire in self.wires:
            with contextlib.suppress(RuntimeError):  # no loop runs while `open` gives up
                asyncio.get_running_loop().remove_reader(wire.sock.fileno())
            wire.sock.close()
        self.wires.clear()

    def candidates(self) -> list[Candidate]:
        """What browsers may send to, best first."""
        hosts = [wire.host for wire in self.wires if wire.host not in ("0.0.0.0", "::")]  # noqa: S104 (compared, not bound)
        if self._advertised:
            hosts.insert(0, self._advertised)
        return [_candidate(host, self.number, 65535 - index) for index, host in enumerate(hosts)]

    def deliver(self, wire: Wire, data: bytes, addr: Address) -> None:
        """Hand a datagram to the connection it belongs to, or drop it."""
        if not data:
            return
        first = data[0]
        if first > 19:
            ice = self._by_address.get(addr)
            if ice is not None:
                ice.data_received(data, 1)
            return
        if first > 3 or len(data) < 20:
            return
        lane = self._by_transaction.get(data[8:20])
        if lane is None or first & 0x01 == 0:
            lane = self._requested(wire, data)
        if lane is not None:
            lane.datagram_received(data, addr)

    def _requested(self, wire: Wire, data: bytes) -> Lane | None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            return None
        if message.message_class != stun.Class.REQUEST:
            return None
        user = str(message.attributes.get("USERNAME", "")).partition(":")[0]
        ice = self._by_user.get(user)
        return ice.lane(wire) if ice is not None else None

    def learn(self, addr: Address, ice: Ice, proven: bool) -> None:
        """An authenticated check came from this address. A claimed address changes hands only once it is proven."""
        if proven or addr not in self._by_address:
            self._by_address[addr] = ice

    def enter(self, ice: Ice) -> None:
        """Register a connection by its local user name."""
        self._by_user[ice.local_username] = ice

    def leave(self, ice: Ice) -> None:
        """Forget a connection and every address that led to it."""
        self._by_user.pop(ice.local_username, None)
        for addr in [addr for addr, owner in self._by_address.items() if owner is ice]:
            del self._by_address[addr]

    def expect(self, transaction: bytes, lane: Lane) -> None:
        """A response with this id is for that lane."""
        self._by_transaction[transaction] = lane

    def forget(self, transaction: bytes) -> None:
        """The transaction is over."""
        self._by_transaction.pop(transaction, None)


class Lane(StunProtocol):
    """One connection's view of one wire."""

    def __init__(self, ice: Ice, wire: Wire, port: Port) -> None:
        super().__init__(ice)
        self.wire = wire
        self.transport = wire  # type: ignore[assignment]  # only its sendto is used
        self.local_candidate = _candidate(wire.host, port.number, 65535)
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
        port.enter(self)

    def lane(self, wire: Wire) -> Lane:
        """This connection's end of a wire."""
        return self._lanes[wire]

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        """A check whose integrity was right: learn where it came from."""
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

    def data_received(self, data: bytes, component: int) -> None:
        """SRTP goes straight to the media callback, DTLS to aiortc's loop."""
        if data[0] > 127:
            if self.media is not None:
                self.media(data)
        elif data[0] < 64:
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
        self._offer = offer
        self._on_media = on_media
        self._dtls = RTCDtlsTransport(self._ice, [certificate])  # type: ignore[arg-type]  # duck-typed: see Ice
        self._dtls._set_role("server" if offer.we_are_server else "client")
        self._dtls.on("statechange", self._changed)
        self._rx: Any = None
        self._tx: Any = None
        self.on_lost: Callable[[], None] | None = None
        self.errors = 0

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
        self._ice.media = self._received

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed") and self._tx is not None:
            self._tx = None
            if self.on_lost is not None:
                self.on_lost()

    def _received(self, data: bytes) -> None:
        size = len(data)
        if size < 12 or self._tx is None:
            return
        _view[0:size] = data
        _length[0] = size
        rtcp = 192 <= data[1] <= 223
        unprotect = _lib.srtp_unprotect_rtcp if rtcp else _lib.srtp_unprotect
        if unprotect(self._rx, _buffer, _length):
            self.errors += 1
            return
        try:
            self._on_media(_view[0 : _length[0]], rtcp)
        except Exception:
            self.errors += 1
            logger.debug("media handler failed", exc_info=True)

    def send_rtp(self, head: bytes, tail: bytes) -> None:
        """See `Outlet`. Never raises: one receiver's trouble must not reach the sender."""
        at = len(head)
        size = at + len(tail)
        path = self._ice.path
        if self._tx is None or path is None or size > MAX_DATAGRAM - _ROOM_FOR_TAG:
            self.errors += 1
            return
        _view[0:at] = head
        _view[at:size] = tail
        _length[0] = size
        if _lib.srtp_protect(self._tx, _buffer, _length):
            self.errors += 1
            return
        path[0].sendto(_view[0 : _length[0]], path[1])

    def send_rtcp(self, packet: bytes) -> None:
        """See `Outlet`. Never raises."""
        size = len(packet)
        path = self._ice.path
        if self._tx is None or path is None or size > MAX_DATAGRAM - _ROOM_FOR_TAG:
            self.errors += 1
            return
        _view[0:size] = packet
        _length[0] = size
        if _lib.srtp_protect_rtcp(self._tx, _buffer, _length):
            self.errors += 1
            return
        path[0].sendto(_view[0 : _length[0]], path[1])

    async def close(self) -> None:
        """Say goodbye by DTLS and end; settles a `connect` that still waits."""
        self.on_lost = None
        self._ice.media = self._ice.heard = None
        self._tx = None
        await self._dtls.stop()
        await self._ice.close()


def new_certificate() -> RTCCertificate:
    """A fresh self-signed certificate; one serves all connections of a worker."""
    return RTCCertificate.generateCertificate()


def host_addresses() -> tuple[str, ...]:
    """This machine's own IPv4 addresses, loopback excluded."""
    return tuple(get_host_addresses(use_ipv4=True, use_ipv6=False))


def _candidate(host: str, port: int, preference: int) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host", preference),
        host=host,
        port=port,
        type="host",
    )


def _user_name() -> str:
    # Longer than aioice's four characters: on a shared port the user name is what finds the connection.
    return secrets.token_hex(8)
