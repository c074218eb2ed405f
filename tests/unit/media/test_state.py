"""Reception, key requests, routing, the fence: small pure states."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from media.fence import Fence
from media.keyframes import REPEAT, KeyRequest
from media.reception import LATE, NEW, RESTART, SEEN, WINDOW, Reception
from media.router import MAX_BOUND, Place, Router
from media.stream import HIGH, LOW


@given(st.integers(0, 0xFFFF), st.lists(st.integers(0, WINDOW - 2), max_size=200))
def test_each_packet_counts_once(start: int, order: list[int]) -> None:
    reception = Reception(48000)
    reception.take(start, 0, 10, 1.0)
    seen = {0}
    for step in order:
        verdict = reception.take(start + step & 0xFFFF, 0, 10, 1.0)
        assert verdict == (SEEN if step in seen else NEW if step > max(seen) else LATE)
        seen.add(step)
    assert reception.packets == len(seen)
    assert reception.highest == start + max(seen)
    report = reception.report(9, 1.0)
    assert report.lost == max(seen) + 1 - len(seen)


def test_what_is_too_old_to_tell_is_a_duplicate_and_a_jump_is_a_new_life() -> None:
    reception = Reception(90000)
    assert reception.take(1000, 0, 1, 0.0) == NEW
    assert reception.take(1000 + WINDOW, 0, 1, 0.0) == NEW
    assert reception.take(1000, 0, 1, 0.0) == SEEN
    assert reception.take(40000, 0, 1, 0.0) == RESTART
    assert reception.take(40001, 0, 1, 0.0) == NEW


def test_the_report_tells_the_loss_since_the_last_one() -> None:
    reception = Reception(48000)
    for seq in (1, 2, 3, 4):
        reception.take(seq, 0, 1, 0.0)
    assert reception.report(5, 0.0).fraction_lost == 0
    for seq in (6, 8):
        reception.take(seq, 0, 1, 0.0)
    assert reception.report(5, 0.0).fraction_lost == 128
    assert reception.report(5, 0.0).fraction_lost == 0


@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=400))
def test_key_requests_are_throttled_and_repeated_until_one_passes(steps: list[float]) -> None:
    request, now, sent = KeyRequest(), 0.0, []
    request.want(now)
    for step in steps:
        now += step
        request.want(now)
        if request.due(now):
            sent.append(now)
    assert sent
    assert all(later - earlier >= REPEAT for earlier, later in pairwise(sent))
    request.passed()
    assert not request.due(now + 10)


def test_ssrcs_are_bound_once_and_kept() -> None:
    router = Router({5: Place("1"), 6: Place("nowhere")}, {"0": (), "1": (), "2": ("q", "h")})

    def place(
        ssrc: int, mid: bytes = b"", rid: bytes = b"", repaired: bytes = b"", repair: bool = False
    ) -> Place | None:
        return router.place(ssrc, mid, rid, repaired, repair)

    assert place(5, b"0") == Place("1")  # what the offer announced wins
    assert place(6) is None
    assert place(7) is None
    assert place(7, b"9") is None
    assert place(7, b"0") == Place("0")
    assert place(7) == Place("0")
    assert place(7, b"1") == Place("0")
    assert place(8, b"2") is None
    assert place(8, b"2", b"x") is None
    assert place(8, b"2", b"", b"q") is None
    assert place(8, b"2", b"q") == Place("2", LOW)
    assert place(9, b"2", b"h") == Place("2", HIGH)
    assert place(10, b"2", b"", b"h", repair=True) == Place("2", HIGH, repair=True)
    for ssrc in range(100, 100 + MAX_BOUND):
        place(ssrc, b"0")
    assert place(9999, b"0") is None


steps = st.lists(
    st.one_of(
        st.tuples(st.just("table"), st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.just("renew"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("place"), st.integers(0, 5), st.just(0)),
    ),
    max_size=40,
)


@given(steps)
def test_the_fence_never_goes_back_and_a_lapsed_lease_needs_a_table(history: list[tuple[str, int, int]]) -> None:
    fence, now = Fence(), 0.0
    for act, first, second in history:
        before = (fence.epoch, fence.revision, fence.holds(now))
        if act == "table" and fence.admits(first, second):
            fence.take(first, second, 30, now)
            assert fence.holds(now)
        elif act == "renew":
            assert fence.renew(first, now) == (before[2] and first == before[0])
            assert fence.holds(now) == before[2]
        elif act == "wait":
            now += first
        elif act == "place":
            fence.raise_epoch(first)
            assert fence.holds(now) == (before[2] and first <= before[0])
        assert fence.epoch >= before[0]
        assert fence.revision >= before[1]
