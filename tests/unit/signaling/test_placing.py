"""Rooms go to the worker with the most to spare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.live.placing import ROOM_SHARE, STEP, Standing, least_loaded

standings = st.lists(
    st.builds(
        Standing,
        name=st.text("abc", min_size=1, max_size=3),
        load=st.floats(0, 4),
        capacity=st.floats(0.5, 4),
        rooms=st.integers(0, 9),
        fresh=st.integers(0, 9),
    ),
    min_size=1,
    unique_by=lambda standing: standing.name,
)


@given(standings, st.randoms())
def test_the_choice_is_the_least_loaded_whatever_the_order(workers: list[Standing], chance: object) -> None:
    best = least_loaded(workers)
    chosen = next(worker for worker in workers if worker.name == best)
    assert all(chosen.share <= worker.share + STEP for worker in workers)
    assert least_loaded(sorted(workers, key=lambda worker: worker.rooms)) == best
    assert least_loaded(reversed(workers)) == best


def test_where_there_is_nobody_there_is_no_choice() -> None:
    assert least_loaded([]) is None


def test_idle_workers_share_rooms_evenly() -> None:
    """Also before their beats tell of the rooms that they were just given."""
    rooms = {"a": 0, "b": 0, "c": 0}
    for _ in range(9):
        name = least_loaded(Standing(each, 0.01, 1, count, count) for each, count in rooms.items())
        assert name is not None
        rooms[name] += 1
    assert set(rooms.values()) == {3}


def test_capacity_counts() -> None:
    assert least_loaded([Standing("small", 0.4, 1, 0, 0), Standing("large", 0.8, 4, 9, 0)]) == "large"
    assert ROOM_SHARE > STEP, "a room just placed shows"
