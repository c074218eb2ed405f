"""A recording is kept for good in a case file, else for half a year at least, and whatever else a hold says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.keeping.errors import (
    AlreadyDeleted,
    KeptForGood,
    NoReason,
    NotOpen,
    NotYours,
    SamePerson,
    StillHeld,
    TooEarly,
)
from recording.keeping.retention import (
    WAITING,
    Facts,
    Kept,
    acts,
    decides,
    deletable,
    keeping,
    lifts,
    may_decide,
    months_after,
    words,
)

ENDED = datetime(2026, 3, 31, 9, tzinfo=UTC)
WITHDRAWN = Facts(ENDED, "withdrawn", ENDED + timedelta(hours=1))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
OUTCOMES = st.sampled_from([None, "agreed", "not_agreed", "suspended", "withdrawn", "not_applicable"])


def test_in_a_case_file_for_good() -> None:
    for facts in (
        Facts(ENDED, None, None),
        Facts(ENDED, "agreed", ENDED),
        Facts(ENDED, "not_agreed", ENDED),
        Facts(ENDED, "suspended", ENDED),
    ):
        kept = keeping(facts, ENDED + timedelta(days=40_000))
        assert (kept.state, kept.rule) == ("permanent", "retention.case_file")
        with pytest.raises(KeptForGood):
            deletable(kept)


def test_otherwise_for_half_a_year_from_the_close() -> None:
    until = datetime(2026, 10, 1, 0, 0, tzinfo=UTC).replace(hour=10)
    assert keeping(WITHDRAWN, ENDED) == Kept("until", until, "retention.least")
    with pytest.raises(TooEarly):
        deletable(keeping(WITHDRAWN, until - timedelta(milliseconds=1)))
    deletable(keeping(WITHDRAWN, until))


def test_a_hold_and_what_is_unfinished_come_before_every_term() -> None:
    late = ENDED + timedelta(days=4000)
    for changes, refused in (
        ({"held": True}, StillHeld),
        ({"ended_at": None}, TooEarly),
        ({"deletion": "deleting"}, AlreadyDeleted),
        ({"deletion": "deleted", "held": True}, AlreadyDeleted),
    ):
        with pytest.raises(refused):
            deletable(keeping(replace(WITHDRAWN, **changes), late))


@given(MOMENTS, MOMENTS, OUTCOMES, st.booleans(), MOMENTS)
def test_nothing_is_ever_free_before_its_time(
    ended: datetime, closed: datetime, outcome: str | None, held: bool, now: datetime
) -> None:
    kept = keeping(Facts(ended, outcome, closed if outcome else None, held), now)
    if kept.state == "free":
        assert outcome in ("withdrawn", "not_applicable")
        assert not held
        assert now - max(ended, closed) >= timedelta(days=181)


@given(MOMENTS, st.integers(1, 60))
def test_months_are_never_short(moment: datetime, months: int) -> None:
    later = months_after(moment, months)
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) in (months, months + 1)
    assert later.day == moment.day or (later.day == 1 and moment.day > 28)


def test_who_may_do_what() -> None:
    acts("host", "officer", "host")
    acts("chief", "supervisor", "host")
    for who, role in (("other", "officer"), ("host", "administrator")):
        with pytest.raises(NotYours):
            acts(who, role, "host")  # type: ignore[arg-type]
    lifts("supervisor")
    for role in ("officer", "administrator"):
        with pytest.raises(NotYours):
            lifts(role)  # type: ignore[arg-type]
    for who, role, now, refused in (
        ("host", "officer", ENDED, NotYours),
        ("chief", "supervisor", ENDED, SamePerson),
        ("second", "supervisor", ENDED + WAITING, NotOpen),
    ):
        assert not may_decide(who, role, "chief", ENDED, now)  # type: ignore[arg-type]
        with pytest.raises(refused):
            decides(who, role, "chief", ENDED, now)  # type: ignore[arg-type]
    assert may_decide("second", "supervisor", "chief", ENDED, ENDED)
    for text in ("", "  ", "字" * 1001):
        with pytest.raises(NoReason):
            words(text)
