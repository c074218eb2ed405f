"""The door: links and codes that are unknown, old, foreign or used up, wrong identities, odd names, new devices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.signaling.live import live
from tests.integration.signaling.town import IDS, NAMES, Caller, Town, consent, good, refusal

PAST = "2026-01-01T00:00:00.000Z"
ODD_NAMES = ["长" * 500, "长" * 51, "张\u0000三", "张\u202e三", "张\u200f三", "张\n三", "\u200b", "   ", "张\u2066三"]


def identity(secret: str, code: str = "000000", **changes: str) -> dict[str, str]:
    return {"secret": secret, "name": NAMES["A"], "code": code, "id_last6": IDS["A"][-6:], **changes}


def link_refusals(device: Caller, secret: str) -> set[tuple[int, str]]:
    """What the three routes of a link answer."""
    return {
        refusal(device.post("/api/entry/link", {"secret": secret})),
        refusal(device.post("/api/entry/code", {"secret": secret, "name": NAMES["A"]})),
        refusal(device.post("/api/entry/identify", identity(secret))),
    }


def test_a_link_tells_nothing_but_whom_it_is_for(town: Town) -> None:
    case = town.case()
    seen = town.caller().asked("/api/entry/link", {"secret": town.link(case)})
    assert set(seen) == {"organ", "name_masked", "phone_masked", "expires_at", "locked"}
    assert NAMES["A"] not in str(seen)
    assert case.number not in str(seen)


def test_an_unknown_link(town: Town) -> None:
    before = town.state()
    for secret in ("A" * 22, "-" * 64, "a" * 8):
        assert link_refusals(town.caller(), secret) == {(404, "link.unknown")}
    for secret in ("", "short", "ä" * 22, "A" * 65, "A A A A A A"):
        assert link_refusals(town.caller(), secret) == {(400, "malformed")}
    assert town.state() == before


def test_an_expired_link(town: Town) -> None:
    case = town.case()
    secret = town.link(case)
    with town.database() as db:
        db.execute("UPDATE links SET expires_at = ? WHERE room_id = ?", (PAST, case.room))
    before = town.state()
    assert link_refusals(town.caller(), secret) == {(404, "link.expired")}
    assert town.state() == before


def test_a_revoked_link_and_a_replaced_one(town: Town) -> None:
    case = town.case()
    replaced = town.link(case)
    revoked = town.link(case)
    assert link_refusals(town.caller(), replaced) == {(404, "link.revoked")}
    good(town.officer.post(f"/api/cases/{case.id}/parties/{case.parties['A']}/link/revoke"))
    before = town.state()
    assert link_refusals(town.caller(), revoked) == {(404, "link.revoked")}
    assert town.state() == before


def test_a_closed_case_lets_nobody_new_in(town: Town) -> None:
    """But a party may still have a link: a signer fetches the agreement by it."""
    case = town.case()
    good(town.officer.post(f"/api/cases/{case.id}/close", {"outcome": "withdrawn"}))
    good(town.officer.post(f"/api/cases/{case.id}/parties/{case.parties['A']}/link"))
    before = town.state()
    for path, body in (
        (f"/api/cases/{case.id}/invites", {"role": "witness"}),
        (f"/api/cases/{case.id}/close", {"outcome": "withdrawn"}),
    ):
        assert refusal(town.officer.post(path, body))[0] == 409
    assert town.state() == before


def test_another_persons_link_is_no_help(town: Town) -> None:
    case, other = town.case(), town.case()
    device = town.caller()
    secret, foreign = town.link(case), town.link(other)
    code = town.code(case, "A", secret, device)
    assert refusal(device.post("/api/entry/identify", identity(foreign, code))) == (403, "identity.wrong")
    party_b = town.link(case, "B")
    assert refusal(device.post("/api/entry/identify", identity(party_b, code))) == (403, "identity.wrong")
    path = f"/api/cases/{case.id}/parties/{other.parties['A']}/link"
    assert refusal(town.officer.post(path)) == (404, "party.unknown")


@pytest.mark.parametrize("wrong", ["name", "code", "id_last6"])
def test_five_tries_then_the_officer_unlocks(town: Town, wrong: str) -> None:
    case, device = town.case(), town.caller()
    secret = town.link(case)
    code = town.code(case, "A", secret, device)
    spoilt = {"name": "王五", "code": "999999" if code != "999999" else "111111", "id_last6": "000000"}
    room = town.revision(case)
    for _ in range(5):
        assert refusal(device.post("/api/entry/identify", identity(secret, code) | {wrong: spoilt[wrong]})) == (
            403,
            "identity.wrong",
        )
    assert refusal(device.post("/api/entry/identify", identity(secret, code))) == (429, "identity.locked")
    assert device.asked("/api/entry/link", {"secret": secret})["locked"] is True
    # A fresh link gives no fresh tries.
    secret = town.link(case)
    assert refusal(device.post("/api/entry/identify", identity(secret, code))) == (429, "identity.locked")
    assert town.revision(case) == room
    assert device.cookie_header() == ""
    good(town.officer.post(f"/api/cases/{case.id}/parties/{case.parties['A']}/unlock"))
    assert device.asked("/api/entry/identify", identity(secret, code))["seat"]


def test_a_code_is_good_once_and_asked_for_slowly(town: Town) -> None:
    case, device = town.case(), town.caller()
    secret = town.link(case)
    code = town.code(case, "A", secret, device)
    again = {"secret": secret, "name": NAMES["A"]}
    assert refusal(device.post("/api/entry/code", again)) == (429, "identity.code_too_soon")
    assert refusal(device.post("/api/entry/code", {**again, "name": "王五"})) == (403, "identity.wrong")
    device.asked("/api/entry/identify", identity(secret, code))
    assert refusal(town.caller().post("/api/entry/identify", identity(secret, code))) == (403, "identity.wrong")


@pytest.mark.parametrize("code", ["12345", "1234567", "１２３４５６", "abcdef", "12 456", "12345\n"])
def test_a_code_of_another_shape_costs_no_try(town: Town, code: str) -> None:
    case = town.case()
    secret = town.link(case)
    before = town.state()
    assert refusal(town.caller().post("/api/entry/identify", identity(secret, code))) == (400, "malformed")
    with town.database() as db:
        tries = db.execute("SELECT * FROM identity_tries WHERE party_id = ?", (case.parties["A"],)).fetchall()
    assert tries == []
    assert town.state() == before


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_at_the_door(town: Town, name: str) -> None:
    case = town.case()
    code = invite(town, case.id)["code"]
    secret = town.link(case)
    before = town.state()
    status, refused = refusal(town.caller().post("/api/entry/invite", {"code": code, "name": name, "role": "lawyer"}))
    assert (status, refused) in ((400, "malformed"), (422, "name.invalid"))
    response = town.caller().post("/api/entry/code", {"secret": secret, "name": name})
    assert refusal(response) in ((400, "malformed"), (403, "identity.wrong"))
    if refusal(response)[1] == "malformed":
        assert town.state() == before


def invite(town: Town, case: str, **changes: Any) -> Any:
    return town.officer.asked(f"/api/cases/{case}/invites", {"role": "lawyer", "side": "A", **changes})


def test_invite_codes_that_open_nothing(town: Town) -> None:
    case = town.case()
    taken, old, revoked = (invite(town, case.id)["code"] for _ in range(3))
    rows = good(town.officer.get(f"/api/cases/{case.id}"))["invites"]

    def come(code: str, role: str = "lawyer") -> tuple[int, str]:
        return refusal(town.caller().post("/api/entry/invite", {"code": code, "name": "赵六", "role": role}))

    town.caller().asked("/api/entry/invite", {"code": taken, "name": "赵六", "role": "lawyer"})
    good(town.officer.post(f"/api/cases/{case.id}/invites/{rows[2]['id']}/revoke"))
    with town.database() as db:
        db.execute("UPDATE invite_codes SET expires_at = ? WHERE id = ?", (PAST, rows[1]["id"]))
    before = town.state()
    assert come(taken) == (409, "invite.used_up")
    assert come(old) == (404, "invite.expired")
    assert come(revoked) == (404, "invite.unknown")
    assert come("ABCD-EFGH") == (404, "invite.unknown")
    assert come("") == (400, "malformed")
    assert come("张三李四王五赵六") in ((404, "invite.unknown"), (400, "malformed"))
    assert come(taken, "mediator") == (400, "malformed")
    assert come(taken, "party") == (400, "malformed")
    assert town.state() == before
    fresh = invite(town, case.id)["code"]
    assert come(fresh, "witness") == (403, "invite.wrong_role")
    # Typed as people type it, it still opens.
    spelt = fresh.lower().replace("-", " ")
    town.caller().asked("/api/entry/invite", {"code": spelt, "name": "赵六", "role": "lawyer"})


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "mediator"},
        {"role": "party"},
        {"side": "C"},
        {"side": None},
        {"uses": 0},
        {"uses": 11},
        {"uses": True},
        {"uses": "1"},
        {"hours": 0},
        {"hours": 721},
        {"hours": 1.5},
    ],
)
def test_invites_that_may_not_be_made(town: Town, changes: dict[str, Any]) -> None:
    case = town.case()
    before = town.state()
    response = town.officer.post(f"/api/cases/{case.id}/invites", {"role": "lawyer", "side": "A", **changes})
    assert refusal(response) in ((400, "malformed"), (422, "invite.invalid"))
    assert town.state() == before


def test_guessing_is_slowed_for_the_guesser_only(town: Town) -> None:
    case = town.case()
    code = invite(town, case.id)["code"]
    guesser = town.caller("10.9.9.9")
    for _ in range(4):
        guesser.post("/api/entry/invite", {"code": "ABCD-EFGH", "name": "赵六", "role": "lawyer"})
    slow = guesser.post("/api/entry/invite", {"code": "ABCD-EFGH", "name": "赵六", "role": "lawyer"})
    assert slow.elapsed.total_seconds() >= 1
    quick = town.caller().post("/api/entry/invite", {"code": code, "name": "赵六", "role": "lawyer"})
    assert good(quick)["seat"]
    assert quick.elapsed.total_seconds() < 1


async def test_a_new_device_on_a_known_seat_waits_again(town: Town) -> None:
    case = town.case()
    first, host = town.party(case), town.host(case)
    async with live(town.service.url, host, first) as (officer, one):
        await officer.do("session.open")
        await officer.do("seat.admit", seat=first.seat)
        assert (await one.view())["you"]["presence"] == "admitted"
        second = town.party(case, consents=False)
        assert second.seat == first.seat
        # The old device is out of the room before the new one is in it.
        seen = await one.shown(lambda view: view["waiting_hint"] == "replaced")
        assert seen["view"]["peers"] == []
        assert await one.refused("hand.set", raised=True) == "seat.replaced"
        assert refusal(first.device.get(f"/api/seats/{first.seat}")) == (409, "seat.replaced")
        consent(second)
        async with live(town.service.url, second) as (two,):
            view = await two.view()
            assert view["you"]["presence"] == "waiting"
            assert view["peers"] == []
            door = (await officer.shown(lambda view: len(view["waiting"]) == 1))["view"]["waiting"][0]
            assert door["new_device"] is True
            assert await two.refused("hand.set", raised=True) == "seat.not_admitted"
            await officer.do("seat.admit", seat=second.seat)
            await two.do("hand.set", raised=True)
    assert refusal(first.device.get(f"/api/seats/{first.seat}"))[0] in (401, 403)
