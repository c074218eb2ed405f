"""Sending order out of arrival order."""

from __future__ import annotations

import itertools
import random
import struct

from hypothesis import given
from hypothesis import strategies as st

from formats.framing import Captured
from recording.ordering import WINDOW, Ordered, in_order, signed_distance


def packet(number: int, *, first: int = 0, ssrc: int = 1, step: int = 960, first_stamp: int = 0) -> Captured:
    sequence, stamp = (first + number) & 0xFFFF, (first_stamp + number * step) & 0xFFFFFFFF
    return Captured(number, struct.pack(">BBHII", 0x80, 96, sequence, stamp, ssrc) + struct.pack(">I", number))


def number_of(ordered: Ordered) -> int:
    return int.from_bytes(ordered.rtp.payload, "big")


@given(st.integers(0, 2**16 - 1), st.integers(-(2**15), 2**15 - 1))
def test_the_shortest_way_on_a_wrapping_counter(reference: int, way: int) -> None:
    assert signed_distance((reference + way) & 0xFFFF, reference, 16) == way


@given(
    first=st.integers(0, 0xFFFF),
    first_stamp=st.integers(0, 2**32 - 1),
    count=st.integers(1, 300),
    seed=st.integers(0, 2**32),
    reach=st.integers(0, WINDOW - 30),
)
def test_reordering_duplicates_and_wraps_come_out_as_sent(
    first: int, first_stamp: int, count: int, seed: int, reach: int
) -> None:
    chance = random.Random(seed)
    sent = [packet(number, first=first, first_stamp=first_stamp) for number in range(count)]
    # The very first packet stays in front: what arrives before it could not be told from what precedes it.
    mixed = sent[:1] + sorted(sent[1:], key=lambda item: item.arrival_ns + chance.randint(0, reach))
    doubled = [item for item in mixed for _ in range(chance.choice((1, 1, 2)))]
    got = list(in_order(doubled))
    assert [number_of(item) for item in got] == list(range(count))
    assert all(after.index - before.index == 1 for before, after in itertools.pairwise(got))
    assert all(after.timestamp - before.timestamp == 960 for before, after in itertools.pairwise(got))


@given(lost=st.sets(st.integers(1, 398)), first=st.integers(0, 0xFFFF))
def test_losses_leave_holes_in_the_index_and_nothing_else(lost: set[int], first: int) -> None:
    got = list(in_order(packet(number, first=first) for number in range(400) if number not in lost))
    assert [number_of(item) for item in got] == [number for number in range(400) if number not in lost]
    assert all(item.index - got[0].index == number_of(item) for item in got)


def test_a_new_source_begins_a_new_run() -> None:
    sent = [packet(number) for number in range(5)] + [packet(number, first=900, ssrc=2) for number in range(5)]
    got = list(in_order(sent))
    assert [(item.run, number_of(item)) for item in got] == [(run, n) for run in (0, 1) for n in range(5)]


def test_a_sequence_that_starts_over_begins_a_new_run_and_a_lone_stray_does_not() -> None:
    stray = in_order([packet(0, first=30_000), packet(0, first=5), packet(1, first=30_000)])
    assert [item.run for item in stray] == [0, 0]
    again = in_order([packet(number, first=first) for first in (30_000, 5) for number in range(10)])
    assert [item.run for item in again] == [0] * 10 + [1] * 10, "the first of the new run is kept"


def test_what_is_no_rtp_is_left_out() -> None:
    assert [number_of(item) for item in in_order([packet(0), Captured(1, b"\x80"), packet(1)])] == [0, 1]
