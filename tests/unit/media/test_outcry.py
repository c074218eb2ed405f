"""When requests for repetition mean that a path has collapsed, and when they do not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.downlink import Outlook
from media.layers import Layers, Want
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


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 1000))
def test_most_lost_is_soon_an_outcry(seed: int) -> None:
    cries = _cries(0.7, 2, seed)
    assert cries
    assert 0.5 <= cries[0] <= 1


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.floats(0, 0.1))
def test_a_lossy_radio_is_none(seed: int, loss: float) -> None:
    assert _cries(loss, 20, seed) == []


def test_an_outage_of_the_radio_is_none() -> None:
    outcry = Outcry()
    assert outcry.asked(range(100, 180), 5.0) == 0
    assert outcry.asked(range(100, 180), 5.1) == 0
    assert outcry.asked([400, 900, 901], 9.0) == 0


def test_while_something_is_tried_one_bad_window_is_enough() -> None:
    assert Outcry().asked(range(200, 300, 2), 5.0) == 0
    assert Outcry().asked(range(200, 300, 2), 5.0, trying=True) == pytest.approx(0.5, abs=0.03)
    assert Outcry().asked(range(200, 400, 5), 5.0, trying=True) == 0


@given(st.lists(st.tuples(st.lists(st.integers(0, 0xFFFF), max_size=30), st.floats(0, 10)), max_size=30))
def test_whatever_is_asked_for_the_share_is_one(calls: list[tuple[list[int], float]]) -> None:
    outcry = Outcry()
    for lost, now in calls:
        assert 0 <= outcry.asked(lost, now) <= 1


def test_a_collapse_takes_the_large_picture_at_once_and_for_a_while() -> None:
    layers, wants = Layers(), [Want(0, 150_000, 800_000)]
    gone = Outlook(250_000, strained=True, collapsed=True)
    assert layers.choose(0.0, wants, 1, Outlook(2_000_000)) == {0: "high"}
    assert layers.choose(0.5, wants, 1, gone) == {0: "low"}
    assert layers.choose(0.8, wants, 1, gone) == {0: "low"}  # what was sent before is still asked for
    for second in range(2, 16):
        assert layers.choose(second, wants, 1, Outlook(400_000, roomy=True)) == {0: "low"}
    assert layers.choose(17, wants, 1, Outlook(400_000, roomy=True)) == {0: "high"}
    assert layers.choose(18, wants, 1, gone) == {0: "low"}  # a try that failed
