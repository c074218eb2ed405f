"""One UDP port for every connection of a worker: finds the connection that a datagram belongs to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Any, Protocol

from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority

from media.addresses import in_order, loopback_addresses
from media.faults import Faults
from media.ports import RelaySettings

MAX_DATAGRAM = 2048
BATCH = 64  # datagrams per wake-up, so that a flood cannot starve the loop's timers
SOCKET_BUFFER = 4 << 20

Address = tuple[str, int]
"""Host and port. IPv6 has four elements in Python: flow and scope are dropped, no link-local address is ever bound."""

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)


class Channel(Protocol):
    """Takes the STUN messages of one connection on one wire."""

    def datagram_received(self, data: bytes, addr: tuple[Any, ...], /) -> None:
        """A STUN message whose integrity is not checked yet."""


class Agent(Protocol):
    """The ICE agent of one connection."""

    @property
    def local_username(self) -> str:
        """What the browser's checks name it by."""

    def lane(self, wire: Wire, /) -> Channel:
        """Its end of a wire."""

    def reached_from(self, addr: Address, /) -> None:
        """What comes from this address is for this connection from now on."""

    def data_received(self, data: bytes, component: int, /) -> None:
        """A datagram that is not STUN, from an address that was learned for it."""


class Wire:
    """One bound UDP socket of the port."""

    def __init__(self, port: Port, host: str, sock: socket.socket) -> None:
        self.host = host
        self.sock = sock
        self._port = port

    def sendto(self, data: bytes, addr: Address) -> None:
        """Send now or lose it: media that waits is worthless."""
        try:
            self.sock.sendto(data, socket.MSG_DONTWAIT, addr)
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
                self._port.faults.add()


class Port:
    """One UDP port number on one or more local addresses, shared by all connections of the worker."""

    def __init__(self, settings: RelaySettings) -> None:
        loopback = loopback_addresses() if settings.include_loopback else ()
        self._hosts = tuple(dict.fromkeys((*settings.host_ips, *loopback)))
        self._advertised = settings.advertised
        self._wanted = settings.port
        self.number = 0
        self.lost = 0
        self.faults = Faults()
        self.unknown_address = self.bad_stun = self.bad_srtp = self.over_rate = self.unsent = 0
        self.wires: list[Wire] = []
        self._by_user: dict[str, Agent] = {}
        self._by_address: dict[Address, Agent] = {}
        self._by_transaction: dict[bytes, Channel] = {}

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

    def read(self) -> None:
        """Read all sockets on the running loop, from now on."""
        loop = asyncio.get_running_loop()
        for wire in self.wires:
            loop.add_reader(wire.sock.fileno(), wire.readable)

    def _bind(self) -> None:
        self.number = self._wanted
        for host in self._hosts:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            self.wires.append(Wire(self, host, sock))
            sock.setblocking(False)
            if sock.family == socket.AF_INET6:
                # Or "::" would take IPv4 too, and its senders would appear as ::ffff:….
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
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

    def counters(self) -> dict[str, int]:
        """What was lost, refused or not understood since the start."""
        return {
            "lost_by_socket": self.lost,
            "handler_errors": self.faults.count,
            "unknown_address": self.unknown_address,
            "bad_stun": self.bad_stun,
            "bad_srtp": self.bad_srtp,
            "over_rate": self.over_rate,
            "unsent": self.unsent,
        }

    def candidates(self) -> list[Candidate]:
        """What browsers may send to, best first (RFC 8445, section 5.1.2.1): the public addresses, then our own."""
        own = in_order(wire.host for wire in self.wires if wire.host not in WILDCARDS)
        hosts = dict.fromkeys((*in_order(self._advertised), *own))
        return [host_candidate(host, self.number, 65535 - index) for index, host in enumerate(hosts)]

    def deliver(self, wire: Wire, data: bytes, addr: Address) -> None:
        """Hand a datagram to the connection it belongs to, or drop it."""
        if not data:
            return
        first = data[0]
        if first > 19:
            ice = self._by_address.get(addr)
            if ice is not None:
                ice.data_received(data, 1)
            else:
                self.unknown_address += 1
            return
        if first > 3 or len(data) < 20:
            self.bad_stun += 1
            return
        lane = self._by_transaction.get(data[8:20])
        if lane is None or first & 0x01 == 0:
            lane = self._requested(wire, data)
        if lane is not None:
            lane.datagram_received(data, addr)
        else:
            self.bad_stun += 1

    def _requested(self, wire: Wire, data: bytes) -> Channel | None:
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):  # aioice lets attributes of a wrong size through to struct
            return None
        if message.message_class != stun.Class.REQUEST:
            return None
        user = str(message.attributes.get("USERNAME", "")).partition(":")[0]
        ice = self._by_user.get(user)
        return ice.lane(wire) if ice is not None else None

    def learn(self, addr: Address, ice: Agent, proven: bool) -> None:
        """An authenticated check came from this address. A claimed address changes hands only once it is proven."""
        if proven or addr not in self._by_address:
            self._by_address[addr] = ice
            ice.reached_from(addr)

    def enter(self, ice: Agent) -> None:
        """Register a connection by its local user name."""
        self._by_user[ice.local_username] = ice

    def leave(self, ice: Agent) -> None:
        """Forget a connection and every address that led to it."""
        self._by_user.pop(ice.local_username, None)
        for addr in [addr for addr, owner in self._by_address.items() if owner is ice]:
            del self._by_address[addr]

    def expect(self, transaction: bytes, lane: Channel) -> None:
        """A response with this id is for that lane."""
        self._by_transaction[transaction] = lane

    def forget(self, transaction: bytes) -> None:
        """The transaction is over."""
        self._by_transaction.pop(transaction, None)


def host_candidate(host: str, port: int, preference: int = 65535) -> Candidate:
    """A host candidate of ours (RFC 8445, section 5.1)."""
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host", preference),
        host=host,
        port=port,
        type="host",
    )
