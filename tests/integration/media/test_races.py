"""Two things in the same turn of the loop, callers that give up, and a process that was stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

import media.relay
from media.adapter import Transport
from tests.integration.media.bench import Bench
from tests.unit.media.offers import OFFER
from tests.unit.media.packets import Shelf

RECORD = ({"endpoint": "a", "segment": "s", "key": "joint", "seats": [], "audio": True, "video": True},)


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[asyncio.Future[None]]:
    """Connections come up when their gate is opened."""
    gates: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def connect(self: Transport, heard: Callable[[], None]) -> None:
        gate = asyncio.get_running_loop().create_future()
        gates.put_nowait(gate)
        await gate

    monkeypatch.setattr(Transport, "connect", connect)
    return gates


async def _offered(bench: Bench, gates: asyncio.Queue[asyncio.Future[None]]) -> asyncio.Future[None]:
    await bench.relay.offer("room", "a", 1, OFFER)
    async with asyncio.timeout(10):
        return await gates.get()


async def test_an_offer_that_is_replaced_as_it_comes_up_does_not_take_the_newer_one_with_it(
    bench: Bench, gates: asyncio.Queue[asyncio.Future[None]]
) -> None:
    first = await _offered(bench, gates)
    first.set_result(None)
    second = await _offered(bench, gates)
    assert not any(event.state == "connected" for event in bench.events)
    second.set_result(None)
    await bench.told("endpoint", "connected", "a")
    assert bench.relay.stats()["connections"] == 1
    assert bench.relay.stats()["errors"] == 0


async def test_an_endpoint_that_is_closed_as_it_comes_up_stays_closed(
    bench: Bench, gates: asyncio.Queue[asyncio.Future[None]]
) -> None:
    gate = await _offered(bench, gates)
    gate.set_result(None)
    bench.relay.close_endpoint("a")
    await bench.relay.close()
    assert [event.state for event in bench.events] == ["closed"]
    assert bench.relay.stats()["connections"] == 0


async def test_whoever_stops_waiting_for_the_end_of_journals_does_not_stop_them() -> None:
    shelf = Shelf()
    bench = Bench(shelf)
    await bench.relay.start()
    await bench.relay.offer("room", "a", 1, OFFER)
    bench.table(record=RECORD)
    waiting = asyncio.create_task(bench.relay.finish("room"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await bench.relay.close()
    assert sum(event.kind == "segment" for event in bench.events) == 2


async def test_no_packet_passes_on_a_lease_that_ran_out_while_the_process_was_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TICK", "IDLE_TICK", "WATCH_TICK"):
        monkeypatch.setattr(media.relay, name, 3600.0)  # it never comes round to looking by itself
    bench.table(("b", 0, "a"), lease=0.05)
    await bench.client("a", 60)
    await bench.client("b", 120)
    await bench.told("lease", "lapsed")
    assert bench.sent_to("b") == 0
