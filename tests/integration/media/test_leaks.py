"""Nothing is left of those who came and went: sockets, tasks, tables and memory, counted before and after.

`make soak` plays a thousand joins (HESHI_SOAK multiplies), `make test` a fixed sample of the same story.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from media.errors import OfferMalformed, StaleEpoch
from media.forwarding import MAX_DROPPED, Forwarding
from media.lean import Lean
from media.rtx import PICTURES_KEPT
from media.source import Source
from tests.integration.media.bench import Bench
from tests.integration.media.raw import Raw, settled
from tests.unit.media.offers import OFFER
from tests.unit.media.packets import Shelf

pytestmark = pytest.mark.usefixtures("each_engine")

SOAK = int(os.environ.get("HESHI_SOAK", "1"))
LAPS = 12 * SOAK
MEMORY = 5_000_000  # bytes, after the first third has filled every pool; a connection left behind costs 100 kB


class House:
    """A relay with a recorder; two guests talk through everything that happens around them."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.bench = Bench(self.shelf)
        self.relay = self.bench.relay
        self.revision = 0
        self.peers: set[Raw] = set()

    def size(self) -> dict[str, int]:
        """Everything that could pile up."""
        core, port = self.relay._core, self.relay._port
        return {
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": len(asyncio.all_tasks()),
            "users": len(port._by_user),
            "addresses": len(port._by_address),
            "connections": len(self.relay._current),
            "pending": len(self.relay._pending),
            "closing": len(self.relay._closing),
            "journals": len(self.relay._retiring),
            "rooms": len(core.rooms),
            "places": len(core._room_of),
            "endpoints": sum(len(room.endpoints) for room in core.rooms.values()),
            "taps": sum(len(room.taps) for room in core.rooms.values()),
            "followers": sum(len(one.followers) for one in _sources(core)),
            "subscribers": sum(len(stream.subscribers) for one in _sources(core) for stream in one.streams()),
        }

    def table(self, room: str, *names: str) -> None:
        """All of a room hear, see and are recorded."""
        self.revision += 1
        rows = [
            {"to": to, "slot": slot, "from": source, "audio": True, "video": True}
            for to in names
            for slot, source in enumerate(name for name in names if name != to)
        ]
        record = [
            {
                "endpoint": name,
                "segment": f"s{self.revision}",
                "key": "joint",
                "seats": [],
                "audio": True,
                "video": True,
            }
            for name in names
        ]
        table = {"room": room, "revision": self.revision, "epoch": 1, "lease_s": 300, "rows": rows, "record": record}
        assert self.relay.apply(table).accepted

    async def up(self, name: str, room: str = "room") -> Raw:
        """An endpoint that is connected."""
        self.bench.events.clear()
        peer = Raw(self.relay, name, room)
        self.peers.add(peer)
        await peer.join()
        await self.bench.told("endpoint", "connected", name)
        return peer

    async def gone(self, *peers: Raw) -> None:
        """Their side is closed."""
        for peer in peers:
            await peer.close()
            self.peers.discard(peer)

    # What may happen to an endpoint, once each.

    async def hangs_up(self) -> None:
        peer = await self.up("guest")
        await self.gone(peer)
        await self.bench.told("endpoint", "closed", "guest")
        self.relay.close_endpoint("guest")

    async def is_shown_out(self) -> None:
        peer = await self.up("guest")
        self.relay.close_endpoint("guest")
        await self.gone(peer)

    async def comes_back(self) -> None:
        first = await self.up("guest")
        second = await self.up("guest")
        self.table("room", "a", "b", "guest")
        await second.speak()
        self.relay.close_endpoint("guest")
        await self.gone(first, second)
        self.table("room", "a", "b")

    async def leaves_with_the_room(self) -> None:
        room = f"room-{self.revision}"
        peer = await self.up("guest", room)
        self.table(room, "guest")
        await peer.speak()
        self.relay.drop_room(room)
        with pytest.raises(StaleEpoch):
            await self.relay.offer(room, "guest", 0, OFFER)
        assert not self.relay.apply(
            {"room": room, "revision": 0, "epoch": 0, "lease_s": 1, "rows": [], "record": []}
        ).accepted
        await self.gone(peer)

    async def asks_and_is_gone(self) -> None:
        for _ in range(4):
            await self.relay.offer("room", "guest", 1, OFFER)
            with pytest.raises(OfferMalformed):
                await self.relay.offer("room", "stranger", 1, OFFER.replace("a=rtcp-mux", "a=x"))
            with pytest.raises(StaleEpoch):
                await self.relay.offer("room", "stranger", 0, OFFER)
        self.relay.close_endpoint("guest")

    async def reaches_and_says_no_more(self) -> None:
        peer = Raw(self.relay, "guest")
        self.peers.add(peer)
        await peer.offer()
        await peer.reach()
        self.relay.close_endpoint("guest")
        await self.gone(peer)

    def scenes(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.hangs_up,
            self.is_shown_out,
            self.comes_back,
            self.leaves_with_the_room,
            self.asks_and_is_gone,
            self.reaches_and_says_no_more,
        ]

    async def quiet(self) -> None:
        """Wait until all that was closed is closed."""
        await settled(self.relay)
        await self.relay.finish("room")
        while self.relay._retiring:
            await asyncio.wait([*self.relay._retiring])
            await asyncio.sleep(0)
        gc.collect()


def resident() -> int:
    """Bytes of memory in use, those of OpenSSL and libsrtp among them."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _sources(core: Forwarding) -> list[Source]:
    places = [endpoint for room in core.rooms.values() for endpoint in room.endpoints.values()]
    return [source for endpoint in places for source in endpoint.sources.values()]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    await house.relay.start()
    yield house
    for peer in house.peers:
        await peer.close()
    await house.bench.close()


async def test_a_thousand_comings_and_goings_leave_nothing(house: House) -> None:
    a, b = await house.up("a"), await house.up("b")
    chance = random.Random(3)
    house.table("room", "a", "b")
    for scene in house.scenes():  # caches, lazy imports and pools fill on the first lap
        await scene()
    for _ in range(PICTURES_KEPT):  # rings, too
        await b.hears(await a.speak())
    await house.quiet()
    before, held = house.size(), 0
    for lap in range(LAPS):
        if lap == LAPS // 3:
            await house.quiet()
            held = resident()
        scenes = house.scenes()
        chance.shuffle(scenes)
        for scene in scenes:
            await scene()
            house.table("room", "a", "b")
            await b.hears(await a.speak())
        del a.dtls.rtp[:], a.dtls.rtcp[:], b.dtls.rtp[:], b.dtls.rtcp[:]
        house.bench.events.clear()
        house.shelf.opened.clear()
        house.shelf.packets.clear()
    await house.quiet()
    assert house.size() == before
    assert resident() - held < MEMORY
    house.bench.note(f"{LAPS} laps: {(resident() - held) / 1000:.0f} kB more")
    assert house.relay.stats()["errors"] == 0


async def test_closing_the_relay_gives_everything_back() -> None:
    gc.collect()
    tasks, descriptors = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        house = House()
        await house.relay.start()
        peer = await house.up("a")
        house.table("room", "a")
        await house.relay.offer("room", "waiting", 1, OFFER)
        await peer.speak()
        await house.bench.close()
        await peer.close()
    assert len(asyncio.all_tasks()) == tasks
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_dropped_rooms_are_remembered_for_a_while_only() -> None:
    core = Forwarding(Lean(), None, lambda room, tap: None, lambda event: None, 0.0)
    for number in range(MAX_DROPPED + 100):
        core.admit(f"room-{number}", f"endpoint-{number}", 1, 0.0)
        core.drop(f"room-{number}")
    assert len(core._dropped) == MAX_DROPPED
    assert not core.rooms
    assert not core._room_of
