"""What an officer sees of a case unasked, what by asking, and what only the caucus's own mediator sees."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from server.settings import Settings
from server.wiring import open_house
from signaling.http.files import VIEWING_S, Viewings
from tests.integration.signaling.live import live
from tests.integration.signaling.town import PASSWORD, Caller, Case, Town, good, refusal

JOINT = "大家都看得到的话"
SECRET = "只跟您说：三千元可以接受"
ANSWER = "明白，我去问对方"
FILM = bytes(range(256)) * 8


def colleague(town: Town, username: str, role: str = "officer") -> Caller:
    """Another officer of the same organ."""
    new = {"username": username, "name": "孙警官", "post": "民警", "role": role, "organ": town.organs["home"]}
    issued = town.administrator.asked("/api/officers", new)
    caller = town.caller()
    caller.asked("/api/officer/sign-in", {"username": username, "password": issued["password"]})
    caller.asked("/api/officer/password", {"old": issued["password"], "new": PASSWORD})
    return caller


def page(caller: Caller, case: Case) -> Any:
    return good(caller.get(f"/api/cases/{case.id}"))


def timeline(caller: Caller, case: Case) -> list[Any]:
    told = good(caller.get(f"/api/cases/{case.id}/timeline"))
    assert told["intact"], told["reason"]
    return list(told["entries"])


def acts(town: Town, case: Case, act: str) -> list[Any]:
    return [row for row in timeline(town.officer, case) if row["act"] == act]


def written(caller: Caller, case: Case) -> list[Any]:
    """The timeline's payloads of what was written."""
    return [row["payload"] for row in timeline(caller, case) if row["act"] == "chat.sent"]


async def test_a_caucus_is_read_by_its_own_mediator_only(town: Town) -> None:
    case = town.case()
    a, b, host = town.party(case), town.party(case, "B"), town.host(case)
    async with live(town.service.url, host, a, b) as (officer, inside, outside):
        await officer.do("session.open")
        for person in (a, b):
            await officer.do("seat.admit", seat=person.seat)
        await officer.do("session.start")
        await outside.do("chat.send", text=JOINT)
        await officer.do("caucus.enter", side="A")
        await inside.do("chat.send", text=SECRET)
        await officer.do("chat.send", text=ANSWER)
        await officer.do("caucus.leave")
        await officer.do("session.end", outcome="not_agreed")

    rows = page(town.officer, case)["chat"]
    assert [(row["text"], row["private"]) for row in rows] == [("", False), ("", True), ("", True)]
    assert all(row["name"] and row["at"] for row in rows)
    assert [set(payload) for payload in written(town.officer, case)] == [{"message", "caucus"}] * 3
    assert acts(town, case, "chat.read") == []
    read = town.officer.asked(f"/api/cases/{case.id}/chat/read")["chat"]
    assert [row["text"] for row in read] == [JOINT, SECRET, ANSWER]
    assert [row["id"] for row in read] == [row["id"] for row in rows]
    # Having asked opens nothing for the next look.
    assert {row["text"] for row in page(town.officer, case)["chat"]} == {""}

    other, chief = colleague(town, "sun.other"), colleague(town, "sun.chief", "supervisor")
    # A supervisor takes the mediator's seat over, and inherits none of it.
    chief.asked(f"/api/cases/{case.id}/enter")
    private = [row["id"] for row in rows if row["private"]]
    for caller in (other, chief):
        assert [row["id"] for row in page(caller, case)["chat"]] == [rows[0]["id"]]
        assert [row["text"] for row in caller.asked(f"/api/cases/{case.id}/chat/read")["chat"]] == [JOINT]
        assert written(caller, case) == [{"message": rows[0]["id"], "caucus": None}, None, None]
        everything = str((page(caller, case), caller.asked(f"/api/cases/{case.id}/chat/read"), timeline(caller, case)))
        for word in (SECRET, ANSWER, *private):
            assert word not in everything
    # The mediator keeps it when somebody else sits in the seat.
    assert len(town.officer.asked(f"/api/cases/{case.id}/chat/read")["chat"]) == len(rows)

    readers = [row["actor"] for row in acts(town, case, "chat.read")]
    people = [good(caller.get("/api/officer/me"))["id"] for caller in (town.officer, other, chief)]
    assert readers == [people[0], people[1], people[1], people[2], people[2], people[0]]


async def test_an_agreement_is_read_by_asking(town: Town) -> None:
    case = town.case()
    assert refusal(town.officer.post(f"/api/cases/{case.id}/agreement/read")) == (404, "agreement.missing")
    a, b, host = town.party(case), town.party(case, "B"), town.host(case)
    async with live(town.service.url, host, a, b) as (officer, _, _):
        await officer.do("session.open")
        for person in (a, b):
            await officer.do("seat.admit", seat=person.seat)
            await officer.do("seat.verify", seat=person.seat, method="id_document")
        await officer.do("session.start")
        await officer.do("agreement.start")
        term = {
            "kind": "term",
            "debtor": case.parties["B"],
            "creditor": case.parties["A"],
            "what": "医疗费四七一一",
            "amount_fen": 300_000,
            "way": "转账",
            "due": "2027-12-31",
        }
        for edit in (term, {"kind": "clauses", "clauses": ["互不追究四七一二"]}):
            version = (await officer.do("room.sync"))["agreement"]["version"]
            await officer.do("agreement.edit", version=version, edit=edit)

        async def compare() -> Any:
            full = (await officer.do("room.sync"))["agreement"]
            masked: dict[str, object] = {"facts": "", "terms": [], "clauses": [], "problems": [], "document": None}
            assert page(town.officer, case)["agreement"] == {**full, **masked}
            assert town.officer.asked(f"/api/cases/{case.id}/agreement/read") == full
            return full

        draft = await compare()
        assert [term["what"] for term in draft["terms"]] == ["医疗费四七一一"]
        await officer.do("agreement.lock", version=draft["version"])
        locked = await compare()
        assert "四七一二" in str(locked["document"])
        assert "四七一" not in str(page(town.officer, case))
        # A file that is not there yet was not read.
        assert refusal(town.officer.get(f"/api/cases/{case.id}/agreement.pdf")) == (409, "agreement.wrong_status")
    assert [row["payload"] for row in acts(town, case, "agreement.read")] == [{"form": "text"}] * 2


async def _film(data: Path) -> str:
    """A playable file in the vault; its id there."""
    async with open_house(Settings(data=data)) as house:
        return (await house.services.blobs.put(FILM, kind="webm")).id


def test_one_viewing_however_it_is_fetched(town: Town) -> None:
    case = town.case()
    blob = asyncio.run(_film(town.service.data))
    with town.database() as db:
        for name in ("rec_one", "rec_two"):
            values = (name, case.id, case.room, name, "end_1", "[]", "ready", "", blob, 1000, 1, 1, "2026-01-01T00:00Z")
            db.execute(
                "INSERT INTO recordings (id, case_id, room_id, session_id, endpoint, seats, status, reason, blob_id,"
                " duration_ms, noted, made, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def viewed() -> list[str]:
        return [row["payload"]["recording"] for row in acts(town, case, "recording.viewed")]

    one = "/api/recordings/rec_one/content"
    assert town.officer.get(one, Range="bytes=9000-").status_code == 416
    assert viewed() == []
    # A look into the middle is a look.
    part = town.officer.get(one, Range="bytes=100-299")
    assert (part.status_code, part.content) == (206, FILM[100:300])
    assert viewed() == ["rec_one"]
    for wanted in ("bytes=0-", "bytes=-5", "bytes=7-7"):
        assert town.officer.get(one, Range=wanted).status_code == 206
    assert town.officer.get(one).content == FILM
    assert viewed() == ["rec_one"]
    assert town.officer.get("/api/recordings/rec_two/content").content == FILM
    other = colleague(town, "sun.viewer")
    assert other.get(one, Range="bytes=-5").content == FILM[-5:]
    assert viewed() == ["rec_one", "rec_two", "rec_one"]


def test_a_viewing_lasts_ten_minutes() -> None:
    now = 0.0
    viewings = Viewings(lambda: now)
    assert viewings.begins("officer_1", "rec_1")
    assert viewings.begins("officer_2", "rec_1")
    now = VIEWING_S - 1
    assert not viewings.begins("officer_1", "rec_1")
    now = VIEWING_S
    assert viewings.begins("officer_1", "rec_1")
    viewings.forget("officer_1", "rec_1")
    assert viewings.begins("officer_1", "rec_1")
