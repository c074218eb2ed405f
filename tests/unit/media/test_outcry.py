"""When requests for repetition mean that a path has collapsed, and when they do not."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from media.outcry import Outcry


def _cries(loss: float, seconds: int, seed: int, *, rate: int = 100, rtt: float = 0.2) -> list[float]:
    """What a browser's requests, one every 20 ms and each packet thrice, amount to on a path of that loss."""
    random, outcry, found = Random(seed), Outcry(), list[float]()
    missing: dict[int, int] = {}
    seq = 65_500  # wraps soon
    for step in range(seconds * 50):
        for _ in range(rate // 50):
            seq += 1
            if random.random() < loss:
                missing[seq & 0xFFFF] = 3
        if missing:
            found.append(outcry.asked(list(missing), step / 50 + rtt))
        missing = {number: times - 1 for number, times in missing.items() if times > 1}
    return [share for share in found if share]


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_most_lost_is_an_outcry_within_a_second(seed: int) -> None:
    cries = _cries(0.7, 1, seed)
    assert cries
    assert 0.5 <= cries[0] <= 0.95


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 1000), st.floats(0, 0.1))
def test_a_lossy_radio_is_none(seed: int, loss: float) -> None:
    assert _cries(loss, 20, seed) == []


def test_an_outage_of_the_radio_is_none() -> None:
    outcry = Outcry()
    assert outcry.asked(range(100, 180), 5.0) == 0
    assert outcry.asked(range(100, 180), 5.1) == 0
    assert outcry.asked([400, 900, 901], 9.0) == 0


@given(st.lists(st.tuples(st.lists(st.integers(0, 0xFFFF), max_size=30), st.floats(0, 10)), max_size=30))
def test_whatever_is_asked_for_the_share_is_one(calls: list[tuple[list[int], float]]) -> None:
    outcry = Outcry()
    for lost, now in calls:
        assert 0 <= outcry.asked(lost, now) <= 1
