"""Unsealing takes two people, a reason and the right time, whatever order things are tried in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import HeshiError
from recording.sealed import rules
from recording.sealed.errors import Lapsed, NoReason, NotApproved, NotForYou, NotOpen, NotToAsk, NotToDecide, SamePerson
from recording.sealed.rules import Person, Unsealing

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOST, OTHER = Person("off_host", "officer"), Person("off_other", "officer")
CHIEF, SECOND = Person("off_chief", "supervisor"), Person("off_second", "supervisor")
CLERK = Person("off_clerk", "administrator")
ASKED = Unsealing("uns_1", "case_1", "ses_1", ("sgm_1",), "复核威胁情节", HOST.id, NOW)


def test_the_mediator_and_supervisors_ask_and_nobody_else() -> None:
    for who in (HOST, CHIEF):
        rules.asked(who, HOST.id)
    for who in (OTHER, CLERK, Person(HOST.id, "administrator")):
        with pytest.raises(NotToAsk):
            rules.asked(who, HOST.id)


@pytest.mark.parametrize("text", ["", " \n ", "由" * 1001])
def test_a_reason_is_needed_and_a_word_with_the_decision(text: str) -> None:
    with pytest.raises(NoReason):
        rules.words(text)
    with pytest.raises(NoReason):
        rules.decided(ASKED, CHIEF, True, text, NOW)


def test_one_person_is_not_two() -> None:
    own = replace(ASKED, requested_by=CHIEF.id)
    assert not rules.may_decide(own, CHIEF, NOW)
    with pytest.raises(SamePerson):
        rules.decided(own, CHIEF, True, "同意", NOW)
    assert rules.decided(own, SECOND, True, "同意", NOW).state == "approved"


@pytest.mark.parametrize("who", [HOST, OTHER, CLERK])
def test_only_a_supervisor_decides(who: Person) -> None:
    assert not rules.may_decide(ASKED, who, NOW)
    with pytest.raises(NotToDecide):
        rules.decided(ASKED, who, True, "同意", NOW)


def test_a_request_is_decided_once_and_within_a_week() -> None:
    for approve in (True, False):
        done = rules.decided(ASKED, CHIEF, approve, "已核", NOW)
        with pytest.raises(NotOpen):
            rules.decided(done, SECOND, True, "同意", NOW)
    with pytest.raises(NotOpen):
        rules.decided(ASKED, CHIEF, True, "同意", NOW + rules.WAITING)


def test_only_what_is_approved_is_unsealed_and_an_approval_lapses() -> None:
    approved = rules.decided(ASKED, CHIEF, True, "同意", NOW)
    for wrong in (ASKED, rules.decided(ASKED, CHIEF, False, "不同意", NOW), rules.unsealed(approved, NOW)):
        with pytest.raises(NotApproved):
            rules.unsealed(wrong, NOW)
    with pytest.raises(NotApproved):
        rules.unsealed(approved, NOW + rules.WAITING)
    for hours in (0, rules.MOST_HOURS + 1):
        with pytest.raises(ValueError, match="hours"):
            rules.unsealed(approved, NOW, hours)


def test_the_two_of_them_watch_and_only_for_its_time() -> None:
    approved = rules.decided(ASKED, CHIEF, True, "同意", NOW)
    with pytest.raises(NotApproved):
        rules.seen(approved, HOST.id, NOW)
    opened = rules.unsealed(approved, NOW, 72)
    for who in (HOST, CHIEF):
        rules.seen(opened, who.id, NOW + timedelta(hours=71, minutes=59))
        with pytest.raises(Lapsed):
            rules.seen(opened, who.id, NOW + timedelta(hours=72))
    for who in (SECOND, OTHER, CLERK):
        with pytest.raises(NotForYou):
            rules.seen(opened, who.id, NOW)


PEOPLE = st.sampled_from([HOST, OTHER, CHIEF, SECOND, CLERK])
STEPS = st.lists(
    st.tuples(st.sampled_from(["approve", "refuse", "unseal", "watch"]), PEOPLE, st.integers(0, 100)), max_size=12
)


@given(PEOPLE, STEPS)
def test_whatever_is_tried_nothing_is_watched_without_two_people_and_the_key(asker: Person, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    try:
        rules.asked(asker, HOST.id)
    except NotToAsk:
        return
    one, now, key_used = replace(ASKED, requested_by=asker.id), NOW, False
    for step, who, hours in steps:
        now += timedelta(hours=hours)
        try:
            if step == "unseal":
                one = rules.unsealed(one, now)
                key_used = True
            elif step == "watch":
                rules.seen(one, who.id, now)
                assert key_used
                assert one.decided_by not in (None, asker.id)
                assert who.id in (asker.id, one.decided_by)
                assert one.unsealed_at is not None
                assert now < one.unsealed_at + timedelta(hours=rules.VIEWING_HOURS)
            else:
                one = rules.decided(one, who, step == "approve", "核过", now)
        except HeshiError:
            continue
