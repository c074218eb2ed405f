"""Where an act lies in a sitting's recording, and what was played of a film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recording.clock import to_utc
from recording.position import ENDED, OPENED, STARTED, Position, positions, since
from recording.watched import NEAR_MS, merged

START_S = 1_772_326_800


@dataclass(frozen=True)
class Noted:
    seq: int
    act: str
    second: float
    """On the true line of time."""
    boot: str = "one"
    stepped_s: float = 0.0
    """How far the wall clock is off by now."""
    payload: Mapping[str, Any] | None = field(default_factory=lambda: {"session": "ses_1"})
    actor: str = "person"

    @property
    def at(self) -> str:
        return to_utc(round((START_S + self.second + self.stepped_s) * 1000) * 1_000_000)

    @property
    def mono_ns(self) -> int:
        """Each process counts from a moment of its own."""
        return round(self.second * 1000) * 1_000_000 + (7 if self.boot == "one" else 10**15)


def test_acts_lie_from_the_start_of_their_own_sitting() -> None:
    entries = [
        Noted(1, "case.created", 0),
        Noted(2, OPENED, 10),
        Noted(3, "seat.admitted", 15),
        Noted(4, STARTED, 20),
        Noted(5, "agreement.signed", 81.5),
        Noted(6, ENDED, 90),
        Noted(7, "case.edited", 95),
        Noted(8, STARTED, 200, payload={"session": "ses_2"}),
        Noted(9, "agreement.locked", 203),
    ]
    assert positions(entries) == {
        2: Position("ses_1", -10_000),
        3: Position("ses_1", -5_000),
        4: Position("ses_1", 0),
        5: Position("ses_1", 61_500),
        6: Position("ses_1", 70_000),
        8: Position("ses_2", 0),
        9: Position("ses_2", 3_000),
    }


def test_what_came_before_the_opening_is_not_of_the_sitting() -> None:
    entries = [Noted(1, "seat.waiting", 1), Noted(2, OPENED, 2), Noted(3, STARTED, 3)]
    assert set(positions(entries)) == {2, 3}


@given(st.floats(0, 20_000), st.floats(-7200, 7200))
def test_a_stepped_wall_clock_moves_nothing_within_a_process(later: float, step: float) -> None:
    start, act = Noted(1, STARTED, 0), Noted(2, "agreement.signed", later, stepped_s=step)
    assert abs(since(start, act) - later * 1000) <= 1


@given(st.floats(0, 20_000))
def test_another_process_is_tied_by_the_wall_clock(later: float) -> None:
    start, act = Noted(1, STARTED, 0), Noted(2, "agreement.signed", later, boot="two")
    assert abs(since(start, act) - later * 1000) <= 1


STRETCHES = st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 60_000)), max_size=30)


@given(STRETCHES)
def test_played_stretches_are_in_order_apart_and_cover_the_same(stretches: list[tuple[int, int]]) -> None:
    found = merged(stretches)
    assert all(start < end for start, end in found)
    assert all(later[0] > earlier[1] + NEAR_MS for earlier, later in pairwise(found))
    for start, end in stretches:
        if start < end:
            assert any(first <= start and end <= last for first, last in found)
    assert merged(found) == found
