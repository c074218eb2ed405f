"""Every line of the HTTP table against the same misuse: no credential, no header, bad bodies, the wrong officer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from signaling.http.route import Route
from signaling.http.routes import ROUTES
from tests.integration.signaling.town import Caller, Case, Person, Town, consent, good, new_case, new_party, refusal

BODIES: dict[str, Any] = {
    "/api/officer/sign-in": {"username": "nobody", "password": "long-enough-a-password"},
    "/api/officer/password": {"old": "what-it-was-before", "new": "what-it-shall-be"},
    "/api/officers": {"username": "qian", "name": "钱警官", "post": "民警", "role": "officer", "organ": "organ_x"},
    "/api/organs": {"parent": "organ_x", "name": "城南派出所", "kind": "station"},
    "/api/cases": new_case("ZA-2026-9999"),
    "/api/cases/{case}": {"revision": 1, "cause": "改过的事由"},
    "/api/cases/{case}/parties/{party}": new_party("A", name="张三三"),
    "/api/cases/{case}/reveal": {"party": None, "field": "facts"},
    "/api/cases/{case}/close": {"outcome": "withdrawn"},
    "/api/cases/{case}/invites": {"role": "lawyer", "side": "A"},
    "/api/cases/{case}/unsealings": {"lines": ["sgm_aaaaaaaaaaaaaaaaaaaa"], "reason": "复核威胁情节"},
    "/api/unsealings/{unsealing}": {"approve": True, "word": "同意"},
    "/api/cases/{case}/holds": {"session": "ses_aaaaaaaaaaaaaaaaaaaa", "reason": "法院调取"},
    "/api/cases/{case}/holds/{hold}/lift": {"reason": "已归还"},
    "/api/cases/{case}/deletions": {"session": "ses_aaaaaaaaaaaaaaaaaaaa", "reason": "已过保存期"},
    "/api/deletions/{deletion}": {"approve": False, "word": "不同意"},
    "/api/entry/link": {"secret": "x" * 22},
    "/api/entry/code": {"secret": "x" * 22, "name": "张小三"},
    "/api/entry/identify": {"secret": "x" * 22, "name": "张小三", "code": "123456", "id_last6": "12345X"},
    "/api/entry/invite": {"code": "ABCD-EFGH", "name": "赵六", "role": "lawyer"},
    "/api/seats/{seat}/consents": {
        "online": True,
        "personal_data": True,
        "recording": True,
        "esign": True,
        "notice_version": "1",
    },
}
"""A body of the right shape for each route that takes one."""

POSTS = [route for route in ROUTES if route.method == "POST"]
WITH_BODY = [route for route in ROUTES if route.request is not None]
OF_CASES = [route for route in ROUTES if "{case}" in route.path]
GUARDED = [route for route in ROUTES if route.who != "anyone"]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture(scope="module")
def case(town: Town) -> Case:
    return town.case()


@pytest.fixture(scope="module")
def party(town: Town, case: Case) -> Person:
    return town.party(case)


@pytest.fixture
def path(case: Case, party: Person) -> Callable[[Route], str]:
    """The route's path, with things that exist in its holes."""
    holes = {
        "case": case.id,
        "party": case.parties["A"],
        "seat": party.seat,
        "officer": "officer_aaaaaaaaaaaaaaaaaaaa",
        "invite": "invite_aaaaaaaaaaaaaaaaaaaa",
        "notice": "notice_aaaaaaaaaaaaaaaaaaaa",
        "unsealing": "uns_aaaaaaaaaaaaaaaaaaaa",
        "film": "usf_aaaaaaaaaaaaaaaaaaaa",
        "hold": "hold_aaaaaaaaaaaaaaaaaaaa",
        "deletion": "del_aaaaaaaaaaaaaaaaaaaa",
        "recording": "rec_aaaaaaaaaaaaaaaaaaaa",
    }
    return lambda route: route.path.format(**holes)


def send(caller: Caller, route: Route, path: str, content: bytes | None = None, **headers: str) -> httpx.Response:
    if content is None and route.path in BODIES:
        content = json.dumps(BODIES[route.path]).encode()
    return caller.http.request(route.method, path, content=content, headers=headers)


def entitled(town: Town, party: Person, route: Route) -> Caller:
    """Somebody who passes the route's own check of who asks."""
    return {
        "anyone": town.caller(),
        "officer": town.officer,
        "administrator": town.administrator,
        "device": party.device,
    }[route.who]


def test_every_route_with_a_body_has_an_example() -> None:
    assert set(BODIES) == {route.path for route in WITH_BODY}


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_without_a_credential(town: Town, route: Route, path: Callable[[Route], str]) -> None:
    before = town.state()
    nobody = town.caller()
    code = "seat.no_credential" if route.who == "device" else "sign_in_needed"
    assert refusal(send(nobody, route, path(route))) == (401, code)
    cookie = "heshi_officer=" + "A" * 22
    if route.who != "device":
        assert refusal(send(nobody, route, path(route), Cookie=cookie)) == (401, "session.over")
    assert town.state() == before


@pytest.mark.parametrize("route", POSTS, ids=named)
def test_without_the_header_no_cookie_counts(
    town: Town, party: Person, route: Route, path: Callable[[Route], str]
) -> None:
    before = town.state()
    caller = entitled(town, party, route)
    for value in ("", "0"):
        assert refusal(send(caller, route, path(route), None, **{"X-Heshi": value})) == (403, "forbidden")
    assert town.state() == before


def _spoilt(route: Route) -> dict[str, bytes]:
    """Bodies that are not the route's model."""
    body = BODIES[route.path]
    field = next(iter(body))
    return {
        "empty": b"",
        "no JSON": b'{"a": ',
        "not UTF-8": b'{"a": "\xff\xfe"}',
        "a list": b"[]",
        "null": b"null",
        "deep": b"[" * 5000 + b"]" * 5000,
        "NaN": b'{"a": NaN}',
        "unknown field": json.dumps({**body, "<b>secret-4711</b>": "value-4711"}).encode(),
        "wrong type": json.dumps({**body, field: {"secret-4711": 1}}).encode(),
        "missing field": json.dumps({name: value for name, value in body.items() if name != field}).encode(),
        "huge number": json.dumps({**body, field: -(10**400) if field != "revision" else 0.5}).encode(),
        "lone surrogate": json.dumps({**body, field: "\ud800"}).encode(),
        "long line": json.dumps({**body, field: "长" * 5_000}).encode(),
    }


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_bodies_that_are_not_the_model(town: Town, party: Person, route: Route, path: Callable[[Route], str]) -> None:
    before = town.state()
    caller = entitled(town, party, route)
    for name, content in _spoilt(route).items():
        response = send(caller, route, path(route), content)
        assert refusal(response) == (400, "malformed"), name
        assert "4711" not in response.text, name
        assert "长" not in response.text
    assert refusal(send(caller, route, path(route), b'"' + b"x" * route.limit + b'"')) == (413, "too_large")
    chunks = iter([b"x" * 60_000, b"x" * 60_000])
    streamed = caller.http.request("POST", path(route), content=chunks)
    assert refusal(streamed) == (413, "too_large")
    assert town.state() == before


@pytest.mark.parametrize("route", OF_CASES, ids=named)
def test_another_stations_case_does_not_exist(town: Town, route: Route, path: Callable[[Route], str]) -> None:
    before = town.state()
    for caller in (town.stranger, town.administrator):
        assert refusal(send(caller, route, path(route))) == (404, "case.not_found")
    absent = path(route).replace(path(route).split("/")[3], "case_aaaaaaaaaaaaaaaaaaaa")
    assert refusal(send(town.officer, route, absent)) == (404, "case.not_found")
    assert town.state() == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.who == "administrator"], ids=named)
def test_officers_do_not_administer(town: Town, route: Route, path: Callable[[Route], str]) -> None:
    before = town.state()
    assert refusal(send(town.officer, route, path(route))) == (403, "forbidden")
    assert town.state() == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.who == "device"], ids=named)
def test_a_seat_is_its_own_devices_only(
    town: Town, case: Case, party: Person, route: Route, path: Callable[[Route], str]
) -> None:
    other = town.third(case)
    before = town.state()
    assert refusal(send(other.device, route, path(route))) == (401, "seat.no_credential")
    # One's own credential under the other seat's name, and an officer's mark, open nothing.
    own = next(cookie.value for cookie in other.device.http.cookies.jar)
    for value in (own, f"host:{case.room}", "A" * 22, "host:"):
        response = send(town.caller(), route, path(route), Cookie=f"heshi_seat_{party.seat}={value}")
        assert refusal(response)[0] in (401, 403)
    assert town.state() == before


def test_administrators_see_no_case(town: Town, case: Case) -> None:
    assert good(town.administrator.get("/api/cases?status=all")) == {"cases": [], "next": None}
    assert refusal(town.administrator.post("/api/cases", new_case("ZA-2026-8888")))[0] in (403, 404)
    assert case.id in [row["id"] for row in good(town.officer.get("/api/cases"))["cases"]]
    assert good(town.stranger.get("/api/cases?status=all"))["cases"] == []


@pytest.mark.parametrize(
    "query",
    ["status=lost", "after=garbage", "after=%00", "q=%00", "q=%25_%27--", "after=" + "9" * 3000, "q=" + "长" * 900],
)
def test_odd_queries_of_the_case_list(town: Town, query: str) -> None:
    response = town.officer.get(f"/api/cases?{query}")
    assert response.status_code in (200, 400, 422)
    if response.status_code != 200:
        refusal(response)


@pytest.mark.parametrize("name", ["%00", "..", "x" * 4000, "%F0%9F%98%80", "'--", "%ff"])
def test_odd_names_in_paths(town: Town, case: Case, party: Person, name: str) -> None:
    before = town.state()
    for path in (f"/api/cases/{name}", f"/api/recordings/{name}/content", f"/api/cases/{name}/timeline"):
        assert refusal(town.officer.get(path))[0] == 404
    for path in (
        f"/api/cases/{case.id}/parties/{name}/link",
        f"/api/cases/{case.id}/invites/{name}/revoke",
        f"/api/cases/{case.id}/notices/{name}/read",
    ):
        assert refusal(town.officer.post(path))[0] == 404
    assert refusal(town.administrator.post(f"/api/officers/{name}/disable"))[0] == 404
    assert refusal(party.device.get(f"/api/seats/{name}"))[0] in (401, 404)
    assert town.state() == before


def test_unknown_addresses_answer_in_both_languages(town: Town) -> None:
    assert refusal(town.officer.get("/api/nothing")) == (404, "not_found")
    assert refusal(town.officer.get("/api/officer/sign-in"))[0] == 405
    assert refusal(town.officer.http.delete("/api/cases"))[0] == 405


@pytest.mark.parametrize("revision", [-1, 0, 2**31, 2**63, 2**70])
def test_a_revision_that_never_was(town: Town, case: Case, revision: int) -> None:
    before = town.state()
    response = town.officer.post(f"/api/cases/{case.id}", {"revision": revision, "cause": "改过"})
    assert refusal(response)[0] in (400, 409, 422)
    assert town.state() == before


@pytest.mark.parametrize(
    "number", ["110105199001020010", "11010519900102", "110105199013020011", "1101051990010200X1", "abc"]
)
def test_wrong_check_digits(town: Town, number: str) -> None:
    before = town.state()
    for changes in ({"id_number": number},):
        parties = [new_party("A", **changes), new_party("B")]
        assert refusal(town.officer.post("/api/cases", new_case("ZA-2026-7777", parties=parties)))[0] == 422
    assert town.state() == before


@pytest.mark.parametrize(
    "name", ["长" * 500, "张\u0000三", "张\u202e三", "张\u200f三", "张\n三", "\u200b", "张\u2066三"]
)
def test_names_nobody_can_read(town: Town, case: Case, name: str) -> None:
    before = town.state()
    parties = [new_party("A", name=name), new_party("B")]
    assert refusal(town.officer.post("/api/cases", new_case("ZA-2026-6666", parties=parties)))[0] in (400, 422)
    changed = new_party("A", name=name)
    assert refusal(town.officer.post(f"/api/cases/{case.id}/parties/{case.parties['A']}", changed))[0] in (400, 422)
    organ = {"parent": town.organs["home"], "name": name, "kind": "station"}
    assert refusal(town.administrator.post("/api/organs", organ))[0] in (400, 422)
    assert town.state() == before


def test_a_case_number_is_given_once(town: Town, case: Case) -> None:
    before = town.state()
    assert refusal(town.officer.post("/api/cases", new_case(case.number)))[0] == 409
    assert town.state() == before


def test_cookies_and_headers(town: Town, case: Case) -> None:
    person = town.third(case, consents=False)
    response = town.officer.post(f"/api/cases/{case.id}/enter")
    for line in response.headers.get_list("set-cookie"):
        assert "httponly" in line.lower()
        assert "samesite=strict" in line.lower()
        assert "path=/" in line.lower()
    assert response.headers["cache-control"] == "no-store"
    for page in ("/", "/j", "/i", "/console/cases/x", f"/room/{person.seat}"):
        headers = town.caller().get(page).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
    for climb in ("/assets/../console.html", "/assets/%2e%2e/%2e%2e/server/cli.py", "/assets//etc/passwd"):
        assert town.caller().get(climb).status_code == 404


def test_a_lawyer_cannot_fetch_the_agreement(town: Town, case: Case, party: Person) -> None:
    lawyer = town.third(case)
    assert refusal(lawyer.device.get(f"/api/seats/{lawyer.seat}/agreement.pdf"))[0] == 404
    assert refusal(party.device.get(f"/api/seats/{party.seat}/agreement.pdf")) == (404, "agreement.missing")


def test_a_barred_officers_session_ends(town: Town) -> None:
    new = {"username": "sun", "name": "孙警官", "post": "民警", "role": "officer", "organ": town.organs["home"]}
    issued = town.administrator.asked("/api/officers", new)
    caller = town.caller()
    account = {"username": "sun", "password": issued["password"]}
    caller.asked("/api/officer/sign-in", account)
    # With the one-time password nothing opens but setting another.
    assert refusal(caller.get("/api/cases")) == (401, "officer.must_change_password") or refusal(
        caller.get("/api/cases")
    ) == (403, "officer.must_change_password")
    caller.asked("/api/officer/password", {"old": issued["password"], "new": "sun-wu-kong-2026"})
    good(caller.get("/api/cases"))
    town.administrator.asked(f"/api/officers/{issued['officer']['id']}/disable")
    assert refusal(caller.get("/api/cases")) == (401, "session.over")
    again = {"username": "sun", "password": "sun-wu-kong-2026"}
    assert refusal(caller.post("/api/officer/sign-in", again)) == (401, "signin.refused")


def test_a_declined_matter_keeps_a_person_at_the_door(town: Town, case: Case) -> None:
    person = town.third(case, consents=False)
    assert consent(person, online=False)["step"] == "declined"
    before = town.state()
    body = {"online": True, "personal_data": True, "recording": True, "esign": True, "notice_version": "old"}
    response = person.device.post(f"/api/seats/{person.seat}/consents", body)
    assert refusal(response) == (409, "consent.notice_outdated")
    assert town.state() == before
