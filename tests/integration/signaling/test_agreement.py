"""The agreement's commands over sockets, in a room without media: what each state refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.signaling.live import Live, live
from tests.integration.signaling.town import Case, Person, Town, good, refusal

SIGNATURE = {
    "width": 300,
    "height": 150,
    "strokes": [[{"x": float(n), "y": float(n % 40), "pressure": 0.5, "time": n * 10} for n in range(60)]],
}
Room = tuple[Case, dict[str, Person], dict[str, Live]]


@pytest.fixture
async def room(town: Town) -> AsyncIterator[Room]:
    """A joint session with both parties and a lawyer."""
    case = town.case()
    people = {"a": town.party(case), "b": town.party(case, "B"), "lawyer": town.third(case), "host": town.host(case)}
    async with live(town.service.url, *people.values()) as sockets:
        by_name = dict(zip(people, sockets, strict=True))
        officer = by_name["host"]
        await officer.do("session.open")
        for name in ("a", "b", "lawyer"):
            await officer.do("seat.admit", seat=people[name].seat)
            await officer.do("seat.verify", seat=people[name].seat, method="id_document")
        await officer.do("session.start")
        yield case, people, by_name


async def _agreement(socket: Live) -> Any:
    return (await socket.do("room.sync"))["agreement"]


async def _drafted(room: Room) -> Any:
    """A draft that may be locked."""
    case, _, live = room
    officer = live["host"]
    await officer.do("agreement.start")
    version = (await _agreement(officer))["version"]
    term = {
        "kind": "term",
        "debtor": case.parties["B"],
        "creditor": case.parties["A"],
        "what": "医疗费",
        "amount_fen": 300_000,
        "way": "转账",
        "due": "2026-12-31",
    }
    await officer.do("agreement.edit", version=version, edit=term)
    return await _agreement(officer)


async def test_before_it_is_started(room: Room) -> None:
    officer = room[2]["host"]
    assert await _agreement(officer) is None
    assert await officer.refused("agreement.edit", version=0, edit={"kind": "undo"}) == "agreement.missing"
    assert await officer.refused("agreement.lock", version=0) == "agreement.missing"
    for name in ("agreement.unlock", "agreement.reopen", "agreement.seal"):
        assert await officer.refused(name) == "agreement.missing", name


async def test_edits_against_the_version_that_was_seen(room: Room) -> None:
    live = room[2]
    officer = live["host"]
    draft = await _drafted(room)
    assert await officer.refused("agreement.start") == "agreement.exists"
    for version in (draft["version"] - 1, draft["version"] + 1, -1, 2**70):
        for edit in ({"kind": "undo"}, {"kind": "facts", "facts": "改"}, {"kind": "clauses", "clauses": []}):
            assert await officer.refused("agreement.edit", version=version, edit=edit) == "agreement.text_changed"
        assert await officer.refused("agreement.lock", version=version) == "agreement.text_changed"
    assert await _agreement(officer) == draft
    wrong = {"kind": "remove_term", "id": "term_x"}
    assert await officer.refused("agreement.edit", version=draft["version"], edit=wrong) == "agreement.bad_edit"
    clauses = {"kind": "clauses", "clauses": ["甲", "乙", "丙"]}
    await officer.do("agreement.edit", version=draft["version"], edit=clauses)
    now = await _agreement(officer)
    assert now["clauses"] == ["甲", "乙", "丙"]
    await officer.do("agreement.edit", version=now["version"], edit={"kind": "clauses", "clauses": ["甲", "丁"]})
    assert (await _agreement(officer))["clauses"] == ["甲", "丁"]
    # All see it live.
    shown = await live["b"].until(
        lambda seen: next(
            (p for e, p in seen if e == "snapshot" and p["agreement"] and p["agreement"]["clauses"] == ["甲", "丁"]),
            None,
        )
    )
    assert shown["agreement"]["terms"][0]["amount_fen"] == 300_000


async def test_no_edit_while_one_side_is_apart(room: Room) -> None:
    officer = room[2]["host"]
    draft = await _drafted(room)
    await officer.do("caucus.enter", side="A")
    edit = {"kind": "facts", "facts": "背着对方改的"}
    assert await officer.refused("agreement.edit", version=draft["version"], edit=edit) == "room.caucus"
    assert await officer.refused("agreement.lock", version=draft["version"]) == "room.caucus"
    for name in ("agreement.start", "agreement.unlock", "agreement.reopen", "agreement.seal"):
        assert await officer.refused(name) == "room.caucus", name
    assert await room[2]["a"].refused("agreement.decline", reason="不") == "room.caucus"
    await officer.do("caucus.leave")
    assert await _agreement(officer) == draft


async def test_nobody_signs_without_a_recorder(town: Town, room: Room) -> None:
    case, people, live = room
    officer = live["host"]
    draft = await _drafted(room)
    signature = {"lock_hash": "0" * 64, **SIGNATURE}
    await officer.do("agreement.lock", version=draft["version"], key="lock1")
    assert await officer.do("agreement.lock", version=draft["version"], key="lock1")
    locked = await _agreement(officer)
    assert locked["status"] == "locked"
    signature["lock_hash"] = locked["lock_hash"]
    before = town.revision(case)
    for name in ("a", "b", "host"):
        assert await live[name].refused("agreement.sign", **signature) == "room.wrong_phase", name
        assert await live[name].refused("agreement.decline", reason="不同意") == "room.wrong_phase", name
    assert await live["lawyer"].refused("agreement.sign", **signature) == "command.forbidden"
    assert await officer.refused("agreement.lock", version=locked["version"]) == "agreement.wrong_status"
    assert await officer.refused("agreement.seal") == "agreement.signatures_missing"
    assert await officer.refused("agreement.reopen") == "agreement.wrong_status"
    assert town.revision(case) == before
    assert refusal(people["a"].device.get(f"/api/seats/{people['a'].seat}/agreement.pdf"))[0] == 409
    assert refusal(people["lawyer"].device.get(f"/api/seats/{people['lawyer'].seat}/agreement.pdf"))[0] == 404
    assert refusal(town.officer.get(f"/api/cases/{case.id}/agreement.pdf")) == (409, "agreement.wrong_status")
    # A change of the text opens it again.
    edit = {"kind": "facts", "facts": "锁定后改的"}
    await officer.do("agreement.edit", version=locked["version"], edit=edit)
    reopened = await _agreement(officer)
    assert (reopened["status"], reopened["lock_hash"]) == ("draft", None)
    await officer.do("agreement.lock", version=reopened["version"])
    assert (await _agreement(officer))["lock_hash"] != locked["lock_hash"]
    await officer.do("agreement.unlock")
    assert (await _agreement(officer))["status"] == "draft"


async def test_a_case_closes_as_agreed_only_when_sealed(town: Town, room: Room) -> None:
    case, _, live = room
    path = f"/api/cases/{case.id}/close"
    assert refusal(town.officer.post(path, {"outcome": "agreed"})) == (409, "room.session_open")
    await live["host"].do("session.end", outcome="not_agreed")
    assert refusal(town.officer.post(path, {"outcome": "agreed"})) == (409, "case.agreement_not_sealed")
    good(town.officer.post(path, {"outcome": "not_agreed"}))
    assert await live["host"].refused("session.open") == "case.closed"
