"""The whole relay over real ICE and DTLS-SRTP on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from media import Event, Relay, RelaySettings
from tests.integration.media.client import Client


class Bench:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.relay = Relay(RelaySettings((), include_loopback=True), None, self.events.append)
        self.clients: list[Client] = []
        self.revision = 0

    async def client(self, name: str, brightness: int) -> Client:
        client = Client(self.relay, "room", name, brightness)
        self.clients.append(client)
        await client.join()
        return client

    def table(self, *rows: tuple[str, int, str]) -> None:
        self.revision += 1
        applied = self.relay.apply(
            {
                "room": "room",
                "revision": self.revision,
                "epoch": 1,
                "lease_s": 30,
                "rows": [
                    {"to": to, "slot": slot, "from": source, "audio": True, "video": True} for to, slot, source in rows
                ],
                "record": [],
            }
        )
        assert applied.accepted


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.relay.start()
    yield bench
    for client in bench.clients:
        await client.close()
    await bench.relay.close()


async def test_two_endpoints_see_each_other_and_a_table_switches_them(bench: Bench) -> None:
    bench.table(("a", 0, "b"), ("b", 0, "a"))
    a, b, c = await bench.client("a", 60), await bench.client("b", 120), await bench.client("c", 200)
    await a.sees(0, 120)
    await b.sees(0, 60)
    await a.until(lambda: a.heard[0] > 5)
    bench.table(("a", 0, "c"), ("c", 1, "a"))
    seen_by_b = bench.relay.stats()["rooms"]["room"]["endpoints"]["b"]["out"]["0.video"]["packets"]
    await a.sees(0, 200)
    await c.sees(1, 60)
    bench.table(("a", 0, "b"))
    await a.sees(0, 120)
    assert bench.relay.stats()["rooms"]["room"]["endpoints"]["b"]["out"]["0.video"]["packets"] == seen_by_b
    assert bench.relay.stats()["errors"] == 0
