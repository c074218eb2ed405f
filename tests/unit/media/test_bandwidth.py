"""What a publisher's path carries: found soon, held high, kept low when the path is thin, by whatever network."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bandwidth import CAP, FLOOR, START, Uplink, sent_at
from media.delays import UNITS
from tests.support.impairment import Conditions, Path
from tests.unit.media.uplinks import Publisher, Second

lines = st.builds(
    Conditions,
    kbps=st.floats(200, 2000),
    queue_ms=st.floats(150, 1500),
    delay_ms=st.floats(0, 300),
    jitter_ms=st.floats(0, 30),
    loss=st.sampled_from([0.0, 0.0, 0.02, 0.05]),
)


def _mean(rows: list[Second], first: int, last: int) -> float:
    return fmean(row.received for row in rows[first:last])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(lines, st.integers(0, 99), st.floats(0, 64))
def test_a_constant_path_is_used_to_four_fifths_after_six_seconds(line: Conditions, seed: int, clock: float) -> None:
    rows = Publisher(Path(line, seed), clock=clock).run(20)
    carries = line.kbps or 0
    assert fmean(row.estimate for row in rows[5:]) >= 0.8 * carries * 1000 * (1 - line.loss)
    assert _mean(rows, 6, 20) >= 0.7 * carries * 1000 * (1 - line.loss)
    # And a queue does not stand: people would talk past each other.
    assert fmean(row.queue_ms for row in rows[6:]) < 150


def test_the_line_that_held_browsers_at_a_fifth() -> None:
    rows = Publisher(Path(Conditions(kbps=1500, delay_ms=25, jitter_ms=10), 3), climb=1.08).run(12)
    assert rows[1].estimate > 1_200_000  # while a browser still jumps
    assert _mean(rows, 6, 12) > 1_200_000


def test_jitter_and_stalls_are_no_congestion() -> None:
    for publisher in (
        Publisher(Path(Conditions(delay_ms=50, jitter_ms=40), 4)),
        Publisher(Path(Conditions(delay_ms=50, jitter_ms=10), 5), stall=0.004),
    ):
        rows = publisher.run(30)
        assert fmean(row.estimate for row in rows[6:]) > 0.8 * CAP


@pytest.mark.parametrize("loss", [0.1, 0.2])
def test_loss_that_sending_less_does_not_cure_is_borne(loss: float) -> None:
    rows = Publisher(Path(Conditions(delay_ms=40, loss=loss), 6)).run(40)
    assert fmean(row.estimate for row in rows[25:]) > 1_000_000


def test_loss_by_a_line_without_queue_is_cured() -> None:
    rows = Publisher(Path(Conditions(kbps=500, delay_ms=40, queue_ms=40), 6)).run(20)
    for row in rows[8:]:
        assert row.sent < 750_000
        assert row.received > 250_000


def test_a_line_that_becomes_thin_and_wide_again() -> None:
    good, thin = Conditions(kbps=1500, delay_ms=30), Conditions(kbps=150, delay_ms=30)
    rows = Publisher(Path([(0, good), (10, thin), (20, good)])).run(35)
    assert fmean(row.estimate for row in rows[5:10]) > 1_200_000
    assert rows[11].estimate < 200_000  # within two seconds
    assert max(row.queue_ms for row in rows[13:20]) < 200
    assert max(row.estimate for row in rows[20:32]) > 1_200_000


def test_a_longer_route_is_not_a_queue_for_ever() -> None:
    line = [(0.0, Conditions(kbps=1500, delay_ms=20)), (10.0, Conditions(kbps=1500, delay_ms=250))]
    rows = Publisher(Path(line)).run(40)
    assert fmean(row.estimate for row in rows[28:]) > 1_100_000


def test_a_publisher_with_little_to_say_keeps_its_estimate() -> None:
    rows = Publisher(Path(Conditions(kbps=3000, delay_ms=30)), most=150_000).run(15)
    assert {row.estimate for row in rows[4:]} == {rows[4].estimate}
    assert START <= rows[4].estimate <= 1.5 * 300_000 + 200_000


def test_without_stamps_loss_alone_keeps_the_line() -> None:
    rows = Publisher(Path(Conditions(kbps=400, delay_ms=30)), stamped=False).run(25)
    assert fmean(row.estimate for row in rows[10:]) < 550_000
    assert _mean(rows, 10, 25) > 320_000


def test_a_thin_line_is_told_between_ticks() -> None:
    uplink = Uplink()
    path = Path(Conditions(kbps=300, delay_ms=20))
    told = None
    for index in range(400):
        at = 50 + index * 0.01
        for came in path.send(at, 1000):  # 800 kbit/s
            if uplink.packet(came, int(at * UNITS) & 0xFFFFFF, 1000) and told is None:
                told = came - 50
    assert told is not None
    assert told < 1.0
    assert uplink.estimate < 310_000


def test_timestamps_may_stand_in_for_send_times() -> None:
    uplink = Uplink()
    path = Path(Conditions(kbps=300, delay_ms=20))
    for index in range(200):
        at = 90.0 + index * 0.04
        for part in range(4):  # a picture of four packets, all of one timestamp
            for came in path.send(at + part * 0.001, 1000):
                uplink.packet(came, sent_at(int(at * 90000) & 0xFFFFFFFF, 90000), 1000)
    assert uplink.estimate < 310_000


hostile = st.lists(
    st.tuples(
        st.floats(0, 40),
        st.one_of(st.none(), st.integers(0, 0xFFFFFF), st.integers(-(1 << 40), 1 << 40)),
        st.integers(0, 65535),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(hostile, st.lists(st.floats(-1, 2), min_size=1, max_size=8), st.integers(FLOOR, 10_000_000))
def test_whatever_comes_the_estimate_stays_in_bounds(
    packets: list[tuple[float, int | None, int]], losses: list[float], cap: int
) -> None:
    uplink = Uplink(cap)
    now = 10.0
    for index, (pause, sent, size) in enumerate(packets):
        now += pause * pause / 40  # mostly short ones
        before = uplink.estimate
        cut = uplink.packet(now, sent, size)
        assert cut == (uplink.estimate < before)
        if index % 5 == 0:
            assert uplink.tick(now, losses[index % len(losses)]) == uplink.estimate
        assert FLOOR <= uplink.estimate <= cap


@given(st.integers(0, 0xFFFFFFFF), st.integers(1, 90000 * 10))
def test_timestamps_become_times(stamp: int, later: int) -> None:
    if stamp + later <= 0xFFFFFFFF:
        passed = (sent_at(stamp + later, 90000) - sent_at(stamp, 90000)) & 0xFFFFFF
        assert abs(passed / UNITS - later / 90000) < 2 / UNITS


def test_growth_is_steady() -> None:
    rows = Publisher(Path(Conditions())).run(10)
    assert all(before.estimate <= after.estimate for before, after in pairwise(rows))
    assert rows[-1].estimate == CAP
