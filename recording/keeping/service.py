"""Keeping: how each sitting's recording stands, holds, and deletion by two people, carried out by a job."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from cases import Case, Cases, Scope
from formats.canonical import JSON
from formats.errors import HeshiError
from recording.keeping import retention, store
from recording.keeping.errors import NoSuchSitting, NotOpen
from recording.keeping.retention import Facts, Kept, keeping
from recording.keeping.shredding import shred
from recording.keeping.store import Deletion, Hold, Sitting
from recording.sealed.store import drop_boxes_of
from recording.spools import Spools
from vault import BlobStore, Cipher, Clock, Database, Jobs, Timeline, Transaction
from vault.jobs import Job
from vault.utc import parse

JOB_KIND = "deletion"
_SYSTEM = "system"


class Derived(Protocol):
    """Whoever holds copies of journals, or files made of them, beside the playable files of the recordings."""

    async def drop(self, session_id: str, paths: Sequence[str]) -> None:
        """Remove for good whatever there is of a sitting, whose journals are `paths`. Doing it again is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class SittingKept:
    """A sitting's recording for the screen: how it stands, the hold on it, and the latest request for deletion."""

    session_id: str
    kept: Kept
    hold: Hold | None
    deletion: Deletion | None


class Keeping:
    """A recording is kept and deleted by sittings: what is made of it shows all seats, and half proves nothing."""

    def __init__(
        self,
        db: Database,
        cases: Cases,
        cipher: Cipher,
        timeline: Timeline,
        blobs: BlobStore,
        jobs: Jobs,
        clock: Clock,
        spools: Spools,
        derived: Sequence[Derived],
    ) -> None:
        self._db = db
        self._cases = cases
        self._cipher = cipher
        self._timeline = timeline
        self._blobs = blobs
        self._jobs = jobs
        self._clock = clock
        self._spools = spools
        self._derived = tuple(derived)

    async def of_case(self, tx: Transaction, scope: Scope, case_id: str) -> list[SittingKept]:
        """Every recorded sitting of a case. Raises `NoSuchCase`."""
        case = await self._cases.visible(tx, scope, case_id)
        return await self._kept(tx, case)

    async def hold(self, tx: Transaction, scope: Scope, case_id: str, session_id: str, reason: str) -> None:
        """Put a hold on a sitting's recording. Raises `NoSuchCase`, `NotYours`, `NoReason`, `NoSuchSitting`."""
        case = await self._mine(tx, scope, case_id)
        why = retention.words(reason)
        kept = await self._sitting(tx, case, session_id)
        if kept.kept.state in ("deleted", "deleting"):
            retention.deletable(kept.kept)
        at = self._clock.now()
        hold_id = await store.add_hold(tx, self._cipher, case_id, session_id, scope.officer_id, at, why)
        payload: dict[str, JSON] = {"session": session_id, "hold": hold_id, "reason": why}
        await self._note(tx, case_id, "recording.held", scope.officer_id, payload)

    async def lift(self, tx: Transaction, scope: Scope, case_id: str, hold_id: str, reason: str) -> None:
        """Lift a hold, as a supervisor. Raises `NoSuchCase`, `NotYours`, `NoReason`, `NoSuchSitting`."""
        await self._cases.visible(tx, scope, case_id)
        retention.lifts(scope.role)
        why, at = retention.words(reason), self._clock.now()
        session_id = await store.lift_hold(tx, self._cipher, case_id, hold_id, scope.officer_id, at, why)
        payload: dict[str, JSON] = {"session": session_id, "hold": hold_id, "reason": why}
        await self._note(tx, case_id, "recording.hold_lifted", scope.officer_id, payload)

    async def ask(self, tx: Transaction, scope: Scope, case_id: str, session_id: str, reason: str) -> str:
        """Ask for the deletion of a sitting's recording; the request's id.

        Raises `NoSuchCase`, `NotYours`, `NoReason`, `NoSuchSitting`, what `deletable` raises, and `NotOpen` while
        another request waits.
        """
        case = await self._mine(tx, scope, case_id)
        why = retention.words(reason)
        kept = await self._sitting(tx, case, session_id)
        retention.deletable(kept.kept)
        if kept.deletion is not None and kept.deletion.state in ("requested", "approved"):
            raise NotOpen
        by, at = scope.officer_id, self._clock.now()
        deletion_id = await store.add_deletion(tx, self._cipher, case_id, session_id, by, at, why)
        payload: dict[str, JSON] = {"session": session_id, "deletion": deletion_id, "reason": why}
        await self._note(tx, case_id, "recording.deletion_requested", by, payload)
        return deletion_id

    async def decide(self, tx: Transaction, scope: Scope, deletion_id: str, approve: bool, word: str) -> str:
        """Approve or refuse as the second person; an approval orders the job. The case's id.

        Raises `NoSuchSitting`, `NoSuchCase`, `NotYours`, `SamePerson`, `NotOpen`, `NoReason`; and, for an approval,
        what `deletable` does.
        """
        one = await store.deletion(tx, self._cipher, deletion_id)
        case = await self._cases.visible(tx, scope, one.case_id)
        by, at = scope.officer_id, self._clock.now()
        retention.decides(by, scope.role, one.requested_by, parse(one.requested_at), parse(at))
        said = retention.words(word)
        if approve:
            retention.deletable((await self._sitting(tx, case, one.session_id)).kept)
        sealed = await store.seal_words(tx, self._cipher, one.case_id, [one.reason, said])
        state: Literal["approved", "refused"] = "approved" if approve else "refused"
        await store.move(tx, one.id, "requested", state, decided_by=by, decided_at=at, words=sealed)
        payload: dict[str, JSON] = {"session": one.session_id, "deletion": one.id, "word": said}
        await self._note(tx, one.case_id, f"recording.deletion_{state}", by, payload)
        if approve:
            await self._jobs.add(tx, JOB_KIND, {"deletion": one.id}, case_id=one.case_id)
        return one.case_id

    async def waiting(self, tx: Transaction, scope: Scope) -> list[Deletion]:
        """The requests that this person may decide on now, oldest first."""
        now, mine = parse(self._clock.now()), []
        for one in await store.waiting_deletions(tx, self._cipher):
            asked_at = parse(one.requested_at)
            if retention.may_decide(scope.officer_id, scope.role, one.requested_by, asked_at, now):
                try:
                    await self._cases.visible(tx, scope, one.case_id)
                except HeshiError:
                    continue
                mine.append(one)
        return mine

    async def run_job(self, job: Job) -> None:
        """Carry an approved deletion out. Cut short anywhere, it goes on where it was.

        The tombstone is written before anything goes: no byte vanishes without an entry.
        """
        deletion_id = str(job.payload["deletion"])
        one = await self._db.transact(lambda tx: self._begin(tx, deletion_id))
        if one.state == "deleting":
            await self._carry_out(one)

    async def sweep(self) -> int:
        """Finish deletions whose job was given up half way (a store out of reach). How many there were."""
        begun = await self._db.read(lambda tx: store.begun_deletions(tx, self._cipher))
        for one in begun:
            await self._carry_out(one)
        return len(begun)

    async def _carry_out(self, one: Deletion) -> None:
        journals = await self._db.read(lambda tx: store.journals(tx, one.session_id))
        paths = [journal.path for journal in journals]
        await self._db.transact(lambda tx: drop_boxes_of(tx, paths))
        for path in paths:
            await asyncio.to_thread(shred, self._spools, path)
        for holder in self._derived:
            await holder.drop(one.session_id, paths)
        for blob_id in one.files:
            await self._blobs.delete(blob_id)

        async def end(tx: Transaction) -> None:
            with contextlib.suppress(NotOpen):  # somebody was faster at the same
                await store.move(tx, one.id, "deleting", "deleted", done_at=self._clock.now(), files="[]")

        await self._db.transact(end)

    async def _begin(self, tx: Transaction, deletion_id: str) -> Deletion:
        """The request in state "deleting", its tombstone written; or stopped, where something keeps it meanwhile."""
        one = await store.deletion(tx, self._cipher, deletion_id)
        if one.state != "approved":
            return one
        case = (await self._cases.facts(tx, one.case_id)).case
        kept = (await self._sitting(tx, case, one.session_id)).kept
        about: dict[str, JSON] = {"session": one.session_id, "deletion": one.id}
        try:
            retention.deletable(kept)
        except HeshiError as error:
            await store.move(tx, one.id, "approved", "stopped")
            await self._note(tx, one.case_id, "recording.deletion_stopped", _SYSTEM, {**about, "why": error.code})
            return await store.deletion(tx, self._cipher, deletion_id)
        journals = await store.journals(tx, one.session_id)
        files = await store.forget_files(tx, one.session_id)
        tombstone: dict[str, JSON] = {
            **about,
            "requested_by": one.requested_by,
            "approved_by": one.decided_by,
            "reason": one.reason,
            "word": one.word,
            "rule": kept.rule,
            "journals": [
                {
                    "segment": journal.segment,
                    "endpoint": journal.endpoint,
                    "medium": journal.medium,
                    "key": journal.key,
                    "head": journal.head,
                    "chunks": journal.chunks,
                    "bytes": journal.bytes,
                }
                for journal in journals
            ],
        }
        await self._note(tx, one.case_id, store.DELETED, _SYSTEM, tombstone)
        await store.move(tx, one.id, "approved", "deleting", files=json.dumps(files))
        return await store.deletion(tx, self._cipher, deletion_id)

    async def _mine(self, tx: Transaction, scope: Scope, case_id: str) -> Case:
        case = await self._cases.visible(tx, scope, case_id)
        retention.acts(scope.officer_id, scope.role, case.officer_id)
        return case

    async def _sitting(self, tx: Transaction, case: Case, session_id: str) -> SittingKept:
        for one in await self._kept(tx, case):
            if one.session_id == session_id:
                return one
        raise NoSuchSitting

    async def _kept(self, tx: Transaction, case: Case) -> list[SittingKept]:
        holds: dict[str, Hold] = {}
        for hold in await store.active_holds(tx, self._cipher, case.id):
            holds.setdefault(hold.session_id, hold)
        latest = {one.session_id: one for one in await store.deletions_of(tx, self._cipher, case.id)}
        now = parse(self._clock.now())
        return [
            SittingKept(
                sitting.session_id,
                keeping(_facts(sitting, case, holds.get(sitting.session_id), latest.get(sitting.session_id)), now),
                holds.get(sitting.session_id),
                latest.get(sitting.session_id),
            )
            for sitting in await store.sittings(tx, case.id)
        ]

    async def _note(self, tx: Transaction, case_id: str, act: str, actor: str, payload: dict[str, JSON]) -> None:
        await self._timeline.append(tx, case_id, act=act, actor=actor, payload=payload)


def _facts(sitting: Sitting, case: Case, hold: Hold | None, deletion: Deletion | None) -> Facts:
    ended: datetime | None = parse(sitting.ended_at) if sitting.settled and sitting.ended_at else None
    gone: Literal["", "deleting", "deleted"] = ""
    if deletion is not None and deletion.state == "deleting":
        gone = "deleting"
    elif deletion is not None and deletion.state == "deleted":
        gone = "deleted"
    closed = parse(case.closed_at) if case.closed_at else None
    return Facts(ended, case.outcome, closed, hold is not None, gone)
