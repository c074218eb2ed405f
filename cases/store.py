"""Cases and parties in the database: rows in, frozen values out, personal data sealed on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from cases.cleaning import Person, is_id
from cases.errors import NumberTaken
from cases.inputs import CaseFilters, PageRequest
from cases.model import Case, Party
from cases.rules import clean_text
from cases.tables import cases, parties
from formats.canonical import JSON
from formats.errors import Invalid
from vault.cipher import Cipher
from vault.database import Transaction

_PLAIN = ("id", "organ_id", "number", "track", "cause", "happened_at", "place", "officer_id", "community", "status")
_PLAIN_LATER = ("outcome", "created_at", "closed_at", "revision")


class CaseStore:
    """Each case's facts are sealed under the case's key, each party's data under the party's own."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    async def insert(self, tx: Transaction, case: Case) -> None:
        """Add a case. Raises `NumberTaken`."""
        taken = select(cases.c.id).where(cases.c.organ_id == case.organ_id, cases.c.number == case.number)
        if await tx.one(taken) is not None:
            raise NumberTaken("number")
        try:
            await tx.execute(insert(cases).values(await self._row(tx, case)))
        except IntegrityError as error:
            raise NumberTaken("number") from error

    async def save(self, tx: Transaction, case: Case, read_at: int) -> None:
        """Write a case back, where its revision still is `read_at`. Raises `NumberTaken`, `StaleRevision`."""
        taken = select(cases.c.id).where(
            cases.c.organ_id == case.organ_id, cases.c.number == case.number, cases.c.id != case.id
        )
        if await tx.one(taken) is not None:
            raise NumberTaken("number")
        change = update(cases).where(cases.c.id == case.id, cases.c.revision == read_at)
        try:
            await tx.swap(change.values(await self._row(tx, case)))
        except IntegrityError as error:
            raise NumberTaken("number") from error

    async def find(self, tx: Transaction, case_id: str, organ_ids: Iterable[str] | None) -> Case | None:
        """A case within the given organs (None: anywhere, for trusted callers)."""
        if not is_id(case_id):
            return None
        query = select(cases).where(cases.c.id == case_id)
        if organ_ids is not None:
            query = query.where(cases.c.organ_id.in_(sorted(organ_ids)))
        row = await tx.one(query)
        return None if row is None else await self._case(tx, row)

    async def page(
        self, tx: Transaction, organ_ids: Iterable[str], filters: CaseFilters, page: PageRequest
    ) -> tuple[list[Case], str | None]:
        """Cases of the given organs, newest first, and where the next page starts."""
        query = select(cases).where(cases.c.organ_id.in_(sorted(organ_ids)))
        for column in ("status", "track", "officer_id", "organ_id"):
            wanted = getattr(filters, column)
            if wanted is not None:
                query = query.where(cases.c[column] == wanted)
        text = clean_text(filters.text, limit=100)
        if text:
            places = (cases.c.number, cases.c.cause)
            query = query.where(or_(*(place.contains(text, autoescape=True) for place in places)))
        if page.after is not None:
            at, _, case_id = page.after.partition("~")
            if not is_id(case_id) or not at.isascii() or not at.isprintable():
                raise Invalid("after")
            query = query.where(or_(cases.c.created_at < at, and_(cases.c.created_at == at, cases.c.id < case_id)))
        query = query.order_by(cases.c.created_at.desc(), cases.c.id.desc()).limit(page.limit + 1)
        found = [await self._case(tx, row) for row in await tx.all(query)]
        more = len(found) > page.limit
        found = found[: page.limit]
        return found, f"{found[-1].created_at}~{found[-1].id}" if more else None

    async def parties(self, tx: Transaction, case_id: str) -> tuple[Party, ...]:
        """The parties of a case in the order they were entered."""
        rows = await tx.all(select(parties).where(parties.c.case_id == case_id).order_by(parties.c.position))
        return tuple([await self._party(tx, row) for row in rows])

    async def insert_party(self, tx: Transaction, party: Party, position: int) -> None:
        """Add a party at the given place in the order."""
        await tx.execute(insert(parties).values(**await self._party_row(tx, party), position=position))

    async def save_party(self, tx: Transaction, party: Party) -> None:
        """Write a party back; the caller holds the case's revision."""
        await tx.swap(update(parties).where(parties.c.id == party.id).values(await self._party_row(tx, party)))

    async def _row(self, tx: Transaction, case: Case) -> dict[str, object]:
        values = asdict(case)
        hidden = {"facts": case.facts, "closing_note": case.closing_note}
        plain = {name: values[name] for name in (*_PLAIN, *_PLAIN_LATER)}
        return plain | {"sealed": await self._cipher.encrypt_json(tx, case.id, hidden, "case")}

    async def _case(self, tx: Transaction, row: RowMapping) -> Case:
        hidden = _fields(await self._cipher.decrypt_json(tx, row["id"], row["sealed"], "case"))
        return Case(**{name: row[name] for name in (*_PLAIN, *_PLAIN_LATER)}, **hidden)

    async def _party_row(self, tx: Transaction, party: Party) -> dict[str, object]:
        person = {name: getattr(party, name) for name in Person.__dataclass_fields__}
        return {
            "id": party.id,
            "case_id": party.case_id,
            "side": party.side,
            "private_contact": party.private_contact,
            "sealed": await self._cipher.encrypt_json(tx, party.id, person, "party"),
        }

    async def _party(self, tx: Transaction, row: RowMapping) -> Party:
        person = _fields(await self._cipher.decrypt_json(tx, row["id"], row["sealed"], "party"))
        plain = {name: row[name] for name in ("id", "case_id", "side", "private_contact")}
        return Party(**plain, **person)


def _fields(value: JSON) -> dict[str, Any]:
    """A sealed object's fields; only this file writes them, so their types are known."""
    assert isinstance(value, dict)
    return value
