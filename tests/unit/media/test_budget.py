"""What one browser may send."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from media.adapter import MAX_SSRCS
from media.budget import BYTES, PACKETS, RTCP_BYTES, Budget
from media.native.build import SOURCES
from media.reception import MAX_JUMP, WINDOW
from media.rtp import MAX_CARRIED


@given(st.lists(st.tuples(st.floats(0, 0.5), st.integers(12, 1500)), min_size=1, max_size=200))
def test_nobody_sends_more_than_the_time_and_a_second_allow(steps: list[tuple[float, int]]) -> None:
    budget, now, packets, octets = Budget(), 1000.0, 0, 0
    budget.earn(now)
    for passed, size in steps:
        now += passed
        budget.earn(now)
        for _ in range(40):
            if budget.spend(size, False):
                packets, octets = packets + 1, octets + size
    allowed = 1 + now - 1000
    assert packets <= allowed * PACKETS
    assert octets <= allowed * BYTES


def test_who_stops_flooding_may_go_on() -> None:
    budget = Budget()
    budget.earn(5.0)
    assert sum(budget.spend(1200, False) for _ in range(10_000)) == BYTES // 1200
    budget.earn(5.125)
    assert sum(budget.spend(1200, False) for _ in range(10_000)) == BYTES // 8 // 1200


def test_small_packets_are_counted_too() -> None:
    budget = Budget()
    budget.earn(5.0)
    assert sum(budget.spend(20, False) for _ in range(10_000)) == PACKETS


def test_feedback_has_a_budget_of_its_own() -> None:
    budget = Budget()
    budget.earn(5.0)
    assert sum(budget.spend(1000, True) for _ in range(1000)) == RTCP_BYTES // 1000
    assert budget.spend(1000, False)


def test_native_code_has_the_same_limits() -> None:
    written = dict(re.findall(r"^    (MAX_\w+|WINDOW) = (\d+),", (SOURCES / "plane.h").read_text(), re.MULTILINE))
    limits = {
        "MAX_PACKETS": PACKETS,
        "MAX_BYTES": BYTES,
        "MAX_RTCP_BYTES": RTCP_BYTES,
        "MAX_SSRCS": MAX_SSRCS,
        "MAX_CARRIED": MAX_CARRIED,
        "MAX_JUMP": MAX_JUMP,
        "WINDOW": WINDOW,
    }
    assert {name: int(written[name]) for name in limits} == limits
