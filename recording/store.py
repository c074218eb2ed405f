"""Recordings and their manifests in the database. Every function works inside the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from recording.errors import NoRecording
from recording.evidence_tables import damages
from recording.model import ManifestRow, RecordingRow, Status, journal_of
from recording.tables import recordings, segments
from vault.database import Transaction
from vault.ids import new_id

_SCREEN = ".screen"


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as noted: its path below the spool and what its chain was then."""

    path: str
    chunks: int
    head: str
    complete: bool
    damaged: bool = False
    """It contradicts a signed head."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a playback job needs: the journals noted so far, and which of them the present file covers."""

    recording_id: str
    case_id: str
    started_at: str
    noted: int
    made: int
    blob_id: str | None
    journals: tuple[Journal, ...]


async def find_segment(tx: Transaction, session_id: str, path: str) -> RowMapping | None:
    """A journal's row, if it was noted before."""
    return await tx.one(select(segments).where(segments.c.session_id == session_id, segments.c.path == path))


async def put_segment(
    tx: Transaction, case_id: str, session_id: str, row: ManifestRow, recording_id: str | None, known: str | None
) -> None:
    """Insert a manifest row, or replace the one with id `known`."""
    facts = {
        "head": row.head,
        "chunks": row.chunks,
        "bytes": row.bytes,
        "packets": row.packets,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "complete": row.complete,
    }
    if known is not None:
        await tx.execute(update(segments).where(segments.c.id == known).values(**facts))
        return
    await tx.execute(
        insert(segments).values(
            id=new_id("sgm"),
            case_id=case_id,
            session_id=session_id,
            recording_id=recording_id,
            room_id=row.room,
            segment=row.segment,
            endpoint=row.endpoint,
            medium=row.medium,
            key_kind=row.key,
            seats=json.dumps(row.seats),
            path=row.path,
            **facts,
        )
    )


async def note(tx: Transaction, case_id: str, session_id: str, row: ManifestRow, at: str) -> tuple[str, Status]:
    """Count one more (or changed) segment for the recording it belongs to, made here if need be; its id and status."""
    endpoint = row.endpoint + (_SCREEN if row.medium == "screen" else "")
    mine = (recordings.c.session_id == session_id, recordings.c.endpoint == endpoint)
    found = await tx.one(select(recordings).where(*mine))
    if found is None:
        recording_id = new_id("rec")
        await tx.execute(
            insert(recordings).values(
                id=recording_id,
                case_id=case_id,
                room_id=row.room,
                session_id=session_id,
                endpoint=endpoint,
                seats=json.dumps(row.seats),
                status="capturing",
                reason="",
                noted=1,
                made=0,
                created_at=at,
            )
        )
        return recording_id, "capturing"
    seats = list(dict.fromkeys([*json.loads(found["seats"]), *row.seats]))
    values = {"noted": found["noted"] + 1, "seats": json.dumps(seats)}
    await tx.swap(update(recordings).where(*mine, recordings.c.noted == found["noted"]).values(values))
    return found["id"], found["status"]


async def waiting(tx: Transaction, session_id: str) -> list[str]:
    """Ids of the session's recordings that still count as being captured."""
    query = select(recordings.c.id).where(recordings.c.session_id == session_id, recordings.c.status == "capturing")
    return [row["id"] for row in await tx.all(query)]


async def process(tx: Transaction, recording_id: str, started_at: str | None) -> None:
    """Mark as waiting for its file; a start, once set, stays."""
    values: dict[str, Any] = {"status": "processing", "reason": ""}
    if started_at is not None:
        values["started_at"] = started_at
    await tx.execute(update(recordings).where(recordings.c.id == recording_id).values(values))


async def task(tx: Transaction, recording_id: str) -> Task:
    """What to make; raises `NoRecording`."""
    row = await tx.one(select(recordings).where(recordings.c.id == recording_id))
    if row is None or row["started_at"] is None:
        raise NoRecording(recording_id)
    query = select(segments).where(segments.c.recording_id == recording_id).order_by(segments.c.path)
    wrong = await _damaged(tx, row["session_id"], row["endpoint"])
    journals = tuple(
        Journal(found["path"], found["chunks"], found["head"], found["complete"], found["path"] in wrong)
        for found in await tx.all(query)
    )
    known = {journal.path for journal in journals}
    # Heads of these were signed, and nothing came of them: no film may pass over that.
    lost = tuple(Journal(path, 0, "", False) for path, kind in wrong.items() if kind == "missing" and path not in known)
    facts = (row["id"], row["case_id"], row["started_at"], row["noted"], row["made"], row["blob_id"])
    return Task(*facts, (*journals, *lost))


async def renew(tx: Transaction, session_id: str, path: str) -> tuple[str, Status] | None:
    """Count the recording that the journal belongs to as changed; its id and status, None where it belongs to none."""
    named = journal_of(path)
    if named is None:
        return None
    endpoint = named[2] + (_SCREEN if named[3] == "screen" else "")
    mine = (recordings.c.session_id == session_id, recordings.c.endpoint == endpoint)
    found = await tx.one(select(recordings).where(*mine))
    if found is None:
        return None
    noted = recordings.c.noted == found["noted"]
    await tx.swap(update(recordings).where(*mine, noted).values(noted=found["noted"] + 1))
    return found["id"], found["status"]


async def _damaged(tx: Transaction, session_id: str, endpoint: str) -> dict[str, str]:
    """Kinds of damage by path, of the endpoint's joint journals (`endpoint` as in table `recordings`)."""
    joint = (damages.c.session_id == session_id, damages.c.key_kind == "joint")
    found = {row["path"]: row["kind"] for row in await tx.all(select(damages).where(*joint))}
    of = {path: named for path in found if (named := journal_of(path)) is not None}
    return {
        path: found[path]
        for path, (_, _, whose, medium) in of.items()
        if whose + (_SCREEN if medium == "screen" else "") == endpoint
    }


async def settle(
    tx: Transaction,
    done: Task,
    status: Status,
    reason: str,
    *,
    blob_id: str | None = None,
    duration_ms: int | None = None,
) -> bool:
    """Write the outcome of a job, unless more was noted (or another job was faster) since; whether it was written."""
    same = (recordings.c.id == done.recording_id, recordings.c.noted == done.noted, recordings.c.made == done.made)
    values = {
        "status": status,
        "reason": reason,
        "blob_id": blob_id,
        "duration_ms": duration_ms,
        "made": done.noted,
    }
    return (await tx.execute(update(recordings).where(*same).values(values))).rowcount == 1


async def find(tx: Transaction, recording_id: str) -> tuple[RecordingRow, str | None]:
    """One recording and its blob's id; raises `NoRecording`."""
    row = await tx.one(select(recordings).where(recordings.c.id == recording_id))
    if row is None:
        raise NoRecording(recording_id)
    return _recording(row, None), row["blob_id"]


async def of_case(tx: Transaction, case_id: str) -> list[RecordingRow]:
    """Recordings of a case, oldest first, then its sealed segments: one line for sound and picture of an endpoint."""
    made = select(recordings).where(recordings.c.case_id == case_id)
    rows = await tx.all(made.order_by(recordings.c.created_at, recordings.c.endpoint, recordings.c.id))
    manifest = await tx.all(select(segments).where(segments.c.case_id == case_id).order_by(segments.c.path))
    ends: dict[str, str] = {}
    sealed: dict[tuple[str, str, str, bool], RecordingRow] = {}
    for found in manifest:
        if found["recording_id"] is not None:
            ends[found["recording_id"]] = max(ends.get(found["recording_id"], ""), found["last_at"] or "")
        else:
            place = (found["session_id"], found["segment"], found["endpoint"], found["medium"] == "screen")
            sealed[place] = _sealed(found, sealed.get(place))
    listed = [_recording(row, ends.get(row["id"]) or None) for row in rows]
    return listed + sorted(sealed.values(), key=lambda row: (row.started_at or "", row.screen, row.id))


def _recording(row: RowMapping, ended_at: str | None) -> RecordingRow:
    endpoint = row["endpoint"].removesuffix(_SCREEN)
    return RecordingRow(
        id=row["id"],
        case_id=row["case_id"],
        room_id=row["room_id"],
        session_id=row["session_id"],
        endpoint=endpoint,
        screen=endpoint != row["endpoint"],
        seats=tuple(json.loads(row["seats"])),
        status=row["status"],
        reason=row["reason"],
        started_at=row["started_at"],
        ended_at=ended_at,
        duration_ms=row["duration_ms"],
    )


def _sealed(row: RowMapping, other: RecordingRow | None) -> RecordingRow:
    starts = [at for at in (row["first_at"], other and other.started_at) if at]
    ends = [at for at in (row["last_at"], other and other.ended_at) if at]
    return RecordingRow(
        id=other.id if other else row["id"],
        case_id=row["case_id"],
        room_id=row["room_id"],
        session_id=row["session_id"],
        endpoint=row["endpoint"],
        screen=row["medium"] == "screen",
        seats=tuple(json.loads(row["seats"])),
        status="sealed",
        reason="",
        started_at=min(starts, default=None),
        ended_at=max(ends, default=None),
        duration_ms=None,
    )
