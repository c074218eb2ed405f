"""Case records on both databases: created, edited, shown, revealed, closed; and everything that is refused."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from cases.errors import (
    CaseClosed,
    CaseMoved,
    NoSuchCase,
    NoSuchParty,
    NotRevealable,
    NumberTaken,
    PartiesUnfit,
    ReassignForbidden,
    ResponsibleUnknown,
)
from cases.inputs import CaseChanges, CaseFilters, NewCase, PageRequest, PartyChanges
from cases.model import Case, CaseFacts, CaseView, Page
from cases.rules.errors import (
    BadCaseNumber,
    BadDocumentNumber,
    BadName,
    BadPhone,
    BadResidentId,
    BadText,
    ResidentIdMismatch,
)
from formats.errors import HeshiError, Invalid
from tests.support.casework import Bureau, StillOpen, new_case, party, resident
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline, Transaction


@pytest.fixture
async def bureau(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> Bureau:
    return await Bureau.build(db, cipher, timeline, clock)


async def get(bureau: Bureau, case_id: str, who: str = "east.officer") -> CaseView:
    scope = await bureau.scope(who)
    return await bureau.db.read(lambda tx: bureau.cases.get(tx, scope, case_id))


async def facts(bureau: Bureau, case_id: str) -> CaseFacts:
    return await bureau.db.read(lambda tx: bureau.cases.facts(tx, case_id))


async def edit(bureau: Bureau, case: Case, **changes: Any) -> Case:
    given = CaseChanges.model_validate(changes)
    return await bureau.act("east.officer", bureau.cases.edit, case.id, case.revision, given)


async def edit_party(bureau: Bureau, case: Case, party_id: str, **changes: Any) -> Case:
    given = PartyChanges.model_validate(changes)
    changed, _ = await bureau.act("east.officer", bureau.cases.edit_party, case.id, case.revision, party_id, given)
    return changed


async def close(bureau: Bureau, case: Case, outcome: Any = "agreed", note: str = "") -> Case:
    return await bureau.act("east.officer", bureau.cases.close, case.id, outcome, note)


async def reveal(bureau: Bureau, case: Case, party_id: str | None, field: str) -> str:
    return await bureau.act("east.officer", bureau.cases.reveal, case.id, party_id, field)


async def listed(bureau: Bureau, who: str = "east.officer", after: str | None = None, **filters: Any) -> Page:
    scope = await bureau.scope(who)
    page = PageRequest(after=after, limit=filters.pop("limit", 20))
    return await bureau.db.read(lambda tx: bureau.cases.list(tx, scope, CaseFilters.model_validate(filters), page))


async def snapshot(db: Database) -> dict[str, int]:
    """How many rows each table holds: what a refusal must not change."""

    async def fn(tx: Transaction) -> dict[str, int]:
        names = ("cases", "parties", "timeline_entries", "data_keys")
        return {name: (await tx.all(text(f"SELECT count(*) AS n FROM {name}")))[0]["n"] for name in names}

    return await db.read(fn)


async def test_a_new_case_has_its_room_its_parties_and_one_entry(bureau: Bureau) -> None:
    case = await bureau.open_case()
    assert (case.status, case.outcome, case.revision) == ("open", None, 1)
    assert case.happened_at == "2026-02-27T12:15:00.000Z"
    assert bureau.rooms.opened == [case.id]
    whole = await facts(bureau, case.id)
    assert whole.case == case
    assert whole.officer.username == "east.officer"
    assert [(p.side, p.name, p.gender, p.birth_date) for p in whole.parties] == [
        ("A", "张小三", "male", "1990-01-02"),
        ("B", "李四", "female", "1990-01-02"),
    ]
    [(act, payload)] = await bureau.acts(case.id)
    assert act == "case.created"
    assert payload["room"] == case.id.replace("case_", "room_")
    assert payload["parties"] == [{"id": p.id, "side": p.side} for p in whole.parties]


async def test_personal_data_is_nowhere_in_the_file(bureau: Bureau) -> None:
    case = await bureau.open_case()
    await close(bureau, case, note="双方握手言和")

    async def dump(tx: Transaction) -> str:
        rows = [dict(row) for name in ("cases", "parties") for row in await tx.all(text(f"SELECT * FROM {name}"))]
        return repr(
            [
                {key: bytes(v).decode("utf-8", "replace") if isinstance(v, bytes) else v for key, v in row.items()}
                for row in rows
            ]
        )

    stored = await bureau.db.read(dump)
    for secret in ("张小三", "李四", resident(), "13812345678", "中关村", "推倒", "握手", "1990"):
        assert secret not in stored


async def test_the_screen_gets_masks_only(bureau: Bureau) -> None:
    case = await bureau.open_case()
    view = await get(bureau, case.id)
    assert view.case.facts == "****"
    shown = view.parties[0]
    assert shown.name == "张小三"
    assert shown.id_number == "1101**********" + resident()[-4:]
    assert (shown.phone, shown.address, shown.birth_date) == ("138****5678", "北京市海淀区****", "1990-**-**")
    [row] = (await listed(bureau)).rows
    assert row.parties == ("张*三", "李*")


async def test_asking_shows_the_value_and_is_on_the_timeline_without_it(bureau: Bureau) -> None:
    case = await bureau.open_case()
    whole = await facts(bureau, case.id)
    for field in ("id_number", "phone", "address", "birth_date", "workplace"):
        assert await reveal(bureau, case, whole.parties[0].id, field) == getattr(whole.parties[0], field)
    assert await reveal(bureau, case, None, "facts") == case.facts
    acts = (await bureau.acts(case.id))[1:]
    assert [act for act, _ in acts] == ["case.revealed"] * 6
    assert acts[1][1] == {"party": whole.parties[0].id, "field": "phone"}
    assert acts[5][1] == {"party": None, "field": "facts"}


async def test_only_masked_fields_can_be_asked_for(bureau: Bureau) -> None:
    case = await bureau.open_case()
    other = await bureau.open_case(new=new_case("ZA-2"))
    mine, foreign = (await facts(bureau, case.id)).parties[0], (await facts(bureau, other.id)).parties[0]
    before = await snapshot(bureau.db)
    for party_id, field in ((mine.id, "id"), (mine.id, "__class__"), (None, "closing_note"), (None, "phone")):
        with pytest.raises(NotRevealable):
            await reveal(bureau, case, party_id, field)
    for party_id in (foreign.id, "party_none", "\x00", ""):
        with pytest.raises(NoSuchParty):
            await reveal(bureau, case, party_id, "phone")
    assert await snapshot(bureau.db) == before


REFUSED: list[tuple[dict[str, Any], type[HeshiError]]] = [
    ({"number": ""}, BadCaseNumber),
    ({"number": "A 1"}, BadCaseNumber),
    ({"cause": " "}, BadText),
    ({"cause": "a\x00b"}, BadText),
    ({"facts": "\u202eabc"}, BadText),
    ({"happened_at": "2026-02-27T20:15:00"}, Invalid),
    ({"happened_at": "yesterday"}, Invalid),
    ({"happened_at": "2027-02-27T20:15:00+08:00"}, Invalid),
    ({"happened_at": "0001-01-01T00:00:00+14:00"}, Invalid),
    ({"officer_id": "officer_none"}, ResponsibleUnknown),
    ({"parties": []}, PartiesUnfit),
    ({"parties": [party("A")]}, PartiesUnfit),
    ({"parties": [party("A"), party("A")]}, PartiesUnfit),
    ({"parties": [party("A"), *[party("B")] * 12]}, PartiesUnfit),
    ({"parties": [party("A", name="张" * 500), party("B")]}, BadName),
    ({"parties": [party("A", name="张\x1b三"), party("B")]}, BadName),
    ({"parties": [party("A", name="\u202e三张"), party("B")]}, BadName),
    ({"parties": [party("A", id_number="110105199001020010"), party("B")]}, BadResidentId),
    ({"parties": [party("A", gender="female"), party("B")]}, ResidentIdMismatch),
    ({"parties": [party("A", birth_date="1990-01-03"), party("B")]}, ResidentIdMismatch),
    ({"parties": [party("A", birth_date="1990-13-03"), party("B")]}, Invalid),
    ({"parties": [party("A", id_type="passport", id_number="E1"), party("B")]}, BadDocumentNumber),
    ({"parties": [party("A", phone="12345"), party("B")]}, BadPhone),
    ({"parties": [party("A", address="\u2066x"), party("B")]}, BadText),
]


async def test_bad_input_changes_nothing_and_has_its_code(bureau: Bureau) -> None:
    before = await snapshot(bureau.db)
    for changes, refusal in REFUSED:
        with pytest.raises(refusal) as caught:
            await bureau.open_case(new=new_case(**changes))
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", caught.value.code), changes
        assert type(caught.value) is refusal, changes
    assert await snapshot(bureau.db) == before
    assert bureau.rooms.opened == []


@pytest.mark.parametrize(
    "changes",
    [{"extra": 1}, {"track": "XX"}, {"facts": "x" * 10_001}, {"parties": "no"}, {"number": 7}, {"cause": None}],
)
def test_unknown_fields_and_wrong_shapes_do_not_parse(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewCase.model_validate(new_case().model_dump() | changes)


async def test_names_with_rare_characters_come_back_as_they_went_in(bureau: Bureau) -> None:
    people = [party("A", name=name) for name in ("㛃", "䶮", "𬭎", "𠮷", "古丽·买买提")]
    case = await bureau.open_case(new=new_case(parties=[*people, party("B", name_substitute="李肆")]))
    parties = (await facts(bureau, case.id)).parties
    assert [p.name for p in parties] == ["㛃", "䶮", "𬭎", "𠮷", "古丽·买买提", "李四"]
    assert parties[-1].name_substitute == "李肆"


async def test_a_number_is_unique_in_its_organ_only(bureau: Bureau) -> None:
    await bureau.open_case()
    with pytest.raises(NumberTaken):
        await bureau.open_case("east.other")
    with pytest.raises(NumberTaken):
        await bureau.open_case(new=new_case("ＺＡ-2026-0001"))
    second = await bureau.open_case(new=new_case("ZA-2"))
    with pytest.raises(NumberTaken):
        await edit(bureau, second, number="ZA-2026-0001")
    assert (await bureau.open_case("west.officer")).number == "ZA-2026-0001"


async def test_two_at_once_cannot_take_one_number(bureau: Bureau) -> None:
    results = await asyncio.gather(*(bureau.open_case() for _ in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Case", *["NumberTaken"] * 3]
    assert len((await listed(bureau)).rows) == 1


async def test_an_edit_names_what_changed(bureau: Bureau) -> None:
    case = await bureau.open_case()
    changed = await edit(bureau, case, facts="另有经过", place="幸福路", cause=case.cause)
    assert (changed.revision, changed.facts, changed.place) == (2, "另有经过", "幸福路")
    assert (await facts(bureau, case.id)).case == changed
    assert (await bureau.acts(case.id))[1:] == [("case.edited", {"fields": ["facts", "place"]})]


async def test_an_edit_that_changes_nothing_leaves_no_trace(bureau: Bureau) -> None:
    case = await bureau.open_case()
    assert await edit(bureau, case, cause=case.cause) == case
    assert len(await bureau.acts(case.id)) == 1


async def test_an_edit_of_something_stale_is_refused(bureau: Bureau) -> None:
    case = await bureau.open_case()
    await edit(bureau, case, place="甲")
    with pytest.raises(CaseMoved):
        await edit(bureau, case, place="乙")
    assert (await facts(bureau, case.id)).case.place == "甲"


async def test_of_many_edits_at_once_one_wins(bureau: Bureau) -> None:
    case = await bureau.open_case()
    results = await asyncio.gather(*(edit(bureau, case, place=f"地点{i}") for i in range(5)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Case", *["CaseMoved"] * 4]
    assert len(await bureau.acts(case.id)) == 2


async def test_the_case_passes_only_to_someone_who_may_work_on_it(bureau: Bureau) -> None:
    case = await bureau.open_case()
    for who in ("west.officer", "east.admin", "admin", "west.chief"):
        with pytest.raises(ResponsibleUnknown):
            await edit(bureau, case, officer_id=bureau.people[who].id)
    case = await edit(bureau, case, officer_id=bureau.people["east.other"].id)
    # Given away: the one who gave it may not take it back, nor may anybody else help himself to it.
    with pytest.raises(ReassignForbidden):
        await edit(bureau, case, officer_id=bureau.people["east.officer"].id)
    changes = CaseChanges(officer_id=bureau.people["city.chief"].id)
    case = await bureau.act("city.chief", bureau.cases.edit, case.id, case.revision, changes)
    assert (await get(bureau, case.id)).officer.username == "city.chief"


async def test_a_party_is_added_and_changed(bureau: Bureau) -> None:
    case = await bureau.open_case()
    new = party("B", name="王五", id_type="passport", id_number="e12345678", gender="female", private_contact=True)
    case, added = await bureau.act("east.officer", bureau.cases.add_party, case.id, case.revision, new)
    assert (added.id_number, added.private_contact, case.revision) == ("E12345678", True, 2)
    case = await edit_party(bureau, case, added.id, phone="010-62345678", private_contact=False)
    last = (await facts(bureau, case.id)).parties[-1]
    assert (last.phone, last.private_contact, last.gender, last.name) == ("010-62345678", False, "female", "王五")
    assert (await bureau.acts(case.id))[1:] == [
        ("case.party_added", {"party": added.id, "side": "B"}),
        ("case.party_edited", {"party": added.id, "fields": ["phone", "private_contact"]}),
    ]


async def test_a_corrected_resident_number_brings_its_own_sex_and_birth(bureau: Bureau) -> None:
    case = await bureau.open_case()
    first = (await facts(bureau, case.id)).parties[0]
    with pytest.raises(ResidentIdMismatch):
        await edit_party(bureau, case, first.id, gender="female")
    await edit_party(bureau, case, first.id, id_number=resident("19851130", 2))
    corrected = (await facts(bureau, case.id)).parties[0]
    assert (corrected.gender, corrected.birth_date) == ("female", "1985-11-30")


async def test_not_more_than_twelve_parties(bureau: Bureau) -> None:
    case = await bureau.open_case(new=new_case(parties=[party("A"), *[party("B")] * 11]))
    with pytest.raises(PartiesUnfit):
        await bureau.act("east.officer", bureau.cases.add_party, case.id, 1, party("A"))
    assert len((await facts(bureau, case.id)).parties) == 12


@pytest.mark.parametrize("outcome", ["agreed", "not_agreed", "suspended", "withdrawn", "not_applicable"])
async def test_closing_records_how_it_ended_and_ends_all_change(bureau: Bureau, outcome: str) -> None:
    case = await bureau.open_case()
    closed = await close(bureau, case, outcome, "双方\n和解")
    assert (closed.status, closed.outcome, closed.closing_note, closed.revision) == ("closed", outcome, "双方\n和解", 2)
    assert (await facts(bureau, case.id)).case == closed
    assert (await bureau.acts(case.id))[-1] == ("case.closed", {"outcome": outcome, "note": "双方\n和解"})
    for refused in (
        close(bureau, closed),
        edit(bureau, closed, place="别处"),
        edit_party(bureau, closed, (await facts(bureau, case.id)).parties[0].id, phone="13800000000"),
        bureau.act("east.officer", bureau.cases.add_party, case.id, 2, party("A")),
    ):
        with pytest.raises(CaseClosed):
            await refused
    assert len(await bureau.acts(case.id)) == 2


async def test_two_closings_at_once_are_one(bureau: Bureau) -> None:
    case = await bureau.open_case()
    results = await asyncio.gather(*(close(bureau, case) for _ in range(3)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Case", "CaseClosed", "CaseClosed"]


async def test_a_guard_keeps_a_case_open(bureau: Bureau) -> None:
    case = await bureau.open_case()
    bureau.guard.refuses = True
    with pytest.raises(StillOpen):
        await close(bureau, case)
    assert (await facts(bureau, case.id)).case == case
    bureau.guard.refuses = False
    with pytest.raises(ValidationError):
        await close(bureau, case, "won")
    with pytest.raises(BadText):
        await close(bureau, case, note="\u202e")
    assert (await close(bureau, case)).status == "closed"


async def test_pages_go_through_everything_once_newest_first(bureau: Bureau, clock: ManualClock) -> None:
    made = []
    for number in range(7):
        if number % 2:
            clock.advance(1)
        made.append((await bureau.open_case(new=new_case(f"ZA-{number}"))).id)
    seen: list[str] = []
    times: list[str] = []
    after: str | None = None
    for _ in range(4):
        page = await listed(bureau, after=after, limit=2)
        seen += [row.id for row in page.rows]
        times += [row.created_at for row in page.rows]
        after = page.next
    assert after is None
    assert sorted(seen) == sorted(made)
    assert times == sorted(times, reverse=True)


async def test_filters(bureau: Bureau) -> None:
    first = await bureau.open_case(new=new_case("ZA-100-1", cause="打架 50%_ 赔偿"))
    second = await bureau.open_case("east.other", new_case("JT-7", track="JT", cause="追尾"))
    await close(bureau, second)

    async def ids(**filters: Any) -> set[str]:
        return {row.id for row in (await listed(bureau, "city.chief", **filters)).rows}

    assert await ids() == {first.id, second.id}
    assert await ids(status="closed") == {second.id} == await ids(track="JT") == await ids(text="追尾")
    assert await ids(officer_id=bureau.people["east.officer"].id) == {first.id} == await ids(text="ZA-1")
    assert await ids(organ_id=first.organ_id) == {first.id, second.id}
    assert await ids(organ_id="organ_none") == set() == await ids(text="' OR 1=1 --")
    # A wildcard is a character like any other.
    assert await ids(text="%_") == {first.id}
    assert await ids(text="_%") == set()
    for made_up in ("x", "~", "2026~'", "\x00~case_a"):
        with pytest.raises(Invalid):
            await listed(bureau, after=made_up)
    with pytest.raises(BadText):
        await ids(text="\x00")


async def test_an_unknown_case_is_not_found(bureau: Bureau) -> None:
    for case_id in ("case_none", "", "\x00", "' OR 1=1 --", "案"):
        with pytest.raises(NoSuchCase):
            await get(bureau, case_id)
        with pytest.raises(NoSuchCase):
            await facts(bureau, case_id)
