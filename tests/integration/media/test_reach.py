"""Where packets may come from: both families, and only addresses that somebody who knows the password checked from."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aioice import stun

from media.adapter import MAX_SOURCES, Ice
from media.addresses import loopback_addresses
from media.port import Address, Port
from media.ports import RelaySettings
from tests.integration.media.bench import Bench

DEADLINE_S = 10
HOSTS = loopback_addresses()
REMOTE = "browser"


def _check(ice: Ice, password: str | None = None) -> bytes:
    """A browser's connectivity check of that connection (RFC 8445, section 7.2.2)."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ice.local_username}:{REMOTE}"
    request.attributes["PRIORITY"] = 1_845_501_695
    request.attributes["ICE-CONTROLLING"] = 1
    request.add_message_integrity((ice.local_password if password is None else password).encode())
    return bytes(request)


class Knocker:
    """A socket of the outside world on one address."""

    def __init__(self, host: str) -> None:
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((host, 0))
        self.host = host
        self.address: Address = self.sock.getsockname()[:2]

    async def answer(self, port: Port, data: bytes) -> stun.Message:
        """Send to the port and take the response to just that."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self.sock, data, (self.host, port.number))
        async with asyncio.timeout(DEADLINE_S):
            while True:
                reply = await loop.sock_recv(self.sock, 2048)
                if reply[8:20] == data[8:20]:
                    return stun.parse_message(reply)


class Door:
    """An open port with two connections, and what each was handed besides STUN."""

    def __init__(self) -> None:
        self.port = Port(RelaySettings((), include_loopback=True))
        self.port.open()
        self.port.read()
        self._connecting: list[asyncio.Task[None]] = []
        self.a, self.b = self._connection(), self._connection()
        self.media: list[tuple[Ice, bytes]] = []
        for ice in (self.a, self.b):
            ice.media = lambda data, ice=ice: self.media.append((ice, data))

    def _connection(self) -> Ice:
        ice = Ice(self.port)
        ice.remote_username, ice.remote_password = REMOTE, "p" * 24
        self._connecting.append(asyncio.create_task(ice.connect()))
        return ice

    def arrives(self, data: bytes, address: Address) -> None:
        """A datagram from any address one likes to claim."""
        self.port.deliver(self.port.wires[0], data, address)

    def media_goes_to(self, address: Address) -> Ice | None:
        """Whose an SRTP-like packet from there is."""
        self.media.clear()
        self.arrives(b"\x80" + bytes(40), address)
        return self.media[0][0] if self.media else None

    async def close(self) -> None:
        await self.a.close()
        await self.b.close()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        self.port.close()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    await asyncio.sleep(0)  # one turn of the loop, for both to begin taking checks
    yield door
    await door.close()


@pytest.mark.parametrize("host", HOSTS)
async def test_sound_and_picture_flow_over_either_family(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The clients, too, have this one address.
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: [host])
    bench = Bench(hosts=(host,))
    await bench.relay.start()
    bench.table(("a", 0, "b"), ("b", 0, "a"))
    a, b = await bench.client("a", 60), await bench.client("b", 120)
    await asyncio.gather(a.sees(0, 120), b.sees(0, 60))
    offered = {line.split()[4] for line in a.answer.splitlines() if line.startswith("a=candidate:")}
    assert offered == {host}
    assert bench.relay.stats()["errors"] == 0
    await bench.close()


@pytest.mark.parametrize("host", HOSTS)
async def test_an_address_is_learned_from_a_sound_check_only(door: Door, host: str) -> None:
    knocker = Knocker(host)
    with knocker.sock:
        refused = await knocker.answer(door.port, _check(door.a, "not the password at all"))
        assert refused.message_class == stun.Class.ERROR
        assert door.media_goes_to(knocker.address) is None
        taken = await knocker.answer(door.port, _check(door.a))
        assert taken.message_class == stun.Class.RESPONSE
        assert taken.attributes["XOR-MAPPED-ADDRESS"] == knocker.address
        assert door.media_goes_to(knocker.address) is door.a


def test_a_check_that_lacks_its_integrity_or_names_nobody_leaves_no_trace() -> None:
    port = Port(RelaySettings(("127.0.0.1",)))
    before = _state(port)
    for number in range(5000):
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"user{number}:x"
        request.add_message_integrity(b"a guess")
        port.deliver(None, bytes(request), (f"203.0.113.{number % 250}", 1024 + number))  # type: ignore[arg-type]
    assert _state(port) == before


async def test_nobody_takes_an_address_that_is_in_use(door: Door) -> None:
    """A member with a password of their own claims, by a forged source, to be where another is."""
    theirs: Address = ("127.0.0.1", 9)
    door.arrives(_check(door.a), theirs)
    door.arrives(_check(door.b), theirs)
    assert door.media_goes_to(theirs) is door.a


async def test_whoever_answers_from_an_address_gets_it_back_from_a_forger(door: Door) -> None:
    theirs: Address = ("127.0.0.1", 9)
    door.arrives(_check(door.b), theirs)
    assert door.media_goes_to(theirs) is door.b
    door.port.learn(theirs, door.a, proven=True)  # what an answered check of ours leads to
    assert door.media_goes_to(theirs) is door.a


async def test_one_connection_is_checked_from_so_many_addresses_and_no_more(door: Door) -> None:
    addresses: list[Address] = [(f"127.0.1.{number}", 9) for number in range(1, 100)]
    for address in addresses:
        door.arrives(_check(door.a), address)
    assert [door.media_goes_to(address) is door.a for address in addresses] == [
        number < MAX_SOURCES for number in range(len(addresses))
    ]
    await door.a.close()
    assert all(door.media_goes_to(address) is None for address in addresses)


@pytest.mark.parametrize(
    ("advertised", "first"),
    [
        ((), HOSTS[-1:]),
        (("198.51.100.7",), ("198.51.100.7",)),
        (("198.51.100.7", "2001:db8::7"), ("2001:db8::7", "198.51.100.7")),
    ],
)
async def test_public_addresses_come_first_and_both_families_take_turns(
    advertised: tuple[str, ...], first: tuple[str, ...]
) -> None:
    port = Port(RelaySettings((), advertised=advertised, include_loopback=True))
    port.open()
    port.read()
    candidates = port.candidates()
    assert tuple(one.host for one in candidates)[: len(first)] == first
    assert {one.host for one in candidates} == {*advertised, *HOSTS}
    priorities = [one.priority for one in candidates]
    assert priorities == sorted(priorities, reverse=True)
    assert len({one.foundation for one in candidates}) == len({one.priority for one in candidates}) == len(candidates)
    port.close()


async def test_wildcards_of_both_families_share_a_port_and_keep_their_senders_apart() -> None:
    port = Port(RelaySettings(("0.0.0.0", "::") if "::1" in HOSTS else ("0.0.0.0",)))
    port.open()
    port.read()
    ice = Ice(port)
    ice.remote_username, ice.remote_password = REMOTE, "p" * 24
    for host in HOSTS:
        knocker = Knocker(host)
        with knocker.sock:
            reply = await knocker.answer(port, _check(ice))
            address = reply.attributes["XOR-MAPPED-ADDRESS"]
            assert ip_address(address[0]) == ip_address(host)
    await ice.close()
    port.close()


def _state(port: Port) -> list[int]:
    return [len(one) for one in vars(port).values() if isinstance(one, dict | list | set)]
