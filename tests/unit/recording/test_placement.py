"""Packets on the clock."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.ordering import Ordered
from recording.placement import PAUSE_NS, STICKY_NS, place
from recording.rtp import Rtp

MS = 1_000_000
RATE = 48_000
STEP_NS = 20 * MS


def packet(index: int, stamp_ns: int, arrival_ns: int, run: int = 0) -> Ordered:
    stamp = stamp_ns * RATE // 1_000_000_000
    return Ordered(run, index, stamp, arrival_ns, Rtp(index & 0xFFFF, stamp & 0xFFFFFFFF, 1, False, b""))


def errors(packets: list[tuple[int, Ordered]]) -> list[int]:
    """How far each (true time, packet) is put from its true time, in nanoseconds."""
    true = {item.index: at for at, item in packets}
    placed = list(place((item for _, item in packets), RATE))
    assert [item.index for _, item in placed] == [item.index for _, item in packets]
    return [at - true[item.index] for at, item in placed]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), jitter_ms=st.integers(0, 150), drift_ppm=st.integers(-150, 150))
def test_jitter_and_a_drifting_clock_move_nothing_by_a_tenth_of_a_second(
    seed: int, jitter_ms: int, drift_ppm: int
) -> None:
    chance = random.Random(seed)
    packets = []
    for index in range(2000):
        at = index * STEP_NS
        stamp = 123 * MS + at + at * drift_ppm // 1_000_000
        packets.append((at, packet(index, stamp, at + chance.randint(0, jitter_ms) * MS)))
    assert max(abs(error) for error in errors(packets)) < 100 * MS


def test_without_trouble_the_spacing_is_exact() -> None:
    chance = random.Random(4)
    packets = [(index * STEP_NS, packet(index, index * STEP_NS, index * STEP_NS + chance.randint(0, 30) * MS))
               for index in range(1000)]  # fmt: skip
    assert len(set(errors(packets))) == 1


@pytest.mark.parametrize("gap_ms", [300, 1_000, 10_000, 600_000])
@pytest.mark.parametrize("counts_on", [True, False])
def test_a_pause_stays_as_long_as_it_was(gap_ms: int, counts_on: bool) -> None:
    packets = []
    for index in range(200):
        at = index * STEP_NS + (gap_ms * MS if index >= 100 else 0)
        packets.append((at, packet(index, at if counts_on else index * STEP_NS, at)))
    assert max(abs(error) for error in errors(packets)) <= STICKY_NS


def test_a_stalled_network_moves_nothing() -> None:
    packets = []
    for index in range(500):
        at = index * STEP_NS
        packets.append((at, packet(index, at, max(at, 5_000 * MS + index * 1000) if index >= 100 else at)))
    assert max(abs(error) for error in errors(packets)) <= STICKY_NS


@pytest.mark.parametrize("leap_s", [5, 3600, -3600])
def test_absurd_timestamps_start_anew_from_the_arrival(leap_s: int) -> None:
    packets = []
    for index in range(400):
        at = index * STEP_NS
        packets.append((at, packet(index, at + (leap_s * 1_000_000_000 if index >= 200 else 0), at)))
    assert max(abs(error) for error in errors(packets)) <= STICKY_NS


def test_runs_are_placed_each_for_itself() -> None:
    packets = [(index * STEP_NS, packet(index, index * STEP_NS * (1 if index < 50 else 3), index * STEP_NS,
                                        run=int(index >= 50))) for index in range(51)]  # fmt: skip
    assert errors(packets) == [0] * 51


@given(
    stamps=st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=300),
    steps_ms=st.lists(st.integers(0, 3000), min_size=300, max_size=300),
)
def test_nothing_is_put_after_its_arrival_whatever_the_timestamps(stamps: list[int], steps_ms: list[int]) -> None:
    arrival, packets = 0, []
    for index, (stamp, step) in enumerate(zip(stamps, steps_ms, strict=False)):
        arrival += step * MS
        packets.append(Ordered(0, index, stamp, arrival, Rtp(0, 0, 1, False, b"")))
    placed = list(place(packets, RATE))
    assert [item for _, item in placed] == packets
    assert all(at <= item.arrival_ns + PAUSE_NS for at, item in placed)


@given(percent=st.integers(0, 400), seed=st.integers(0, 2**32), jitter_ms=st.integers(0, 30))
def test_a_sender_whose_clock_runs_fast_or_slow_stays_in_its_time(percent: int, seed: int, jitter_ms: int) -> None:
    chance = random.Random(seed)
    packets = []
    for index in range(400):
        at = index * STEP_NS
        packets.append((at, packet(index, at * percent // 100, at + chance.randint(0, jitter_ms) * MS)))
    # The last two hundred milliseconds have too little ahead of them to tell a pause from jitter.
    assert max(abs(error) for error in errors(packets)[:-10]) <= 100 * MS + jitter_ms * MS


@given(late=st.dictionaries(st.integers(1, 95).map(lambda index: 4 * index), st.integers(1_100, 4_000)))
def test_packets_that_were_overtaken_by_seconds_are_where_they_belong(late: dict[int, int]) -> None:
    packets = [
        (index * STEP_NS, packet(index, index * STEP_NS, (index * 20 + late.get(index, 0)) * MS))
        for index in range(400)
    ]
    assert max(abs(error) for error in errors(packets)) <= STICKY_NS
