"""Whatever arrives on the shared port: nothing raises, nothing piles up, nobody else's way is changed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.adapter import MAX_SOURCES, MAX_WAITING, Ice
from media.port import Port, Wire
from media.ports import RelaySettings
from tests.unit.media.fuzz.datagrams import (
    examples,
    rtcp_compounds,
    rtp_packets,
    spoiled,
    stun_check,
    stun_messages,
)

PEER = "abcd"
HOME = ("192.0.2.1", 5000)
STRANGER = ("203.0.113.9", 4000)


class Void:
    """A network card that keeps what was to be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, tuple[str, int]]] = []

    def sendto(self, data: bytes, flags: int, addr: tuple[str, int]) -> None:
        self.sent.append((data, addr))


class Dock:
    """A port with one waiting connection and no socket."""

    def __init__(self) -> None:
        self.port = Port(RelaySettings(()))
        self.void = Void()
        self.wire = Wire(self.port, "192.0.2.7", cast(socket.socket, self.void))
        self.port.wires.append(self.wire)
        self.ice = Ice(self.port)
        self.ice.remote_username, self.ice.remote_password = PEER, "p" * 24
        self.heard = 0
        self.ice.heard = self._heard
        self.media: list[bytes] = []
        self.ice.media = self.media.append
        self.user = f"{self.ice.local_username}:{PEER}"

    def _heard(self) -> None:
        self.heard += 1

    def deliver(self, data: bytes, addr: tuple[str, int] = STRANGER) -> None:
        self.port.deliver(self.wire, data, addr)

    def check(self, addr: tuple[str, int] = HOME) -> None:
        self.deliver(stun_check(self.user, self.ice.local_password), addr)

    async def connecting(self) -> asyncio.Task[None]:
        """ICE under way: checks are answered and lead to checks of ours."""
        task = asyncio.create_task(self.ice.connect())
        await asyncio.sleep(0)
        return task

    async def end(self, task: asyncio.Task[None]) -> None:
        await self.ice.close()
        task.cancel()
        await asyncio.wait([task])


def docked(scene: Callable[[Dock], None]) -> None:
    """Play a scene on a dock whose connection is waiting for its browser."""

    async def play() -> None:
        dock = Dock()
        task = await dock.connecting()
        try:
            scene(dock)
        finally:
            await dock.end(task)
        assert dock.port._by_user == {}
        assert dock.port._by_address == {}

    asyncio.run(play())


any_datagram = st.one_of(
    st.binary(max_size=100),
    spoiled(rtp_packets()),
    spoiled(rtcp_compounds()),
    st.tuples(st.integers(0, 255), st.binary(max_size=60)).map(lambda one: bytes((one[0],)) + one[1]),
)


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_strangers_leave_no_trace_and_the_browser_still_gets_through(data: st.DataObject) -> None:
    def scene(dock: Dock) -> None:
        names = spoiled(stun_messages(dock.ice.local_username))
        floods = data.draw(st.lists(st.one_of(any_datagram, names), max_size=30))
        for at, datagram in enumerate(floods):
            dock.deliver(datagram, ("203.0.113.9", 4000 + at))
        assert dock.port._by_address == {}
        assert dock.port._by_transaction == {}
        assert dock.heard == 0
        assert dock.media == []
        assert dock.ice._queue.empty()
        counted = dock.port.unknown_address + dock.port.bad_stun
        assert counted + len(dock.void.sent) >= sum(bool(datagram) for datagram in floods)
        # What is answered is a refusal, and no larger than a question can be.
        assert all(len(answer) <= 120 for answer, _ in dock.void.sent)
        dock.check()
        assert dock.heard == 1
        assert list(dock.port._by_address) == [HOME]

    docked(scene)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(any_datagram, max_size=200))
def test_a_known_address_may_send_anything(floods: list[bytes]) -> None:
    def scene(dock: Dock) -> None:
        dock.check()
        for datagram in floods:
            dock.deliver(datagram, HOME)
        assert dock.ice._queue.qsize() <= MAX_WAITING
        assert all(one[0] > 127 for one in dock.media)
        dock.deliver(b"\x80" * 30, HOME)
        assert dock.media[-1] == b"\x80" * 30

    docked(scene)


def test_a_connection_that_is_not_up_yet_hoards_no_datagrams() -> None:
    def scene(dock: Dock) -> None:
        dock.check()
        for _ in range(5000):
            dock.deliver(b"\x16" * 1400, HOME)
        assert dock.ice._queue.qsize() == MAX_WAITING

    docked(scene)


@pytest.mark.parametrize("changes", [{}, {"ICE-CONTROLLED": 0}, {"ICE-CONTROLLED": 2**64 - 1}, {"ICE-CONTROLLING": 7}])
def test_a_browser_that_comes_from_everywhere_is_followed_so_far(changes: dict[str, int]) -> None:
    def scene(dock: Dock) -> None:
        for at in range(500):
            dock.deliver(stun_check(dock.user, dock.ice.local_password, changes), ("203.0.113.9", 1000 + at))
        assert len(dock.port._by_address) <= MAX_SOURCES
        assert len(dock.ice._check_list) <= MAX_SOURCES

    docked(scene)


def test_a_check_without_a_priority_is_no_check() -> None:
    def scene(dock: Dock) -> None:
        dock.deliver(stun_check(dock.user, dock.ice.local_password, priority=False), HOME)
        assert dock.port._by_address == {}

    docked(scene)


def test_an_address_changes_hands_only_to_who_proves_it() -> None:
    def scene(dock: Dock) -> None:
        dock.check()
        other = Ice(dock.port)
        other.remote_username, other.remote_password = "efgh", "q" * 24
        dock.deliver(stun_check(f"{other.local_username}:efgh", other.local_password), HOME)
        assert dock.port._by_address == {HOME: dock.ice}
        dock.port.leave(other)

    docked(scene)
