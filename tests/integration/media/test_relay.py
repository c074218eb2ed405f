"""The whole relay over real ICE and DTLS-SRTP on loopback."""

from __future__ import annotations

import os
import socket

import pytest
from aioice import stun

import media.relay
from media.errors import RelayClosed
from media.extensions import ExtensionIds
from media.rtp import Packet
from media.vp8 import Descriptor
from tests.integration.media.bench import Bench
from tests.unit.media.offers import OFFER
from tests.unit.media.packets import Shelf

pytestmark = pytest.mark.usefixtures("each_engine")


async def test_two_endpoints_see_each_other_and_a_table_switches_them(bench: Bench) -> None:
    bench.table(("a", 0, "b"), ("b", 0, "a"))
    a, b, c = await bench.client("a", 60), await bench.client("b", 120), await bench.client("c", 200)
    await a.sees(0, 120)
    await b.sees(0, 60)
    await a.until(lambda: a.heard[0] > 5)
    bench.table(("a", 0, "c"), ("c", 1, "a"))
    sent_to_b = bench.sent_to("b")
    await a.sees(0, 200)
    await c.sees(1, 60)
    bench.table(("a", 0, "b"))
    await a.sees(0, 120)
    assert bench.sent_to("b") == sent_to_b
    assert bench.relay.stats()["errors"] == 0


async def test_recording_is_captured_and_ends_with_the_session() -> None:
    shelf = Shelf()
    bench = Bench(shelf)
    await bench.relay.start()
    record = (
        {"endpoint": "a", "segment": "seg", "key": "joint", "seats": ["seat_1"], "audio": True, "video": True},
        {"endpoint": "b", "segment": "seg", "key": "joint", "seats": ["seat_2"], "audio": True, "video": True},
    )
    assert bench.table(("a", 0, "b"), ("b", 0, "a"), record=record) == "ok"
    a, b = await bench.client("a", 60), await bench.client("b", 120)
    await a.sees(0, 120, 10)
    await b.sees(0, 60)
    rows = await bench.relay.finish("room")
    assert len(rows) == 4
    assert all(row["packets"] > 0 for row in rows)
    assert sum(event.kind == "segment" for event in bench.events) == 4
    packet, descriptor = Packet(), Descriptor()
    first = shelf.packets["b", "seg", "video"][0]
    assert packet.read(first, 0, 0.0, ExtensionIds())
    assert descriptor.read(first, packet.start, packet.end)
    assert descriptor.key
    sent = bench.sent_to("a"), bench.sent_to("b")
    bench.table(("a", 1, "a"))  # a hears itself: proof that time has passed for the others, too
    await a.sees(1, 60)
    assert bench.sent_to("b") == sent[1]
    await bench.close()


async def test_a_recorder_that_breaks_stops_the_room_and_a_later_table_revives_it() -> None:
    shelf = Shelf()
    bench = Bench(shelf)
    await bench.relay.start()
    record = ({"endpoint": "a", "segment": "seg", "key": "joint", "seats": ["s"], "audio": True, "video": True},)
    bench.table(("b", 0, "a"), record=record)
    _, b = await bench.client("a", 60), await bench.client("b", 120)
    await b.sees(0, 60)
    shelf.refuse_write = True
    assert (await bench.told("recorder", "failed")).reason == "OSError"
    shelf.refuse_write = False
    assert bench.table(("b", 0, "a"), record=record) == "ok"
    await b.sees(0, 60)
    bench.relay.recorder_failed("room", "disk.low")
    assert bench.relay.stats()["rooms"]["room"]["recorder"] == {"state": "failed", "reason": "disk.low", "bytes": 0}
    await bench.close()


async def test_a_new_offer_replaces_the_old_connection(bench: Bench) -> None:
    bench.table(("a", 0, "b"), ("b", 0, "a"))
    a, b = await bench.client("a", 60), await bench.client("b", 120)
    await a.sees(0, 120)
    await b.sees(0, 60)
    again = await bench.client("b", 180)
    await a.sees(0, 180)
    await again.sees(0, 60)
    assert bench.relay.stats()["connections"] == 2
    assert [event.state for event in bench.events if event.endpoint == "b"] == ["connected", "connected"]


async def test_a_silent_endpoint_fails_and_may_come_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media.relay, "SILENCE", 0.15)
    bench.table(("a", 0, "b"))
    await bench.client("b", 60, silent=True)
    await bench.told("endpoint", "failed", "b")
    assert bench.relay.stats()["connections"] == 0
    monkeypatch.undo()
    a, _ = await bench.client("a", 60), await bench.client("b", 120)
    await a.sees(0, 120)


async def test_an_endpoint_that_hangs_up_is_closed(bench: Bench) -> None:
    client = await bench.client("a", 60)
    await bench.told("endpoint", "connected", "a")
    await client.close()
    await bench.told("endpoint", "closed", "a")


async def test_an_offer_nobody_follows_up_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media.relay, "CONNECT_TIMEOUT", 0.1)
    await bench.relay.offer("room", "ghost", 1, OFFER)
    await bench.told("endpoint", "failed", "ghost")


async def test_closing_settles_everything() -> None:
    bench = Bench(Shelf())
    await bench.relay.start()
    bench.table(
        ("b", 0, "a"),
        record=({"endpoint": "a", "segment": "s", "key": "caucus", "seats": [], "audio": True, "video": True},),
    )
    _, b = await bench.client("a", 60), await bench.client("b", 120)
    await b.sees(0, 60)
    await bench.relay.offer("room", "waiting", 1, OFFER)
    await bench.relay.close()
    assert {event.endpoint for event in bench.events if event.state == "closed"} == {"a", "b", "waiting"}
    assert sum(event.kind == "segment" for event in bench.events) == 2
    with pytest.raises(RelayClosed):
        await bench.relay.offer("room", "late", 1, OFFER)
    for client in bench.clients:
        await client.close()


async def test_strangers_on_the_port_change_nothing(bench: Bench) -> None:
    bench.table(("a", 0, "b"))
    a, b = await bench.client("a", 60), await bench.client("b", 120)
    await a.sees(0, 120)
    user = next(line for line in b.answer.splitlines() if line.startswith("a=ice-ufrag:")).partition(":")[2]
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{user}:guess"
    request.attributes["PRIORITY"] = 1
    request.add_message_integrity(b"not the password at all")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        for data in (bytes(request), b"", b"\x00", bytes(20), b"\x16" * 60, b"\x80" * 60, os.urandom(1500)):
            stranger.sendto(data, ("127.0.0.1", bench.relay.port))
    await a.sees(0, 120)
    assert bench.relay.stats()["errors"] == 0
