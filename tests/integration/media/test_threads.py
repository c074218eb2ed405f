"""What only threads can do: packets that pass while Python stands still, and decisions that hold while they do."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from tests.integration.media.bench import Bench
from tests.integration.media.raw import Raw, settled
from tests.integration.media.wire import Speaker, Wire, stand_still
from tests.unit.media.offers import OFFER
from tests.unit.media.packets import Shelf

RECORD = ({"endpoint": "a", "segment": "s", "key": "joint", "seats": [], "audio": True, "video": False},)
SWITCHES, FRESH = 3000, 200


@pytest.fixture(autouse=True)
def native(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads that take turns often meet more often."""
    monkeypatch.setattr(Bench, "engine", "native")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    yield
    sys.setswitchinterval(interval)


class Trio:
    """Three endpoints, connected, whose sockets are in our hands."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.bench = Bench(self.shelf)
        self.relay = self.bench.relay
        self.raws: list[Raw] = []
        self.wires: list[Wire] = []

    async def meet(self) -> None:
        await self.relay.start()
        for name in "abc":
            self.raws.append(await Raw(self.relay, name).join())
            await self.bench.told("endpoint", "connected", name)
        self.wires = [Wire(raw) for raw in self.raws]
        async with asyncio.timeout(15):
            for wire in self.wires:
                # Python places a new stream; from then on the threads know it.
                wire.send(wire.word(b"hello"))
                for _ in iter(partial(self.known, wire.raw.name), True):
                    await asyncio.sleep(0)

    def known(self, name: str) -> bool:
        """Whether this endpoint's sound has found its place."""
        return "mic" in self.bench.endpoint(name)["in"]

    def journal(self) -> list[bytes]:
        """Payloads that were recorded of a's sound."""
        packets = self.shelf.packets.get(("a", "s", "audio"), [])
        return [data[20:] for data in packets]  # MID makes eight bytes of extensions


@pytest.fixture
async def trio() -> AsyncIterator[Trio]:
    trio = Trio()
    await trio.meet()
    yield trio
    for wire in trio.wires:
        wire.close()
    for raw in trio.raws:
        await raw.close()
    await trio.bench.close()


def _numbered(wire: Wire, sent: list[tuple[bytes, float]]) -> None:
    payload = b"word:%d" % len(sent)
    sent.append((payload, time.monotonic()))
    wire.send(wire.word(payload))


async def test_sound_passes_while_the_loop_stands_still_and_is_accounted_for_afterwards(trio: Trio) -> None:
    trio.bench.table(("b", 0, "a"))
    a, b, c = trio.wires
    sent: list[tuple[bytes, float]] = []
    heard: list[bytes] = []
    with Speaker(lambda: _numbered(a, sent), 0.01), Speaker(lambda: heard.extend(p for p, _ in b.take()), 0.01):
        stand_still(2.0)
        during = len(heard)
    heard += [payload for payload, _ in b.take()]
    spoken = [payload for payload, _ in sent]
    assert during > 50
    assert heard == spoken
    assert not c.take()
    me, b_stats = trio.bench.endpoint("a"), trio.bench.endpoint("b")
    assert me["in"]["mic"]["packets"] == len(spoken) + 1
    assert me["in"]["mic"]["lost"] == me["dropped"] == 0
    assert b_stats["out"]["0.audio"]["packets"] == len(spoken)
    assert trio.relay.counters()["packets_in"] == len(spoken) + 3
    refused = {
        name: trio.relay.stats()[name] for name in ("log_full", "bad_srtp", "unsent", "lost_by_socket", "errors")
    }
    assert not any(refused.values()), refused


async def test_what_is_to_be_recorded_waits_for_who_writes_it_down(trio: Trio) -> None:
    trio.bench.table(("b", 0, "a"), record=RECORD)
    a, b, _ = trio.wires
    sent: list[tuple[bytes, float]] = []
    with Speaker(lambda: _numbered(a, sent), 0.01):
        began = time.monotonic()
        stand_still(2.0)
    heard = [payload for payload, _ in b.take()]
    assert heard == [payload for payload, _ in sent[: len(heard)]]
    assert heard
    late = {payload for payload, at in sent if at > began + 1.1}  # the threads wait for 0.9 s
    assert len(late) > 20
    assert not late & set(heard), "a crash would have lost more than a second of it"
    trio.relay.stats()  # looks at what the threads have done
    assert trio.journal() == heard
    again: list[bytes] = []
    async with asyncio.timeout(15):
        while not again:
            _numbered(a, sent)
            await asyncio.sleep(0)
            again = [payload for payload, _ in b.take()]
    trio.relay.stats()
    assert set(again) <= set(trio.journal())


async def test_nothing_passes_on_a_lease_that_ends_while_the_loop_stands_still(trio: Trio) -> None:
    a, b, _ = trio.wires
    lease = 0.5
    trio.bench.table(("b", 0, "a"), lease=lease)
    ends = time.monotonic() + lease  # it may be a little earlier, never later
    sent: list[tuple[bytes, float]] = []
    with Speaker(lambda: _numbered(a, sent), 0.005):
        assert stand_still(1.5) > ends + 0.5
    heard = [payload for payload, _ in b.take()]
    late = {payload for payload, at in sent if at > ends}
    assert len(late) > 20
    assert heard
    assert heard == [payload for payload, _ in sent[: len(heard)]]
    assert not late & set(heard)
    await trio.bench.told("lease", "lapsed")
    assert trio.bench.endpoint("a")["dropped"] == len(sent) - len(heard)
    _numbered(a, sent)
    trio.bench.table(("b", 0, "a"))
    again: list[bytes] = []
    async with asyncio.timeout(15):
        while not again:
            _numbered(a, sent)
            await asyncio.sleep(0)
            again += [payload for payload, _ in b.take()]
    assert not set(again) & {payload for payload, at in sent[:-1] if at <= ends}


async def test_an_order_knows_all_that_passed_before_it_though_the_loop_has_not_looked(trio: Trio) -> None:
    trio.bench.table(("c", 0, "a"))
    a, b, c = trio.wires
    words = [a.word(b"private:%d" % number) for number in range(10)]
    heard: list[bytes] = []
    for number, word in enumerate(words):
        if number != 5:
            a.send(word)
    while len(heard) < 9:  # the threads have passed all on; Python has heard of none
        heard += [payload for payload, _ in c.take()]
    trio.bench.table(("b", 0, "a"), ("c", 0, "a"), record=RECORD)
    a.send(words[5])  # overtaken: it belongs to the order of before
    a.send(a.word(b"open"))
    async with asyncio.timeout(15):
        while b"open" not in heard:
            heard += [payload for payload, _ in b.take()]
            await asyncio.sleep(0)
    assert b"private:5" not in heard
    assert trio.bench.endpoint("a")["in"]["mic"]["packets"] == 12
    assert trio.journal() == [b"open"]


class Chatter:
    """a and c talk to b from threads as fast as they may; each word names the last table that was in force for sure."""

    def __init__(self, trio: Trio) -> None:
        self.trio = trio
        self.obeyed = 0
        self.allowed = [""]  # by table: whom b hears
        self.returned = [0]  # by table: when `apply` came back, in nanoseconds since 1970
        self.heard = 0
        self.fresh = 0

    def speakers(self) -> list[Speaker]:
        return [Speaker(partial(self._round, wire), 0.005) for wire in (self.trio.wires[0], self.trio.wires[2])]

    def _round(self, wire: Wire) -> None:
        for _ in range(8):
            wire.send(wire.word(b"%s:%d" % (wire.raw.name.encode(), self.obeyed)))

    def order(self, one: str, **others: str) -> None:
        """From now on b hears this one; what has come since the order before is judged."""
        self.listen()
        self.allowed.append(one)
        rows = [("b", 0, one)] if one else []
        self.trio.bench.table(*rows, *((to, 1, source) for to, source in others.items()))
        self.returned.append(time.time_ns())
        self.obeyed = len(self.allowed) - 1

    def listen(self) -> None:
        """Every word that came to b was allowed by a table that was in force since it was said."""
        now = len(self.allowed) - 1
        for payload, at in self.trio.wires[1].take():
            one, _, table = payload.decode().partition(":")
            since = int(table)
            assert one in self.allowed[since:], (one, since, now)
            if at > self.returned[now]:
                assert one == self.allowed[now], "sent after the order that forbids it was acknowledged"
                self.fresh += 1
            self.heard += 1


async def test_no_order_is_overtaken_by_the_packets_it_forbids(trio: Trio) -> None:
    chatter, r = Chatter(trio), random.Random(11)
    first, second = chatter.speakers()
    with first, second:
        async with asyncio.timeout(90):
            # However busy the machine is: so many orders, and so many words that came after theirs.
            while len(chatter.allowed) < SWITCHES or chatter.fresh < FRESH:
                chatter.order(r.choice(("a", "c", "a", "c", "")))
                if len(chatter.allowed) % 10 == 0:
                    await asyncio.sleep(0.005)  # packets are to come between orders, too
                elif r.random() < 0.3:
                    await asyncio.sleep(0)
    chatter.listen()
    trio.bench.note(f"{len(chatter.allowed)} orders, {chatter.heard} words, {chatter.fresh} of them after their order")
    assert trio.relay.stats()["errors"] == 0


async def test_comings_and_goings_under_load_break_nothing(trio: Trio) -> None:
    chatter, r = Chatter(trio), random.Random(12)
    first, second = chatter.speakers()
    guests: list[Raw] = []
    with first, second:
        async with asyncio.timeout(60):
            for number in range(1000):
                match r.randrange(100):
                    case 0 | 1:
                        guests.append(await Raw(trio.relay, f"guest{len(guests)}").join())
                    case 2 | 3 if guests:
                        guest = guests.pop(r.randrange(len(guests)))
                        trio.relay.close_endpoint(guest.name)
                        await guest.close()
                    case 4:
                        trio.relay.drop_room(f"other{number - 1}")
                    case at if at < 40:
                        await trio.relay.offer("room", f"caller{number % 5}", 1, OFFER)
                    case at if at < 70:
                        trio.relay.close_endpoint(f"caller{number % 5}")
                others = {one.name: r.choice("abc") for one in guests}
                chatter.order(r.choice(("a", "c", "")), **others)
                await asyncio.sleep(0)
            while chatter.fresh < FRESH // 10:
                chatter.order("a")
                await asyncio.sleep(0.005)
            for guest in guests:
                trio.relay.close_endpoint(guest.name)
                await guest.close()
            await settled(trio.relay)
    chatter.listen()
    assert trio.relay.stats()["errors"] == 0
    assert trio.relay.stats()["connections"] == 3
