"""Watching a sitting: who may see what of it, what each look and each file leaves on the timeline, and the minutes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings
from server.wiring import open_house
from tests.integration.signaling.live import Live, live
from tests.integration.signaling.test_masking import acts, colleague
from tests.integration.signaling.town import Caller, Case, Town, good, refusal

FILM = bytes(range(256)) * 8
LANE = bytes([0, 40, 90, 0])
REASON = {"reason": "法院调取证据，函号 2026-17"}


async def _stored(data: Path, recording_id: str) -> None:
    """A film and its lane in the vault, for a recording that is in the database."""
    async with open_house(Settings(data=data)) as house:
        services = house.services
        await services.recordings.lanes.keep(recording_id, b"earlier")
        await services.recordings.lanes.keep(recording_id, LANE)


async def _blob(data: Path) -> str:
    async with open_house(Settings(data=data)) as house:
        return (await house.services.blobs.put(FILM, kind="webm")).id


def _recorded(town: Town, case: Case, session: str, name: str, seats: str = "[]") -> str:
    blob = asyncio.run(_blob(town.service.data))
    values = (name, case.id, case.room, session, f"end_{name}", seats, "ready", "", blob, 2000, 1, 1, "2026-01-01T00Z")
    with town.database() as db:
        db.execute(
            "INSERT INTO recordings (id, case_id, room_id, session_id, endpoint, seats, status, reason, blob_id,"
            " duration_ms, noted, made, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    asyncio.run(_stored(town.service.data, name))
    return name


async def _locked(town: Town, officer: Live, case: Case) -> None:
    """An agreement of one term and two clauses, one of them changed later, locked."""

    async def version() -> Any:
        return (await officer.do("room.sync"))["agreement"]["version"]

    await officer.do("agreement.start")
    term = {"kind": "term", "debtor": case.parties["B"], "creditor": case.parties["A"], "what": "医疗费"}
    await officer.do(
        "agreement.edit", version=await version(), edit={**term, "amount_fen": 1, "way": "转账", "due": "2026-12-31"}
    )
    for clauses in (["道歉。"], ["道歉。", "再无争议。"], ["当面道歉。", "再无争议。"]):
        await officer.do("agreement.edit", version=await version(), edit={"kind": "clauses", "clauses": clauses})
    await officer.do("agreement.lock", version=await version())


@pytest.fixture(scope="module")
def sat(town: Town) -> tuple[Case, str, str]:
    """A case, the sitting in which its agreement was locked, and a film of party A."""
    case = town.case()

    async def sit() -> str:
        a, b, host = town.party(case), town.party(case, "B"), town.host(case)
        async with live(town.service.url, host, a, b) as (officer, _, _):
            await officer.do("session.open")
            for person in (a, b):
                await officer.do("seat.admit", seat=person.seat)
                await officer.do("seat.verify", seat=person.seat, method="id_document")
            await officer.do("session.start")
            await officer.do("caucus.enter", side="A")
            await officer.do("caucus.leave")
            await _locked(town, officer, case)
            await officer.do("session.end", outcome="agreed")
        return a.seat

    seat = asyncio.run(sit())
    session = good(town.officer.get(f"/api/cases/{case.id}"))["sessions"][0]["id"]
    return case, session, _recorded(town, case, session, f"rec_{case.id[-8:]}", f'["{seat}"]')


def sitting(case: Case, session: str) -> str:
    return f"/api/cases/{case.id}/sittings/{session}"


def test_a_sitting_to_watch(town: Town, sat: tuple[Case, str, str]) -> None:
    case, session, film = sat
    seen = good(town.officer.get(sitting(case, session)))
    told = [(mark["act"], mark["name"]) for mark in seen["marks"]]
    assert [act for act, _ in told] == [
        "session.opened", "seat.admitted", "seat.verified", "seat.admitted", "seat.verified", "session.started",
        "caucus.entered", "caucus.left", "agreement.started",
        "agreement.written", "agreement.written", "agreement.written", "agreement.locked", "session.ended",
    ]  # fmt: skip
    assert told[1] == ("seat.admitted", "张小三")
    assert [mark["matter"] for mark in seen["marks"] if mark["act"] == "agreement.written"] == ["1", "3", "2"]
    places = [mark["ms"] for mark in seen["marks"]]
    assert places == sorted(places)
    assert places[0] < 0
    assert places[5] == 0
    assert seen["length_ms"] >= places[-1] > 0
    (apart,) = seen["apart"]
    assert (apart["side"], apart["from_ms"], apart["until_ms"]) == ("A", places[6], places[7])
    (row,) = seen["films"]
    assert (row["id"], row["names"], row["speech"]) == (film, ["张小三"], "AChaAA==")
    assert row["content"] == f"/api/recordings/{film}/content"


def test_the_minutes_of_the_agreement(town: Town, sat: tuple[Case, str, str]) -> None:
    case, session, _ = sat
    found = good(town.officer.get(f"/api/cases/{case.id}/agreement/minutes"))
    (locked,) = acts(town, case, "agreement.locked")
    place = locked["payload"]["position"]
    assert place["session"] == found["lock"]["session"] == session
    assert abs(place["ms"] - found["lock"]["ms"]) < 1000, "said at the act, and found again from the clocks"
    marks = {mark["act"]: mark["ms"] for mark in good(town.officer.get(sitting(case, session)))["marks"]}
    assert marks["agreement.locked"] == found["lock"]["ms"]
    by_id = {one["id"]: one["place"]["ms"] for one in found["clauses"]}
    (term,) = found["terms"]
    assert 0 < term["place"]["ms"] < by_id["1"] < by_id["0"] < found["lock"]["ms"], "each where its last words came"
    assert found["signatures"] == []


def test_hidden_and_absent_sittings_look_the_same(town: Town, sat: tuple[Case, str, str]) -> None:
    case, session, film = sat
    other = town.case()
    before = town.state()
    body = {"film": film, "stretches": [{"from_ms": 0, "until_ms": 5}]}
    assert refusal(town.stranger.get(sitting(case, session))) == (404, "case.not_found")
    assert refusal(town.stranger.post(f"{sitting(case, session)}/watched", body)) == (404, "case.not_found")
    assert refusal(town.stranger.get(f"/api/cases/{case.id}/agreement/minutes")) == (404, "case.not_found")
    assert refusal(town.officer.get(sitting(case, "ses_none"))) == (404, "session.not_found")
    assert refusal(town.officer.get(sitting(other, session))) == (404, "session.not_found")
    assert refusal(town.officer.post(f"{sitting(case, 'ses_none')}/watched", body)) == (404, "session.not_found")
    assert refusal(town.officer.post(f"{sitting(case, session)}/watched", {**body, "film": "rec_none"})) == (
        404,
        "recording.not_found",
    )
    assert refusal(town.officer.get(f"/api/cases/{other.id}/agreement/minutes"))[0] == 404
    assert refusal(town.caller().get(sitting(case, session)))[0] == 401
    for stretches in ([{"from_ms": -1, "until_ms": 5}], [{"from_ms": 0, "until_ms": 5}] * 201, "all"):
        said = {"film": film, "stretches": stretches}
        assert refusal(town.officer.post(f"{sitting(case, session)}/watched", said)) == (400, "malformed")
    assert town.state() == before


def test_what_was_watched_is_on_the_timeline(town: Town, sat: tuple[Case, str, str]) -> None:
    case, session, film = sat
    parts = [(5000, 7000), (0, 1500), (1600, 3000), (9, 9)]
    body = {"film": film, "stretches": [{"from_ms": start, "until_ms": end} for start, end in parts]}
    town.officer.asked(f"{sitting(case, session)}/watched", body)
    town.officer.asked(f"{sitting(case, session)}/watched", {"film": film, "stretches": []})
    (entry,) = acts(town, case, "recording.watched")
    assert entry["payload"] == {
        "recording": film,
        "session": session,
        "played_ms": 5000,
        "stretches": [[0, 3000], [5000, 7000]],
    }


def test_a_film_is_watched_in_its_own_sitting_only(town: Town, sat: tuple[Case, str, str]) -> None:
    case, _, film = sat
    foreign = _recorded(town, case, "ses_other", f"{film}x")
    body = {"film": foreign, "stretches": [{"from_ms": 0, "until_ms": 5}]}
    assert refusal(town.officer.post(f"{sitting(case, sat[1])}/watched", body)) == (404, "recording.not_found")


def _lets(town: Town, caller: Caller, allowed: bool) -> Any:
    officer = good(caller.get("/api/officer/me"))["id"]
    return town.administrator.asked(f"/api/officers/{officer}/download", {"allowed": allowed})


def test_a_download_takes_a_right_and_a_reason(town: Town, sat: tuple[Case, str, str]) -> None:
    case, _, film = sat
    ask, file = f"/api/recordings/{film}/download", f"/api/recordings/{film}/file"
    before = town.state()
    assert refusal(town.officer.post(ask, REASON)) == (403, "recording.no_download")
    assert refusal(town.officer.get(file)) == (403, "recording.no_download")
    assert town.state() == before
    assert _lets(town, town.officer, True)["may_download"]
    assert refusal(town.officer.get(file)) == (403, "recording.no_download"), "without a reason"
    assert refusal(town.officer.post(ask, {"reason": " 无 "})) == (400, "malformed")
    assert acts(town, case, "recording.downloaded") == []
    assert town.officer.asked(ask, REASON) == {"path": file}
    got = town.officer.get(file)
    assert (got.status_code, got.content) == (200, FILM)
    assert got.headers["content-disposition"] == f'attachment; filename="{film}.webm"'
    assert got.headers["cache-control"] == "no-store"
    (entry,) = acts(town, case, "recording.downloaded")
    assert entry["payload"]["reason"] == REASON["reason"]
    # The reason is one officer's for one file, for ten minutes, while the right lasts.
    other = colleague(town, "qian.viewer")
    _lets(town, other, True)
    assert refusal(other.get(file)) == (403, "recording.no_download")
    with town.database() as db:
        db.execute("UPDATE recording_downloads SET at = '2026-01-01T00:00:00.000Z'")
    assert refusal(town.officer.get(file)) == (403, "recording.no_download")
    town.officer.asked(ask, REASON)
    assert not _lets(town, town.officer, False)["may_download"]
    assert refusal(town.officer.get(file)) == (403, "recording.no_download")


def test_who_gives_the_right(town: Town, sat: tuple[Case, str, str]) -> None:
    _, _, film = sat
    officer = good(town.officer.get("/api/officer/me"))["id"]
    path = f"/api/officers/{officer}/download"
    before = town.state()
    assert refusal(town.officer.post(path, {"allowed": True}))[0] == 403
    assert refusal(town.administrator.post(path, {"allowed": "yes"})) == (400, "malformed")
    assert refusal(town.administrator.post("/api/officers/officer_none/download", {"allowed": True}))[0] == 404
    # Nothing of a film out of sight, whoever asks.
    for call in (
        town.stranger.post(f"/api/recordings/{film}/download", REASON),
        town.stranger.get(f"/api/recordings/{film}/file"),
    ):
        assert refusal(call) == (404, "recording.not_found")
    assert refusal(town.administrator.post(f"/api/recordings/{film}/download", REASON))[0] == 404
    assert town.state() == before
