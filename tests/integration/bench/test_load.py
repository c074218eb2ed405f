"""The load generator carries a small room through our own worker: so `make bench-relay` cannot rot unnoticed."""

from __future__ import annotations

from bench.relay.conditions import Condition
from bench.relay.rows import rows
from bench.relay.run import measure
from bench.relay.srtp_cost import Costs

NO_COST = Costs("", (0.0, 0.0), (0.0, 0.0))


async def test_a_room_of_three_is_heard_and_seen_and_counted() -> None:
    run = await measure("heshi", Condition(3, record=True), seconds=1.0, seed=1, warm=0.2, patience=0, loop=1)
    assert run.unreadable == 0
    assert min(run.packets_out.values()) > 0
    assert min(len(found) for found in run.latency.values()) > 0
    assert min(ns for found in run.latency.values() for ns in found) > 0
    assert run.cpu > 0
    run.condition = Condition(3)
    found = {row["metric"]: row for row in rows([run], {"heshi": NO_COST})}
    assert found["cpu_us_per_forwarded_packet_room3_real"]["heshi"]
    assert found["cpu_us_per_forwarded_packet_room3_real"]["ratio"] is None
