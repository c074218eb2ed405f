"""Agreements and handwriting in the database. Everything works inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update

from vault import Cipher, Transaction
from vault.ids import new_id

from .errors import AgreementMissing
from .model import Agreement
from .strokes import STROKES, Stroke
from .tables import agreement_strokes, agreements

_DOCUMENT: TypeAdapter[Agreement] = TypeAdapter(Agreement)


@dataclass(frozen=True)
class Held:
    """An agreement as read, with the revision to swap on."""

    agreement: Agreement
    revision: int


class AgreementStore:
    """One encrypted document per case, under the case's key."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    async def find(self, tx: Transaction, case_id: str) -> Held | None:
        """The case's agreement, or None."""
        row = await tx.one(select(agreements).where(agreements.c.case_id == case_id))
        if row is None:
            return None
        document = await self._cipher.decrypt(tx, case_id, row["sealed"], _purpose(case_id))
        return Held(_DOCUMENT.validate_json(document), row["revision"])

    async def load(self, tx: Transaction, case_id: str) -> Held:
        """The case's agreement. Raises AgreementMissing."""
        held = await self.find(tx, case_id)
        if held is None:
            raise AgreementMissing
        return held

    async def insert(self, tx: Transaction, agreement: Agreement, now: str) -> None:
        """Adds the agreement of a case; the database refuses a second one (IntegrityError)."""
        await tx.execute(
            insert(agreements).values(
                case_id=agreement.case_id,
                room_id=agreement.room_id,
                revision=1,
                status=agreement.status,
                blob_id=None,
                sealed=await self._seal(tx, agreement),
                created_at=now,
                changed_at=now,
            )
        )

    async def save(self, tx: Transaction, agreement: Agreement, read_at: int, now: str) -> None:
        """Writes it back where the revision still is `read_at` (StaleRevision otherwise), and destroys handwriting
        that no signature refers to any more."""
        change = update(agreements).where(agreements.c.case_id == agreement.case_id, agreements.c.revision == read_at)
        await tx.swap(
            change.values(
                revision=read_at + 1,
                status=agreement.status,
                blob_id=agreement.sealed.blob if agreement.sealed else None,
                sealed=await self._seal(tx, agreement),
                changed_at=now,
            )
        )
        kept = [signature.strokes for signature in agreement.signatures]
        gone = delete(agreement_strokes).where(agreement_strokes.c.case_id == agreement.case_id)
        await tx.execute(gone.where(agreement_strokes.c.id.not_in(kept)))

    async def keep_strokes(
        self, tx: Transaction, case_id: str, person: str, strokes: tuple[Stroke, ...], now: str
    ) -> str:
        """Stores handwriting under the person's key and returns its id."""
        name = new_id("ink")
        body = await self._cipher.encrypt(tx, person, STROKES.dump_json(strokes), _ink_purpose(name))
        row = {"id": name, "case_id": case_id, "person_id": person, "sealed": body, "created_at": now}
        await tx.execute(insert(agreement_strokes).values(row))
        return name

    async def strokes(self, tx: Transaction, case_id: str) -> dict[str, tuple[Stroke, ...]]:
        """All handwriting of a case, by person. Raises Erased where a person's key was destroyed."""
        rows = await tx.all(select(agreement_strokes).where(agreement_strokes.c.case_id == case_id))
        found: dict[str, tuple[Stroke, ...]] = {}
        for row in rows:
            body = await self._cipher.decrypt(tx, row["person_id"], row["sealed"], _ink_purpose(row["id"]))
            found[row["person_id"]] = STROKES.validate_json(body)
        return found

    async def _seal(self, tx: Transaction, agreement: Agreement) -> bytes:
        document = _DOCUMENT.dump_json(agreement)
        return await self._cipher.encrypt(tx, agreement.case_id, document, _purpose(agreement.case_id))


def _purpose(case_id: str) -> str:
    return f"agreement {case_id}"


def _ink_purpose(name: str) -> str:
    return f"agreement strokes {name}"
