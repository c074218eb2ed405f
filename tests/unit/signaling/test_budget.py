"""The token bucket of one connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.live.holders import Budget


def test_a_burst_and_then_the_rate() -> None:
    budget = Budget()
    assert [budget.spend(1000.0) for _ in range(61)] == [True] * 60 + [False]
    assert budget.spend(1000.049) is False
    assert budget.spend(1000.1) is True
    assert [budget.spend(2000.0) for _ in range(61)].count(True) == 60


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_never_more_than_burst_and_rate(pauses: list[float]) -> None:
    budget, now, spent = Budget(), 1000.0, 0
    for pause in pauses:
        now += pause
        spent += budget.spend(now)
    assert spent <= 60 + (now - 1000.0 - pauses[0]) * 20 + 1e-6
