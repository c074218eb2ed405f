"""From figures to words, and who is told what: nobody learns more than their view of the room shows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.model import Room
from rooms.view import room_view
from signaling.messages.quality import QualityReport
from signaling.quality import (
    Figures,
    Heard,
    Known,
    Steady,
    clamped,
    grade_of,
    news_for,
    sending_of,
    words_of,
)
from tests.unit.rooms.histories import GUESTS, Op, command, histories, host_ops, in_session, new_world, own_ops, played

GOOD = Figures(
    up_kbps=700,
    up_loss=0,
    down_kbps=1400,
    down_loss=0,
    rtt_ms=40,
    down_estimate_kbps=3000,
    up_estimate_kbps=1500,
    picture="high",
    sending="high",
)
WORDS = ("good", "fair", "poor")
LAYERS = st.sampled_from(["high", "low", "none", "off"])
A = [short for short, (_, side) in GUESTS.items() if side == "A"]
OUTSIDE = [short for short, (_, side) in GUESTS.items() if side != "A"]

figures = st.builds(
    Figures,
    up_kbps=st.integers(0, 5000),
    up_loss=st.floats(0, 1),
    down_kbps=st.integers(0, 5000),
    down_loss=st.floats(0, 1),
    rtt_ms=st.none() | st.integers(0, 5000),
    down_estimate_kbps=st.none() | st.integers(0, 5000),
    up_estimate_kbps=st.none() | st.integers(0, 5000),
    picture=LAYERS,
    sending=LAYERS,
)
hearings = st.builds(Heard, st.integers(0, 9), st.none() | st.floats(0, 1))


def like(**changes: Any) -> Figures:
    return GOOD.model_copy(update=changes)


def known(of: Figures, heard: Heard | None = None) -> Known:
    heard = heard or Heard()
    return Known(of, words_of(of, heard), heard)


def test_what_is_good_fair_and_poor() -> None:
    assert grade_of(GOOD, Heard()) == "good"
    assert grade_of(like(picture="low"), Heard()) == "good"
    for changes in ({"down_loss": 0.03}, {"up_loss": 0.05}, {"rtt_ms": 300}, {"sending": "none"}):
        assert grade_of(like(**changes), Heard()) == "fair", changes
    for changes in ({"down_loss": 0.1}, {"rtt_ms": 800}, {"picture": "none"}):
        assert grade_of(like(**changes), Heard()) == "poor", changes
    assert grade_of(GOOD, Heard(0, 0.05)) == "poor"
    assert grade_of(like(up_loss=0.2), Heard()) == "poor"


def test_a_loss_that_is_mended_is_no_great_trouble() -> None:
    assert grade_of(like(down_loss=0.12), Heard(0, 0.0)) == "fair"
    assert grade_of(like(down_loss=0.12), Heard(0, 0.02)) == "poor"
    assert grade_of(like(down_loss=0.2), Heard(0, 0.0)) == "poor"


def test_a_small_picture_of_ones_own_is_the_networks_only_with_a_sign_of_it() -> None:
    assert sending_of(like(sending="low")) == "ok"
    assert sending_of(like(sending="low", up_estimate_kbps=None)) == "ok"
    assert sending_of(like(sending="low", up_estimate_kbps=300)) == "weak"
    assert sending_of(like(sending="low", up_loss=0.04)) == "weak"
    assert sending_of(like(up_loss=0.08)) == "weak"
    assert sending_of(like(sending="none")) == "unseen"
    assert sending_of(like(sending="off", up_loss=0.5)) == "ok"


@given(figures, hearings, st.floats(0, 1), st.integers(0, 5000))
def test_more_loss_and_delay_never_grade_better(of: Figures, heard: Heard, loss: float, rtt: int) -> None:
    worse = of.model_copy(update={"down_loss": max(of.down_loss, loss), "rtt_ms": max(of.rtt_ms or 0, rtt)})
    assert WORDS.index(grade_of(worse, heard)) >= WORDS.index(grade_of(of, heard))


@given(st.lists(st.sampled_from("ab"), max_size=40), st.integers(1, 4))
def test_a_word_changes_only_after_it_was_seen_often_enough(looks: list[str], needed: int) -> None:
    steady: Steady[str] = Steady("a", needed)
    for at, look in enumerate(looks):
        before, steady = steady, steady.see(look)
        last = looks[max(0, at + 1 - needed) : at + 1]
        if steady.shown != before.shown:
            assert last == [steady.shown] * needed
        if last == [look] * needed:
            assert steady.shown == look


@given(*(st.integers(0, 10**9) for _ in range(4)), st.floats(-1, 100))
def test_a_browser_cannot_tell_what_cannot_have_happened(
    freezes: int, frozen_ms: int, concealed: int, heard: int, elapsed: float
) -> None:
    said = QualityReport(freezes=freezes, frozen_ms=frozen_ms, concealed=concealed, heard=heard)
    taken = clamped(said, elapsed)
    assert 0 <= taken.concealed <= taken.heard == heard
    assert 0 <= taken.frozen_ms <= max(0, 8000 * elapsed) + 8
    assert 0 <= taken.freezes <= max(0, 80 * elapsed) + 1


everything = st.fixed_dictionaries({f"seat_{short}": st.builds(known, figures, hearings) for short in ("m", *GUESTS)})


@given(histories(), everything)
@settings(max_examples=40)
def test_nobody_is_told_more_than_their_view_shows(history: list[Op], all_known: dict[str, Known]) -> None:
    world = new_world()
    for step, op in enumerate(history):
        world.play(op, step)
    for seat in world.room.seats.values():
        view = room_view(world.room, seat.id)
        news = news_for(view, all_known)
        if seat.presence != "admitted":
            assert news is None
            continue
        assert news is not None
        assert (news.grade, news.picture, news.sending) == all_known[seat.id].words
        told = {one.seat for one in news.seats}
        if seat.role != "mediator":
            assert told == set()
        assert seat.id not in told
        assert told <= {peer.seat for peer in view.peers if peer.online and not peer.apart}


def _outside(room: Room, all_known: dict[str, Known]) -> dict[str, object]:
    return {short: news_for(room_view(room, f"seat_{short}"), all_known) for short in OUTSIDE}


inside = st.one_of(own_ops(["m", *A]), host_ops(A), st.just(Op("acknowledge")))


@given(st.lists(inside, max_size=15), everything, everything)
@settings(max_examples=40)
def test_nothing_that_happens_inside_a_caucus_changes_what_others_are_told(
    acts: list[Op], before: dict[str, Known], after: dict[str, Known]
) -> None:
    world = played([*in_session("a1", "b1", "b2", "n1"), command("m", "caucus.enter", side="A")])
    own = {f"seat_{short}" for short in OUTSIDE}
    told = _outside(world.room, before)
    for step, act in enumerate(acts, 200):
        world.play(act, step)
    # The members' figures change as they like; the outsiders' own stay.
    assert _outside(world.room, {**after, **{seat: before[seat] for seat in own}}) == told
