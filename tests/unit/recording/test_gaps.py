from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recording.clock import from_utc, to_utc
from recording.gaps import LEAST_MS, Covered, Told, find_gaps

ZERO = from_utc("2026-03-01T01:00:00.000Z")
SEGMENT = "seg_1-ses_1"


def at(seconds: float) -> str:
    return to_utc(ZERO + int(seconds * 1e9))


def cover(
    first: float,
    last: float,
    medium: str = "audio",
    endpoint: str = "end_1",
    *,
    segment: str = SEGMENT,
    seat: str = "seat_1",
) -> Covered:
    return Covered(segment, endpoint, medium, (seat,), at(first), at(last))


def told(seconds: float, act: str, **payload: Any) -> Told:
    return Told(at(seconds), act, payload)


ADMITTED = told(-60, "seat.admitted", seat="seat_1")


def gaps(*rest: Covered | Told, end: float = 100) -> list[tuple[str, str, float, float, str]]:
    journals = [one for one in rest if isinstance(one, Covered)]
    entries = [ADMITTED, *(one for one in rest if isinstance(one, Told))]
    found = find_gaps(at(0), at(end), journals, entries)

    def after(text: str) -> float:
        return (from_utc(text) - ZERO) / 1e9

    return [(one.endpoint, one.medium, after(one.since), after(one.until), one.cause) for one in found]


def test_what_is_covered_has_no_gap() -> None:
    assert gaps(cover(0.4, 99.5), cover(1.2, 99.9, "video")) == []


def test_a_pause_is_one_and_says_who_forced_it() -> None:
    halves = cover(0, 30), cover(50, 100, segment="seg_2-ses_1")
    paused, resumed = told(30, "session.paused"), told(50, "session.resumed")
    assert gaps(*halves, paused, resumed) == [("end_1", "audio", 30, 50, "paused")]
    forced = told(30, "session.paused", cause="recorder")
    assert gaps(*halves, forced, resumed) == [("end_1", "audio", 30, 50, "recorder_failed")]


def test_a_lost_worker_is_told_by_its_entry_and_the_rest_is_not_guessed() -> None:
    lost = told(36, "recording.gap", endpoint="end_1", **{"from": at(30), "until": at(36)})
    other = told(36, "recording.gap", endpoint="end_2", **{"from": at(30), "until": at(80)})
    halves = cover(0, 30), cover(36, 80, segment="seg_2-ses_1")
    assert gaps(*halves, lost, other) == [
        ("end_1", "audio", 30, 36, "worker_lost"), ("end_1", "audio", 80, 100, "unknown"),
    ]  # fmt: skip


def test_whoever_waits_outside_a_caucus_is_missing_for_that() -> None:
    walls = told(40, "caucus.entered", side="A", segment="seg_c-ses_1"), told(60, "caucus.left", side="A")
    outside = cover(0, 40), cover(60, 100, segment="seg_3-ses_1")
    inside = [
        cover(0, 40, endpoint="end_2", seat="seat_2"),
        cover(40, 60, endpoint="end_2", seat="seat_2", segment="seg_c-ses_1"),
        cover(60, 100, endpoint="end_2", seat="seat_2", segment="seg_3-ses_1"),
    ]
    assert gaps(*outside, *inside, *walls) == [("end_1", "audio", 40, 60, "outside_caucus")]


def test_coming_late_leaving_and_coming_on_another_device() -> None:
    late = told(20, "seat.waiting", seat="seat_1"), told(30, "seat.admitted", seat="seat_1")
    assert gaps(cover(0, 20), cover(30, 100), *late) == [("end_1", "audio", 20, 30, "absent")]
    gone = told(70, "seat.left", seat="seat_1")
    assert gaps(cover(0, 70), gone) == [("end_1", "audio", 70, 100, "absent")]
    assert gaps(cover(0, 50), cover(50, 100, endpoint="end_9")) == [
        ("end_1", "audio", 50, 100, "other_device"), ("end_9", "audio", 0, 50, "other_device"),
    ]  # fmt: skip


def test_muted_and_switched_off_and_a_lost_connection() -> None:
    muted = told(20, "seat.muted", seat="seat_1"), told(30, "seat.unmuted", seat="seat_1")
    assert gaps(cover(0, 20), cover(30, 100), cover(0, 100, "video"), *muted) == [("end_1", "audio", 20, 30, "muted")]
    assert gaps(cover(0, 100), cover(0, 40, "video"), cover(70, 100, "video")) == [
        ("end_1", "video", 40, 70, "switched_off")
    ]
    both = cover(0, 20), cover(26, 100), cover(0, 20, "video"), cover(26, 100, "video")
    assert {cause for *_, cause in gaps(*both)} == {"reconnecting"}


def test_a_screen_is_shared_at_will() -> None:
    assert gaps(cover(0, 100), cover(20, 30, "screen")) == []


SPANS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted), max_size=5)
ACTS = st.sampled_from(["session.paused", "session.resumed", "seat.left", "seat.admitted", "seat.muted", "caucus.left"])


@given(SPANS, st.lists(st.tuples(st.integers(0, 100), ACTS), max_size=8))
def test_gaps_are_what_nothing_covers_each_moment_once(spans: list[list[int]], acts: list[tuple[int, str]]) -> None:
    covered = [cover(first, last) for first, last in spans]
    found = gaps(cover(0, 0), *covered, *(told(when, act, seat="seat_1") for when, act in acts))
    for moment in range(100):
        here = [one for one in found if one[2] <= moment + 0.5 < one[3]]
        inside = any(first <= moment + 0.5 < last for first, last in spans)
        assert len(here) <= 1
        assert not (inside and here)
    for *_, since, until, cause in found:
        assert 0 <= since < until <= 100
        assert cause
    holes = sum(until - since for *_, since, until, _ in found)
    assert holes <= 100
    assert holes >= (LEAST_MS / 1000) or not found
