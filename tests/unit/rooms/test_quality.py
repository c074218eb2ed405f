"""The aggregate of a sitting: sums that never lose a second, and a summary that stays within what was seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rooms.quality import Aggregate, Carried, Reported, decode, encode, summary, watched
from tests.unit.rooms.histories import Op, command, in_session, played

carried = st.builds(
    Carried,
    up_loss=st.floats(0, 1),
    down_loss=st.floats(0, 1),
    rtt_ms=st.none() | st.integers(0, 9000),
    picture=st.sampled_from(["high", "low", "none", "off"]),
)
counts = st.integers(0, 10_000)
reported = st.builds(Reported, counts, counts, counts, counts).map(
    lambda r: Reported(r.freezes, r.frozen_ms, min(r.concealed, r.heard), r.heard)
)
looks = st.lists(st.tuples(st.integers(0, 6000), st.none() | carried, reported), max_size=40)


def after(seen: list[tuple[int, Carried | None, Reported]]) -> Aggregate:
    aggregate = Aggregate()
    for ms, one, said in seen:
        aggregate = aggregate.look(ms, one, said)
    return aggregate


@given(looks)
def test_every_second_is_counted_once(seen: list[tuple[int, Carried | None, Reported]]) -> None:
    whole = after(seen)
    there = [(ms, one) for ms, one, _ in seen if one is not None]
    assert whole.watched_ms == sum(ms for ms, _, _ in seen)
    assert whole.connected_ms == sum(ms for ms, _ in there) == sum(whole.up_loss.values())
    assert sum(whole.down_loss.values()) == sum(whole.picture.values()) == whole.connected_ms
    assert sum(whole.rtt.values()) == sum(ms for ms, one in there if one.rtt_ms is not None)
    assert (whole.freezes, whole.heard) == (sum(r.freezes for *_, r in seen), sum(r.heard for *_, r in seen))
    assert decode(encode(whole)) == whole


@given(looks)
def test_a_summary_stays_within_what_was_seen(seen: list[tuple[int, Carried | None, Reported]]) -> None:
    of = summary(after(seen))
    losses = [1000 * one.down_loss for _, one, _ in seen if one is not None]
    if losses:
        assert of.down_loss_worst is not None
        assert abs(of.down_loss_worst - max(losses)) <= 3.5
        assert of.down_loss_median is not None
        assert min(losses) - 3.5 <= of.down_loss_median <= of.down_loss_worst
    else:
        assert of.down_loss_worst is None
        assert of.down_loss_median is None
    assert all(0 <= share <= 1000 for share in (of.picture_low, of.picture_none, of.concealed) if share is not None)
    assert of.connected_s <= of.watched_s


def test_the_median_is_of_time_not_of_looks() -> None:
    bad, good = Carried(0.2, 0.2, 900, "none"), Carried(0, 0.01, 40, "high")
    of = summary(after([(100, bad, Reported())] * 10 + [(6000, good, Reported(1, 2500, 10, 1000))]))
    assert (of.down_loss_median, of.down_loss_worst) == (10, 200)
    assert (of.rtt_median_ms, of.rtt_worst_ms) == (40, 900)
    assert (of.picture_none, of.picture_low) == (143, 0)
    assert (of.concealed, of.freezes, of.frozen_s) == (10, 1, 2)


def test_the_first_connection_is_no_reconnection() -> None:
    assert summary(Aggregate()).reconnects == 0
    assert summary(Aggregate().connected()).reconnects == 0
    assert summary(Aggregate().connected().connected().connected()).reconnects == 2


def test_only_those_for_whom_something_flows_are_watched() -> None:
    def seats(*more: Op) -> set[str]:
        return {seat.id for seat in watched(played([*in_session("a1", "b1"), *more]).room)}

    everybody = {"seat_m", "seat_a1", "seat_b1"}
    assert seats() == everybody
    assert seats(command("m", "caucus.enter", side="B")) == {"seat_m", "seat_b1"}
    assert seats(Op("offline", "a1")) == everybody
    assert seats(command("m", "seat.remove", seat="seat_a1")) == {"seat_m", "seat_b1"}
    assert seats(command("m", "session.pause")) == set()
    assert seats(Op("recorder", name="failed")) == set()
