"""Holds, deletions and what there is to keep, in the database. Every function works in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import RowMapping, insert, select, update

from recording.keeping.errors import NoSuchSitting, NotOpen
from recording.keeping.tables import deletions, holds
from recording.tables import recordings, segments
from vault.cipher import Cipher
from vault.database import Transaction
from vault.errors import Erased
from vault.ids import new_id

DeletionState: TypeAlias = Literal["requested", "approved", "refused", "stopped", "deleting", "deleted"]
DELETED = "recording.deleted"
_UNFINISHED = ("capturing", "processing")
_PURPOSE = "keeping words"


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a sitting's recording."""

    id: str
    session_id: str
    reason: str
    set_by: str
    set_at: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request to delete a sitting's recording, and how far it has come. Times are stored text."""

    id: str
    case_id: str
    session_id: str
    state: DeletionState
    reason: str
    word: str
    requested_by: str
    requested_at: str
    decided_by: str | None
    decided_at: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """What a tombstone says of a journal, and where it lay."""

    path: str
    segment: str
    endpoint: str
    medium: str
    key: str
    head: str
    chunks: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting of which something was captured: its last moment, and whether all of it is settled."""

    session_id: str
    ended_at: str | None
    settled: bool


async def sittings(tx: Transaction, case_id: str) -> list[Sitting]:
    """The recorded sittings of a case."""
    ends: dict[str, str] = {}
    for row in await tx.all(select(segments.c.session_id, segments.c.last_at).where(segments.c.case_id == case_id)):
        ends[row["session_id"]] = max(ends.get(row["session_id"], ""), row["last_at"] or "")
    made = select(recordings.c.session_id, recordings.c.status, recordings.c.created_at)
    unsettled = set()
    for row in await tx.all(made.where(recordings.c.case_id == case_id)):
        ends[row["session_id"]] = ends.get(row["session_id"], "") or row["created_at"]
        if row["status"] in _UNFINISHED:
            unsettled.add(row["session_id"])
    return [Sitting(one, end or None, one not in unsettled) for one, end in sorted(ends.items())]


async def journals(tx: Transaction, session_id: str) -> list[Journal]:
    """A sitting's journals, as noted."""
    columns = segments.c
    rows = await tx.all(select(segments).where(columns.session_id == session_id).order_by(columns.path))
    return [
        Journal(
            row["path"],
            row["segment"],
            row["endpoint"],
            row["medium"],
            row["key_kind"],
            row["head"],
            row["chunks"],
            row["bytes"],
        )
        for row in rows
    ]


async def forget_files(tx: Transaction, session_id: str) -> list[str]:
    """Take the playable files of a sitting off the record; the ids of their blobs, which are still to be removed."""
    mine = recordings.c.session_id == session_id
    blobs = await tx.all(select(recordings.c.blob_id).where(mine, recordings.c.blob_id.is_not(None)))
    gone = {"blob_id": None, "status": "empty", "reason": DELETED, "made": recordings.c.noted}
    await tx.execute(update(recordings).where(mine).values(gone))
    return [row["blob_id"] for row in blobs]


async def add_hold(tx: Transaction, cipher: Cipher, case_id: str, session_id: str, by: str, at: str, why: str) -> str:
    """Insert a hold; its id."""
    hold_id = new_id("hold")
    sealed = await cipher.encrypt_json(tx, case_id, [why, ""], _PURPOSE)
    values = {"id": hold_id, "case_id": case_id, "session_id": session_id, "words": sealed}
    await tx.execute(insert(holds).values(**values, set_by=by, set_at=at))
    return hold_id


async def active_holds(tx: Transaction, cipher: Cipher, case_id: str) -> list[Hold]:
    """Holds not lifted, oldest first."""
    query = select(holds).where(holds.c.case_id == case_id, holds.c.lifted_at.is_(None)).order_by(holds.c.set_at)
    return [
        Hold(
            row["id"],
            row["session_id"],
            (await _words(tx, cipher, row))[0],
            row["set_by"],
            row["set_at"],
        )
        for row in await tx.all(query)
    ]


async def lift_hold(tx: Transaction, cipher: Cipher, case_id: str, hold_id: str, by: str, at: str, why: str) -> str:
    """Lift a hold; the sitting's id. Raises `NoSuchSitting` for one that does not exist (any more)."""
    mine = (holds.c.id == hold_id, holds.c.case_id == case_id, holds.c.lifted_at.is_(None))
    row = await tx.one(select(holds).where(*mine))
    if row is None:
        raise NoSuchSitting
    first, _ = await _words(tx, cipher, row)
    sealed = await cipher.encrypt_json(tx, case_id, [first, why], _PURPOSE)
    await tx.swap(update(holds).where(*mine).values(lifted_by=by, lifted_at=at, words=sealed))
    session_id: str = row["session_id"]
    return session_id


async def add_deletion(
    tx: Transaction, cipher: Cipher, case_id: str, session_id: str, by: str, at: str, why: str
) -> str:
    """Insert a request; its id."""
    deletion_id = new_id("del")
    sealed = await cipher.encrypt_json(tx, case_id, [why, ""], _PURPOSE)
    values = {"id": deletion_id, "case_id": case_id, "session_id": session_id, "state": "requested", "files": "[]"}
    await tx.execute(insert(deletions).values(**values, words=sealed, requested_by=by, requested_at=at))
    return deletion_id


async def deletion(tx: Transaction, cipher: Cipher, deletion_id: str) -> Deletion:
    """One request. Raises `NoSuchSitting`."""
    row = await tx.one(select(deletions).where(deletions.c.id == deletion_id))
    if row is None:
        raise NoSuchSitting
    return await _deletion(tx, cipher, row)


async def deletions_of(tx: Transaction, cipher: Cipher, case_id: str) -> list[Deletion]:
    """A case's requests, oldest first."""
    query = select(deletions).where(deletions.c.case_id == case_id)
    rows = await tx.all(query.order_by(deletions.c.requested_at, deletions.c.id))
    return [await _deletion(tx, cipher, row) for row in rows]


async def waiting_deletions(tx: Transaction, cipher: Cipher) -> list[Deletion]:
    """All requests that nobody has decided, oldest first."""
    query = select(deletions).where(deletions.c.state == "requested").order_by(deletions.c.requested_at)
    return [await _deletion(tx, cipher, row) for row in await tx.all(query)]


async def begun_deletions(tx: Transaction, cipher: Cipher) -> list[Deletion]:
    """Deletions under way, oldest first."""
    query = select(deletions).where(deletions.c.state == "deleting").order_by(deletions.c.requested_at)
    return [await _deletion(tx, cipher, row) for row in await tx.all(query)]


async def move(tx: Transaction, deletion_id: str, was: DeletionState, state: DeletionState, **more: Any) -> None:
    """Take a request from one state to the next. Raises `NotOpen` if somebody was faster."""
    mine = (deletions.c.id == deletion_id, deletions.c.state == was)
    if (await tx.execute(update(deletions).where(*mine).values(state=state, **more))).rowcount != 1:
        raise NotOpen


async def seal_words(tx: Transaction, cipher: Cipher, case_id: str, both: Sequence[str]) -> bytes:
    """Reason and word as they are stored."""
    return await cipher.encrypt_json(tx, case_id, list(both), _PURPOSE)


async def _deletion(tx: Transaction, cipher: Cipher, row: RowMapping) -> Deletion:
    reason, word = await _words(tx, cipher, row)
    return Deletion(
        row["id"],
        row["case_id"],
        row["session_id"],
        row["state"],
        reason,
        word,
        row["requested_by"],
        row["requested_at"],
        row["decided_by"],
        row["decided_at"],
        tuple(json.loads(row["files"])),
    )


async def _words(tx: Transaction, cipher: Cipher, row: RowMapping) -> tuple[str, str]:
    try:
        texts = await cipher.decrypt_json(tx, row["case_id"], row["words"], _PURPOSE)
    except Erased:
        return "", ""
    assert isinstance(texts, list)
    return str(texts[0]), str(texts[1])
