"""The bad network over real sockets: it carries a call's packets both ways, each client by an address of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import cast

import pytest

from tests.support.impairment import Address, Conditions, ImpairedPath


class End(asyncio.DatagramProtocol):
    """Collects what comes; answers with the same where `echo`."""

    def __init__(self, *, echo: bool = False) -> None:
        self.echo = echo
        self.came: list[tuple[float, bytes, Address]] = []
        self.more = asyncio.Event()
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.address: Address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.came.append((asyncio.get_running_loop().time(), data, addr))
        self.more.set()
        if self.echo:
            self.transport.sendto(data, addr)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()

    async def until(self, count: int) -> None:
        """So many packets came."""
        async with asyncio.timeout(10):
            while len(self.came) < count:
                self.more.clear()
                await self.more.wait()


def _same(end: End) -> End:
    return end


@pytest.fixture
async def ends() -> AsyncIterator[tuple[End, End, End]]:
    """A relay that echoes, and two clients."""
    loop = asyncio.get_running_loop()
    made = End(echo=True), End(), End()
    for end in made:
        await loop.create_datagram_endpoint(partial(_same, end), ("127.0.0.1", 0))
    yield made
    for end in made:
        end.transport.close()
        await end.gone.wait()


async def test_two_clients_keep_apart_and_packets_take_their_time(ends: tuple[End, End, End]) -> None:
    relay, one, two = ends
    async with ImpairedPath.open(relay.address, up=Conditions(delay_ms=60), down=Conditions(delay_ms=40)) as path:
        began = asyncio.get_running_loop().time()
        one.transport.sendto(b"one", path.address)
        two.transport.sendto(b"two", path.address)
        await one.until(1)
        await two.until(1)
        assert [data for _, data, _ in one.came] == [b"one"]
        assert [data for _, data, _ in two.came] == [b"two"]
        assert one.came[0][0] - began >= 0.1
        assert len({address for _, _, address in relay.came}) == 2
        assert one.came[0][2] == path.address


async def test_it_carries_thousands_of_packets_in_order_and_loses_none(ends: tuple[End, End, End]) -> None:
    relay, one, _ = ends
    async with ImpairedPath.open(relay.address, up=Conditions(delay_ms=20, jitter_ms=10), down=Conditions()) as path:
        for index in range(2000):
            one.transport.sendto(index.to_bytes(4, "big") * 250, path.address)
            # Sixty are on the way at that rate; many more would not fit into the sockets of a machine that stalls.
            await one.until(index - 60)
        await one.until(2000)
        assert [int.from_bytes(data[:4], "big") for _, data, _ in one.came] == list(range(2000))


async def test_a_change_mid_call_holds_from_the_next_packet(ends: tuple[End, End, End]) -> None:
    relay, one, _ = ends
    loop = asyncio.get_running_loop()
    async with ImpairedPath.open(relay.address, up=[(0, Conditions()), (3600, Conditions(loss=1))]) as path:
        one.transport.sendto(b"before", path.address)
        await one.until(1)
        path.up.change(Conditions(delay_ms=80))
        path.down.change(Conditions(duplicate=1))
        began = loop.time()
        one.transport.sendto(b"after", path.address)
        await one.until(3)
        assert [data for _, data, _ in one.came] == [b"before", b"after", b"after"]
        assert one.came[1][0] - began >= 0.08
