"""The whole relay over real ICE and DTLS-SRTP on loopback."""

from __future__ import annotations

from tests.integration.media.bench import Bench


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
