"""Role × organ × act, cell by cell: what is out of scope looks exactly like what does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from cases.errors import NoSuchCase, NoSuchOfficer, NoSuchOrgan
from cases.inputs import CaseChanges, CaseFilters, PageRequest, PartyChanges
from cases.notices import ConsoleNotices
from cases.scope import Scope
from formats.errors import NotFound
from tests.support.casework import Bureau, new_case, party
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline, Transaction

# Who may touch a case of the station "east".
EAST_CASE = {
    "east.officer": True,
    "east.other": True,
    "east.chief": True,
    "city.chief": True,
    "east.admin": False,
    "admin": False,
    "west.officer": False,
    "west.other": False,
    "west.chief": False,
    "west.admin": False,
}


@pytest.fixture
async def bureau(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> Bureau:
    return await Bureau.build(db, cipher, timeline, clock)


@pytest.fixture
def notices(cipher: Cipher, timeline: Timeline, clock: ManualClock) -> ConsoleNotices:
    return ConsoleNotices(cipher, timeline, clock)


Act = Callable[[Transaction, Scope, str, str, str], Awaitable[object]]


def acts(bureau: Bureau, notices: ConsoleNotices) -> dict[str, Act]:
    """Each act on (case, party, notice); all leave the case at revision 1 by changing nothing or by reading."""
    cases = bureau.cases
    return {
        "get": lambda tx, scope, case, person, note: cases.get(tx, scope, case),
        "visible": lambda tx, scope, case, person, note: cases.visible(tx, scope, case),
        "reveal": lambda tx, scope, case, person, note: cases.reveal(tx, scope, case, person, "phone"),
        "edit": lambda tx, scope, case, person, note: cases.edit(tx, scope, case, 1, CaseChanges()),
        "edit_party": lambda tx, scope, case, person, note: cases.edit_party(
            tx, scope, case, 1, person, PartyChanges()
        ),
        "notices": lambda tx, scope, case, person, note: notices.list(tx, scope, case),
        "read": lambda tx, scope, case, person, note: notices.read(tx, scope, case, note),
    }


async def test_every_cell(bureau: Bureau, notices: ConsoleNotices) -> None:
    assert set(EAST_CASE) == set(bureau.people)
    case = await bureau.open_case()
    person = (await bureau.db.read(lambda tx: bureau.cases.facts(tx, case.id))).parties[0].id
    note = await bureau.db.transact(lambda tx: notices.send(tx, case.id, person, "code", "您的验证码：123456"))
    for who, permitted in EAST_CASE.items():
        for name, act in acts(bureau, notices).items():
            if permitted:
                await bureau.act(who, act, case.id, person, note)
                continue
            with pytest.raises(NoSuchCase) as hidden:
                await bureau.act(who, act, case.id, person, note)
            with pytest.raises(NoSuchCase) as absent:
                await bureau.act(who, act, "case_none", person, note)
            assert str(hidden.value) == str(absent.value), (who, name)
        page = await bureau.act(who, bureau.cases.list, CaseFilters(), PageRequest())
        assert [row.id for row in page.rows] == ([case.id] if permitted else []), who


@pytest.mark.parametrize("who", [who for who, permitted in EAST_CASE.items() if not permitted])
async def test_who_may_not_see_may_not_close_or_add(bureau: Bureau, who: str) -> None:
    case = await bureau.open_case()
    with pytest.raises(NoSuchCase):
        await bureau.act(who, bureau.cases.close, case.id, "agreed")
    with pytest.raises(NoSuchCase):
        await bureau.act(who, bureau.cases.add_party, case.id, 1, party("A"))
    assert len(await bureau.acts(case.id)) == 1


# Whose cases of which organ may be created by whom.
MAY_CREATE = {
    ("east.officer", "east.officer"): True,
    ("east.officer", "west.officer"): False,
    ("east.officer", "city.chief"): False,
    ("east.chief", "east.officer"): True,
    ("east.chief", "west.officer"): False,
    ("city.chief", "east.officer"): True,
    ("city.chief", "west.officer"): True,
    ("city.chief", "city.chief"): True,
    ("admin", "east.officer"): False,
    ("admin", "admin"): False,
    ("east.admin", "east.officer"): False,
}


@pytest.mark.parametrize(("who", "whose"), list(MAY_CREATE))
async def test_where_a_case_may_be_created(bureau: Bureau, who: str, whose: str) -> None:
    organ = bureau.people[whose].organ_id
    if MAY_CREATE[who, whose]:
        assert (await bureau.open_case(who, new_case(organ_id=organ))).organ_id == organ
    else:
        with pytest.raises(NoSuchOrgan):
            await bureau.open_case(who, new_case(organ_id=organ))
        assert bureau.rooms.opened == []


# Which administrator manages whom.
MANAGES = {
    ("admin", "east.officer"): True,
    ("admin", "city.chief"): True,
    ("admin", "west.admin"): True,
    ("east.admin", "east.officer"): True,
    ("east.admin", "east.chief"): True,
    ("east.admin", "west.officer"): False,
    ("east.admin", "city.chief"): False,
    ("east.admin", "admin"): False,
}


@pytest.mark.parametrize(("who", "whom"), list(MANAGES))
async def test_an_administrator_manages_his_own_part_of_the_tree(bureau: Bureau, who: str, whom: str) -> None:
    target = bureau.people[whom].id
    desk = bureau.officers
    for act in (desk.disable, desk.enable, desk.reset):
        if MANAGES[who, whom]:
            await bureau.act(who, act, target)
        else:
            with pytest.raises(NoSuchOfficer):
                await bureau.act(who, act, target)


async def test_nothing_out_of_scope_is_listed(bureau: Bureau) -> None:
    for who, seen in {
        "east.admin": {"east.officer", "east.other", "east.chief", "east.admin"},
        "east.officer": {"east.officer", "east.other", "east.chief", "east.admin"},
        "admin": set(EAST_CASE),
        "city.chief": set(EAST_CASE),
    }.items():
        listed = await bureau.act(who, bureau.officers.list)
        assert {officer.username for officer in listed} == seen, who
        organs = await bureau.act(who, bureau.officers.organs)
        assert {organ.id for organ in organs} == {bureau.people[name].organ_id for name in seen}


async def test_hidden_is_not_found_in_every_error() -> None:
    for error in (NoSuchCase, NoSuchOfficer, NoSuchOrgan):
        assert issubclass(error, NotFound)
        assert error.status == 404
