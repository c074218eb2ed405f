"""Films of sittings in the database. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from formats.canonical import JSON
from recording.errors import NoRecording
from recording.evidence_tables import damages
from recording.filmtables import composite_parts, composites
from recording.model import CompositeRow, Status
from recording.store import Journal
from recording.tables import segments
from vault.database import Transaction
from vault.ids import new_id


@dataclass(frozen=True, slots=True)
class FilmTask:
    """What a job needs: the joint journals noted so far, and which order it answers."""

    id: str
    case_id: str
    session_id: str
    started_at: str
    wanted: int
    made: int
    blob_id: str | None
    journals: tuple[Journal, ...]

    def facts(self) -> list[JSON]:
        """The journals as they were noted."""
        return [[one.path, one.chunks, one.head, one.complete, one.damaged] for one in self.journals]


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A finished piece."""

    number: int
    plan: str
    blob_id: str
    undecodable: int


async def order(tx: Transaction, case_id: str, session_id: str, started_at: str | None) -> str | None:
    """Want the film of a sitting (once more); its id, or None where there is none yet and no start is told."""
    found = await tx.one(select(composites).where(composites.c.session_id == session_id))
    if found is not None:
        same = (composites.c.id == found["id"], composites.c.wanted == found["wanted"])
        values: dict[str, Any] = {"wanted": found["wanted"] + 1, "status": "processing", "reason": "", "permille": 0}
        await tx.swap(update(composites).where(*same).values(**values))
        return str(found["id"])
    if started_at is None:
        return None
    composite_id = new_id("cmp")
    fresh: dict[str, Any] = {"status": "processing", "reason": "", "permille": 0, "wanted": 1, "made": 0}
    where = {"id": composite_id, "case_id": case_id, "session_id": session_id, "started_at": started_at}
    await tx.execute(insert(composites).values(**where, **fresh))
    return composite_id


async def task(tx: Transaction, composite_id: str) -> FilmTask:
    """What to make; raises `NoRecording`."""
    row = await _row(tx, composite_id)
    query = select(segments).where(segments.c.session_id == row["session_id"], segments.c.key_kind == "joint")
    rows = await tx.all(query.order_by(segments.c.path))
    joint = (damages.c.session_id == row["session_id"], damages.c.key_kind == "joint")
    wrong = {found["path"]: found["kind"] for found in await tx.all(select(damages).where(*joint))}
    journals = tuple(
        Journal(found["path"], found["chunks"], found["head"], found["complete"], found["path"] in wrong)
        for found in rows
    )
    known = {journal.path for journal in journals}
    lost = tuple(Journal(path, 0, "", False) for path, kind in wrong.items() if kind == "missing" and path not in known)
    return FilmTask(
        row["id"],
        row["case_id"],
        row["session_id"],
        row["started_at"],
        row["wanted"],
        row["made"],
        row["blob_id"],
        (*journals, *lost),
    )


async def parts(tx: Transaction, composite_id: str) -> list[StoredPart]:
    """Finished pieces, of whatever plan."""
    query = select(composite_parts).where(composite_parts.c.composite_id == composite_id)
    rows = await tx.all(query.order_by(composite_parts.c.number))
    return [StoredPart(row["number"], row["plan"], row["blob_id"], row["undecodable"]) for row in rows]


async def keep(tx: Transaction, composite_id: str, part: StoredPart) -> StoredPart:
    """Remember a finished piece; the one kept, which is another worker's where that was faster."""
    known = {one.number: one for one in await parts(tx, composite_id)}
    if part.number in known:
        return known[part.number]
    values = {"number": part.number, "plan": part.plan, "blob_id": part.blob_id, "undecodable": part.undecodable}
    await tx.execute(insert(composite_parts).values(composite_id=composite_id, **values))
    return part


async def forget(tx: Transaction, composite_id: str, numbers: list[int]) -> None:
    """These pieces are no longer needed."""
    mine = (composite_parts.c.composite_id == composite_id, composite_parts.c.number.in_(numbers))
    await tx.execute(delete(composite_parts).where(*mine))


async def progress(tx: Transaction, composite_id: str, permille: int) -> None:
    """How far the making is."""
    mine = (composites.c.id == composite_id, composites.c.status == "processing")
    await tx.execute(update(composites).where(*mine).values(permille=permille))


async def settle(tx: Transaction, done: FilmTask, status: Status, reason: str, made: Mapping[str, Any]) -> bool:
    """Write the outcome, unless more was ordered (or another was faster) since; whether it was written."""
    same = (composites.c.id == done.id, composites.c.wanted == done.wanted, composites.c.made == done.made)
    values = {"status": status, "reason": reason, "permille": 1000, "made": done.wanted, **made}
    return (await tx.execute(update(composites).where(*same).values(**values))).rowcount == 1


async def erase(tx: Transaction, session_id: str, reason: str) -> list[str]:
    """Forget the film of a sitting, whatever state it is in; the blobs that are to go."""
    row = await tx.one(select(composites).where(composites.c.session_id == session_id))
    if row is None:
        return []
    blobs = [part.blob_id for part in await parts(tx, row["id"])]
    await tx.execute(delete(composite_parts).where(composite_parts.c.composite_id == row["id"]))
    gone = {"status": "empty", "reason": reason, "blob_id": None, "duration_ms": None, "permille": 1000}
    # Whoever is just making it finds that something else was wanted since.
    order = {"wanted": row["wanted"] + 1, "made": row["wanted"] + 1}
    await tx.execute(update(composites).where(composites.c.id == row["id"]).values(**gone, **order))
    return [*blobs, *([row["blob_id"]] if row["blob_id"] is not None else [])]


async def find(tx: Transaction, composite_id: str) -> tuple[CompositeRow, str | None]:
    """One film and its blob's id; raises `NoRecording`."""
    row = await _row(tx, composite_id)
    return _film(row), row["blob_id"]


async def of_case(tx: Transaction, case_id: str) -> list[CompositeRow]:
    """Films of a case, by their start."""
    query = select(composites).where(composites.c.case_id == case_id)
    return [_film(row) for row in await tx.all(query.order_by(composites.c.started_at, composites.c.id))]


async def _row(tx: Transaction, composite_id: str) -> RowMapping:
    row = await tx.one(select(composites).where(composites.c.id == composite_id))
    if row is None:
        raise NoRecording(composite_id)
    return row


def _film(row: RowMapping) -> CompositeRow:
    return CompositeRow(
        id=row["id"],
        case_id=row["case_id"],
        session_id=row["session_id"],
        status=row["status"],
        reason=row["reason"],
        started_at=row["started_at"],
        duration_ms=row["duration_ms"],
        permille=row["permille"],
    )
