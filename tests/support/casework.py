"""A small police bureau to test with: three organs, an officer of each kind, and people to bring into cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from cases import Cases, Officers, Scope
from cases.inputs import NewCase, NewOfficer, NewOrgan, NewParty
from cases.model import Case, Officer, Outcome
from cases.organs import all_organs
from cases.passwords import HashCost
from cases.rules.resident_id import check_digit
from formats.errors import Conflict
from vault import Cipher, Clock, Database, Timeline, Transaction

P = ParamSpec("P")
T = TypeVar("T")

# argon2 at its cheapest: the tests are about what is refused, not about how long it takes.
CHEAP = HashCost(passes=1, memory_kib=8, lanes=1)


def resident(birth: str = "19900102", order: int = 1, region: str = "110105") -> str:
    """A resident number with a right check digit."""
    head = f"{region}{birth}{order:03d}"
    return head + check_digit(head)


def party(side: str = "A", **changes: Any) -> NewParty:
    """A person with everything right."""
    given = {
        "side": side,
        "name": "张小三" if side == "A" else "李四",
        "id_type": "resident",
        "id_number": resident(order=1 if side == "A" else 2),
        "phone": "13812345678" if side == "A" else "13987654321",
        "address": "北京市海淀区中关村大街1号",
    }
    return NewParty.model_validate(given | changes)


def new_case(number: str = "ZA-2026-0001", **changes: Any) -> NewCase:
    """A case with one person on each side."""
    given = {
        "number": number,
        "track": "ZA",
        "cause": "邻里噪音引发殴打",
        "happened_at": "2026-02-27T20:15:00+08:00",
        "place": "幸福路小区",
        "facts": "双方因噪音争吵，\n张小三推倒李四。",
        "parties": [party("A"), party("B")],
    }
    return NewCase.model_validate(given | changes)


@dataclass
class NoRooms:
    """Opens no real room, and remembers for which cases it was asked."""

    opened: list[str] = field(default_factory=list)

    async def open_room(self, tx: Transaction, case_id: str, organ_id: str) -> str:
        """An id made from the case's."""
        self.opened.append(case_id)
        return case_id.replace("case_", "room_")


class StillOpen(Conflict):
    """What a guard says while a session is open."""

    code = "test.still_open"


@dataclass
class Guard:
    """Refuses while told so."""

    refuses: bool = False

    async def check(self, tx: Transaction, case_id: str, outcome: Outcome) -> None:
        """Raise StillOpen, or let pass."""
        if self.refuses:
            raise StillOpen


@dataclass
class Bureau:
    """city ⊃ east, west; administrator and supervisor of the city, an officer and a second one in each station."""

    db: Database
    timeline: Timeline
    cases: Cases
    officers: Officers
    rooms: NoRooms
    guard: Guard
    people: dict[str, Officer]
    passwords: dict[str, str]

    @classmethod
    async def build(cls, db: Database, cipher: Cipher, timeline: Timeline, clock: Clock) -> Bureau:
        """Through the same use cases that an installation goes through."""
        rooms, guard = NoRooms(), Guard()
        desk = Officers(db, timeline, clock, CHEAP)
        cases = Cases(cipher, timeline, clock, rooms, [guard])
        first = await db.transact(lambda tx: desk.ensure_first_administrator(tx, organ="市局", kind="bureau"))
        assert first is not None
        bureau = cls(db, timeline, cases, desk, rooms, guard, {"admin": first.officer}, {"admin": first.password})
        city = first.officer.organ_id
        for name in ("east", "west"):
            new = NewOrgan(parent_id=city, name=name, kind="station")
            organ = await bureau.act("admin", desk.add_organ, new)
            await bureau.hire(f"{name}.officer", organ.id, "officer")
            await bureau.hire(f"{name}.other", organ.id, "officer")
            await bureau.hire(f"{name}.chief", organ.id, "supervisor")
            await bureau.hire(f"{name}.admin", organ.id, "administrator")
        await bureau.hire("city.chief", city, "supervisor")
        return bureau

    async def hire(self, username: str, organ_id: str, role: str) -> None:
        """Add an account as the first administrator."""
        new = NewOfficer.model_validate({"organ_id": organ_id, "username": username, "name": "王警官", "role": role})
        issued = await self.act("admin", self.officers.add, new)
        self.people[username] = issued.officer
        self.passwords[username] = issued.password

    async def scope(self, username: str) -> Scope:
        """What that person may see."""
        organs = await self.db.read(all_organs)
        return Scope.of(self.people[username], organs)

    async def act(
        self,
        who: str,
        use_case: Callable[Concatenate[Transaction, Scope, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a use case as that person, in a transaction of its own."""
        scope = await self.scope(who)
        return await self.db.transact(lambda tx: use_case(tx, scope, *args, **kwargs))

    async def open_case(self, username: str = "east.officer", new: NewCase | None = None) -> Case:
        """A case created by that person."""
        return await self.act(username, self.cases.create, new or new_case())

    async def acts(self, chain: str) -> list[tuple[str, dict[str, Any]]]:
        """What stands on a timeline, which must verify."""
        verdict = await self.db.read(lambda tx: self.timeline.check(tx, chain))
        assert verdict.ok, verdict
        rows = await self.db.read(lambda tx: self.timeline.entries(tx, chain))
        return [(row.act, dict(row.payload or {})) for row in rows]
