"""Slot arithmetic: whatever sources do, the receiver sees one stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.continuity import AUDIO_STEP, SlotClock
from media.serial import ahead16, ahead32

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
# One source: where its counters start, and the gap in wall time (seconds) before it.
sources = st.lists(st.tuples(u16, u32, st.floats(0, 9000), st.integers(1, 40)), min_size=2, max_size=6)


@given(st.integers(-0x7FFF, 0x7FFF), u16)
def test_serial_distance_undoes_addition(step: int, start: int) -> None:
    assert ahead16(start + step & 0xFFFF, start) == step


@given(st.integers(-0x7FFFFFFF, 0x7FFFFFFF), u32)
def test_serial_distance_of_timestamps(step: int, start: int) -> None:
    assert ahead32(start + step & 0xFFFFFFFF, start) == step


@given(sources, u16, u32, st.sampled_from([(48000, AUDIO_STEP), (90000, 1)]))
def test_switches_leave_no_seam(
    lives: list[tuple[int, int, float, int]], seq: int, ts: int, kind: tuple[int, int]
) -> None:
    rate, step = kind
    clock = SlotClock(rate, step, seq, ts)
    last_seq, last_ts, now = seq, ts, 100.0
    for first_seq, first_ts, gap, count in lives:
        now += gap
        for index in range(count):
            if index == 0:
                clock.begin(first_seq, first_ts, now)
            in_ts = first_ts + index * 960 & 0xFFFFFFFF
            sent = clock.carry(first_seq + index & 0xFFFF, in_ts, now)
            assert sent is not None
            assert sent[0] == (last_seq + 1) & 0xFFFF
            moved = ahead32(sent[1], last_ts)
            assert moved > 0
            if step == AUDIO_STEP:
                assert moved % AUDIO_STEP == 0
            last_seq, last_ts = sent
            now += 0.02


@given(u16, u32, st.floats(0.0, 3000.0))
def test_the_timestamp_advances_by_the_time_that_passed(seq: int, ts: int, gap: float) -> None:
    clock = SlotClock(90000, 1, 0, 0)
    clock.begin(1, 1, 5.0)
    before = clock.carry(1, 1, 5.0)
    clock.begin(seq, ts, 5.0 + gap)
    after = clock.carry(seq, ts, 5.0 + gap)
    assert before is not None
    assert after is not None
    assert ahead32(after[1], before[1]) == max(round(gap * 90000), 1)


@given(u16, st.integers(1, 0x7FFF))
def test_packets_older_than_the_switch_are_dropped(seq: int, behind: int) -> None:
    clock = SlotClock(48000, AUDIO_STEP, 7, 7)
    clock.begin(seq, 0, 1.0)
    assert clock.carry(seq, 0, 1.0) is not None
    assert clock.carry(seq - behind & 0xFFFF, 0, 1.0) is None


@given(u16, st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_repeats_map_alike_and_move_nothing(start: int, order: list[int]) -> None:
    clock = SlotClock(90000, 1, 100, 100)
    clock.begin(start, 500, 1.0)
    sent: dict[int, tuple[int, int] | None] = {}
    highest = 0
    for step in order:
        out = clock.carry(start + step & 0xFFFF, 500 + step, 1.0)
        assert sent.setdefault(step, out) == out
        highest = max(highest, step)
        assert clock.seq == (101 + highest) & 0xFFFF


def test_a_source_may_run_for_hours() -> None:
    clock = SlotClock(48000, AUDIO_STEP, 0, 0)
    clock.begin(0, 0, 0.0)
    for index in range(200_000):
        assert clock.carry(index & 0xFFFF, index * 960 & 0xFFFFFFFF, index * 0.02) is not None
