"""People who talk to a whole service over HTTP: an administrator, officers of two stations, parties, a lawyer."""

from __future__ import annotations

import hashlib
import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from tests.support.casework import resident
from tests.support.service import Account, Service

PASSWORD = "he-wei-gui-2026"
CHINESE = re.compile("[\u4e00-\u9fff]")
CHANGING = "officer_sessions", "sign_in_attempts", "identity_tries", "invite_guesses", "answers"
"""Tables that a refused request may touch: it is counted, and nothing else."""


class Caller:
    """A browser: keeps its cookies; `address` is where it seems to come from."""

    def __init__(self, url: str, address: str = "10.0.0.1", **headers: str) -> None:
        self.url = url
        self.http = httpx.Client(
            base_url=url, headers={"X-Heshi": "1", "X-Forwarded-For": address, **headers}, timeout=20, trust_env=False
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(path, json=body) if body is not None else self.http.post(path)

    def asked(self, path: str, body: object = None) -> Any:
        """POST, and the reply of a request that must succeed."""
        return good(self.post(path, body))

    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)

    def close(self) -> None:
        self.http.close()


def good(response: httpx.Response) -> Any:
    """The JSON of a reply that is no refusal."""
    assert response.status_code == 200, response.text
    return response.json()


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which must speak to people in both languages and tell nothing of our insides."""
    body = response.json()
    return response.status_code, refused(body)


def refused(body: Any) -> str:
    """The code of an ErrorReply."""
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == {"code", "zh", "en", "detail"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", error["code"])
    assert CHINESE.search(error["zh"]), error
    assert re.match(r"[A-Z]", error["en"]), error
    assert len(error["detail"]) <= 200
    assert "Traceback" not in str(body)
    assert "pydantic" not in str(body)
    return str(error["code"])


@dataclass
class Case:
    """A case with one person on each side."""

    id: str
    room: str
    number: str
    parties: dict[str, str]


@dataclass
class Person:
    """Somebody on the way in, with a device of their own."""

    device: Caller
    seat: str = ""


@dataclass
class Town:
    """A running service and everybody who uses it."""

    service: Service
    administrator: Caller
    officer: Caller
    stranger: Caller
    """An officer of another station."""
    organs: dict[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    callers: list[Caller] = field(default_factory=list)

    def caller(self, address: str | None = None, **headers: str) -> Caller:
        """Somebody new, from an address of their own."""
        number = next(self.numbers)
        caller = Caller(self.service.url, address or f"10.1.{number // 250}.{number % 250}", **headers)
        self.callers.append(caller)
        return caller

    def case(self, officer: Caller | None = None, **changes: Any) -> Case:
        """A fresh case of the officer's."""
        number = f"ZA-2026-{next(self.numbers):04d}"
        made = (officer or self.officer).asked("/api/cases", new_case(number, **changes))
        return Case(made["id"], made["room"], number, {party["side"]: party["id"] for party in made["parties"]})

    def link(self, case: Case, side: str = "A") -> str:
        """A fresh link's secret."""
        path = self.officer.asked(f"/api/cases/{case.id}/parties/{case.parties[side]}/link")["path"]
        assert path.startswith("/j#")
        return str(path).removeprefix("/j#")

    def code(self, case: Case, side: str, secret: str, device: Caller) -> str:
        """Have a code sent to the phone, and read it on the officer's page."""
        with self.database() as db:  # the half minute between two codes is another test's business
            db.execute("UPDATE phone_codes SET sent_at = '2026-01-01T00:00:00.000Z'")
        device.asked("/api/entry/code", {"secret": secret, "name": NAMES[side]})
        notices = good(self.officer.get(f"/api/cases/{case.id}"))["notices"]
        newest = max((n for n in notices if n["party"] == case.parties[side]), key=lambda n: n["at"])
        text = self.officer.asked(f"/api/cases/{case.id}/notices/{newest['id']}/read")["value"]
        match = re.search(r"\d{6}", text)
        assert match is not None
        return match.group()

    def party(self, case: Case, side: str = "A", *, consents: bool = True) -> Person:
        """A party who came in by link and now waits."""
        device, secret = self.caller(), self.link(case, side)
        code = self.code(case, side, secret, device)
        body = {"secret": secret, "name": NAMES[side], "code": code, "id_last6": IDS[side][-6:]}
        person = Person(device, device.asked("/api/entry/identify", body)["seat"])
        if consents:
            consent(person)
        return person

    def third(self, case: Case, role: str = "lawyer", *, consents: bool = True) -> Person:
        """A third party who came in by invite code and now waits."""
        device = self.caller()
        code = self.officer.asked(f"/api/cases/{case.id}/invites", {"role": role, "side": "A"})["code"]
        body = {"code": code, "name": "赵六", "role": role}
        person = Person(device, device.asked("/api/entry/invite", body)["seat"])
        if consents:
            consent(person)
        return person

    def host(self, case: Case) -> Person:
        """The officer, with the mediator's seat."""
        return Person(self.officer, self.officer.asked(f"/api/cases/{case.id}/enter")["seat"])

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.service.data / "heshi.db", timeout=10)
        try:
            with db:
                yield db
        finally:
            db.close()

    @cached_property
    def tables(self) -> list[str]:
        with self.database() as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sorted(name for name in names if name not in CHANGING)

    def state(self) -> str:
        """A digest of everything on record: equal before and after means that nothing was changed."""
        digest = hashlib.sha256()
        with self.database() as db:
            for table in self.tables:
                for row in sorted(map(repr, db.execute(f"SELECT * FROM {table}"))):
                    digest.update(f"{table} {row}\n".encode())
        return digest.hexdigest()

    def revision(self, case: Case) -> int:
        """How often the case's room has changed."""
        with self.database() as db:
            return int(db.execute("SELECT revision FROM rooms WHERE id = ?", (case.room,)).fetchone()[0])


NAMES = {"A": "张小三", "B": "李四"}
IDS = {"A": resident(order=1), "B": resident(order=2)}
PHONES = {"A": "13812345678", "B": "13987654321"}


def new_party(side: str, **changes: Any) -> dict[str, Any]:
    return {
        "side": side,
        "name": NAMES[side],
        "id_type": "resident",
        "id_number": IDS[side],
        "phone": PHONES[side],
        **changes,
    }


def new_case(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "track": "ZA",
        "cause": "邻里噪音引发殴打",
        "happened_at": "2026-02-27T20:15:00+08:00",
        "place": "幸福路小区",
        "facts": "双方因噪音争吵，张小三推倒李四。",
        "parties": [new_party("A"), new_party("B")],
        **changes,
    }


def consent(person: Person, **answers: bool) -> Any:
    """Read the notice and answer; yes to everything unless told otherwise."""
    given = {"online": True, "personal_data": True, "recording": True, "esign": True, **answers}
    version = good(person.device.get(f"/api/seats/{person.seat}"))["notice"]["version"]
    return person.device.asked(f"/api/seats/{person.seat}/consents", {**given, "notice_version": version})


def signed_in(url: str, account: Account, address: str, *, password: str = PASSWORD) -> Caller:
    """An officer with a password of their own."""
    caller = Caller(url, address)
    caller.asked("/api/officer/sign-in", {"username": account.username, "password": account.password})
    caller.asked("/api/officer/password", {"old": account.password, "new": password})
    return caller


@contextmanager
def settled(service: Service) -> Iterator[Town]:
    """Everybody signed in; a second station beside the first, with an officer of its own."""
    administrator = signed_in(service.url, service.administrator, "10.0.0.1")
    home = good(administrator.get("/api/organs"))["organs"][0]["id"]
    away = administrator.asked("/api/organs", {"parent": home, "name": "城西派出所", "kind": "station"})["id"]
    officer = signed_in(service.url, service.officer, "10.0.0.2")
    new = {"username": "zhao", "name": "赵警官", "post": "民警", "role": "officer", "organ": away}
    issued = administrator.asked("/api/officers", new)
    stranger = signed_in(service.url, Account("zhao", issued["password"]), "10.0.0.3")
    town = Town(service, administrator, officer, stranger, {"home": home, "away": away})
    try:
        yield town
    finally:
        for caller in (administrator, officer, stranger, *town.callers):
            caller.close()
