"""From what was typed to what is stored, and from what is stored to what is shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.cleaning import check_sides, clean_moment, clean_person, is_id, merge_person, station_day
from cases.errors import PartiesUnfit
from cases.inputs import NewParty, PartyChanges
from cases.model import Party, Side
from cases.rules.errors import BadDocumentNumber, BadResidentId, ResidentIdMismatch
from cases.rules.resident_id import check_digit
from cases.views import party_view
from formats.errors import HeshiError, Invalid
from vault.ids import new_id

TODAY = date(2026, 11, 24)
NOW = "2026-11-24T00:30:00.000Z"


def number(birth: date, order: int) -> str:
    head = f"110105{birth:%Y%m%d}{order:03d}"
    return head + check_digit(head)


RESIDENTS = st.builds(number, st.dates(date(1930, 1, 1), TODAY), st.integers(0, 999))
MOBILES = st.builds("13{:09d}".format, st.integers(0, 10**9 - 1))
NAMES = st.text(alphabet="张王李赵𠮷㛃䶮𬭎·三四五", min_size=2, max_size=12).filter(lambda name: name.strip("·") != "")
ADDRESSES = st.text(alphabet="北京市海淀区县村路小社号楼0123456789", min_size=8, max_size=60)


def new_party(**changes: Any) -> NewParty:
    given = {"side": "A", "name": "张三", "id_type": "resident", "id_number": number(date(1990, 1, 2), 1)}
    return NewParty.model_validate(given | {"phone": "13812345678"} | changes)


def stored(new: NewParty) -> Party:
    person = clean_person(new, TODAY)
    return Party(id="party_1", case_id="case_1", side=new.side, private_contact=new.private_contact, **vars(person))


@given(NAMES, RESIDENTS, MOBILES, ADDRESSES)
def test_a_view_hides_what_was_typed(name: str, resident: str, mobile: str, address: str) -> None:
    party = stored(new_party(name=name, id_number=resident, phone=mobile, address=address, workplace="某某公司"))
    view = party_view(party)
    shown = repr(view)
    for hidden in (resident, resident[6:14], party.birth_date, mobile, address, "某某公司"):
        assert hidden not in shown
    assert view.name == party.name


@given(RESIDENTS)
def test_sex_and_birth_come_from_the_number(resident: str) -> None:
    person = clean_person(new_party(id_number=resident), TODAY)
    assert person.birth_date.replace("-", "") == resident[6:14]
    assert person.gender == ("male" if int(resident[16]) % 2 else "female")
    again = new_party(id_number=resident, gender=person.gender, birth_date=person.birth_date)
    assert clean_person(again, TODAY) == person


@given(RESIDENTS, RESIDENTS)
def test_changing_the_number_gives_the_person_of_that_number(first: str, second: str) -> None:
    changed = merge_person(stored(new_party(id_number=first)), PartyChanges(id_number=second), TODAY)
    assert changed == clean_person(new_party(id_number=second), TODAY)


@given(RESIDENTS)
def test_changing_nothing_changes_nothing(resident: str) -> None:
    party = stored(new_party(id_number=resident, address="某街1号"))
    assert merge_person(party, PartyChanges(), TODAY) == clean_person(
        new_party(id_number=resident, address="某街1号"), TODAY
    )


def test_a_changed_kind_of_document_is_checked_with_its_number() -> None:
    resident, passport = (
        stored(new_party()),
        stored(new_party(id_type="passport", id_number="E12345678", gender="female")),
    )
    with pytest.raises(BadDocumentNumber):
        merge_person(resident, PartyChanges(id_type="hk_macau"), TODAY)
    with pytest.raises(BadResidentId):
        merge_person(passport, PartyChanges(id_type="resident"), TODAY)
    assert merge_person(passport, PartyChanges(id_number="E87654321"), TODAY).gender == "female"
    changed = merge_person(passport, PartyChanges(id_type="resident", id_number=resident.id_number), TODAY)
    assert changed.gender == "male"
    with pytest.raises(ResidentIdMismatch):
        merge_person(resident, PartyChanges(birth_date="1990-01-03"), TODAY)


@given(st.lists(st.sampled_from(["A", "B"]), max_size=16))
def test_two_to_twelve_with_someone_on_each_side(sides: list[Side]) -> None:
    fits = 2 <= len(sides) <= 12 and "A" in sides and "B" in sides
    try:
        check_sides(sides)
    except PartiesUnfit:
        assert not fits
    else:
        assert fits


@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2026, 11, 23)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_keeps_its_moment_in_whatever_zone_it_was_typed(at: datetime, minutes: int) -> None:
    aware = at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    kept = clean_moment(aware.isoformat(), NOW)
    assert len(kept) == 24
    assert datetime.fromisoformat(kept) == aware


@given(st.text(max_size=40))
def test_any_other_time_is_refused_or_stored_text(text: str) -> None:
    try:
        kept = clean_moment(text, NOW)
    except Invalid:
        return
    assert kept == "" or (len(kept) == 24 and kept.endswith("Z"))


def test_the_day_is_the_stations() -> None:
    assert station_day("2026-11-24T15:59:59.999Z") == date(2026, 11, 24)
    assert station_day("2026-11-24T16:00:00.000Z") == date(2026, 11, 25)


def test_ids() -> None:
    assert is_id(new_id("case"))
    for text in ("", "x" * 65, "a b", "A", "a\n", "\x00", "案", "case_1'"):
        assert not is_id(text)


def _errors(root: type[HeshiError]) -> list[type[HeshiError]]:
    return [root, *(found for child in root.__subclasses__() for found in _errors(child))]


def test_every_refusal_has_a_code_of_its_own_and_a_sentence_in_both_languages() -> None:
    ours = [error for error in _errors(HeshiError) if error.__module__.startswith("cases.")]
    assert len(ours) > 20
    assert len({error.code for error in ours}) == len(ours)
    for error in ours:
        assert 400 <= error.status < 500
        assert error.zh.endswith("。")
        assert error.en.endswith(".")
        assert (error.__doc__ or "") != ""
