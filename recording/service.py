"""A case's recordings: the manifest as it comes in, the playable files made from it, and who watched them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from formats.journal import scan_journal
from formats.sealedbox import BoxBroken
from recording import store
from recording.errors import DamagedJournal, NoRecording, NotReady, SealedSegment
from recording.filming import order as order_film
from recording.lanes import Lanes
from recording.model import ManifestRow, RecordingFile, RecordingRow, Status
from recording.playback import Playback, render
from recording.scratch import ScratchFile
from recording.speech import speech
from recording.spools import Spools
from recording.viewing import Viewing
from vault import BlobStore, Clock, Database, Jobs, Timeline, Transaction
from vault.errors import LeaseLost
from vault.jobs import MAX_ATTEMPTS, Job

JOB_KIND = "playback"
MISSING = "recording.missing"
INCOMPLETE = "recording.incomplete"
# What a second attempt would only find again; anything else may be a passing trouble of disk, database or blobs.
_LASTING = (NoRecording, DamagedJournal, SealedSegment, BoxBroken)
_PIECE = 1 << 20
_SYSTEM = "system"


Bring: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]
"""Sees to it that journals (paths below the spool) that were archived lie there again."""


class RecordingKey(Protocol):
    """What playback needs of the key store: the vault's half, which opens joint journals only."""

    @property
    def recording_private(self) -> bytes:
        """Raw X25519, 32 bytes."""
        ...


class Recordings:
    """`spools` are the folders where the workers' journals lie, `bring` gets those back that were moved away."""

    def __init__(
        self,
        db: Database,
        blobs: BlobStore,
        jobs: Jobs,
        timeline: Timeline,
        keys: RecordingKey,
        clock: Clock,
        spools: Spools,
        bring: Bring | None = None,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._jobs = jobs
        self._timeline = timeline
        self._keys = keys
        self._clock = clock
        self._spools = spools
        self._bring = bring
        self.lanes = Lanes(db, blobs)
        self.viewing = Viewing(timeline, clock)

    async def note_segment(self, tx: Transaction, case_id: str, session_id: str, row: Mapping[str, object]) -> bool:
        """Put a journal's manifest row on record and its head on the timeline; whether anything was new.

        A row noted before changes nothing, except that a complete one replaces an incomplete one. One that comes after
        the session was closed has the playable file made anew. A sink that failed before it had a file (`path` null)
        leaves nothing to note. Raises `Invalid` for a malformed row.
        """
        if row.get("path") is None:
            return False
        parsed = ManifestRow.parse(row)
        known = await store.find_segment(tx, session_id, parsed.path)
        if known is not None and (known["complete"] or not parsed.complete):
            return False
        recording_id: str | None = None
        if parsed.key == "joint":
            recording_id, status = await store.note(tx, case_id, session_id, parsed, self._clock.now())
            if status != "capturing":
                await self._enqueue(tx, case_id, recording_id, None)
                await order_film(tx, self._jobs, case_id, session_id, None)
        await store.put_segment(tx, case_id, session_id, parsed, recording_id, known["id"] if known else None)
        await self._timeline.append(
            tx,
            case_id,
            act="recording.segment",
            actor=_SYSTEM,
            payload={
                "session": session_id,
                "path": parsed.path,
                "segment": parsed.segment,
                "endpoint": parsed.endpoint,
                "medium": parsed.medium,
                "key": parsed.key,
                "head": parsed.head,
                "chunks": parsed.chunks,
                "bytes": parsed.bytes,
                "first": parsed.first_at,
                "last": parsed.last_at,
                "complete": parsed.complete,
                # Taken from the spool because its writer had died, and nobody else could tell what became of it.
                "recovered": "state" in row,
            },
        )
        return True

    async def damaged(self, tx: Transaction, case_id: str, session_id: str, path: str) -> None:
        """A journal was put on record as damaged: its recording says so, and its file is made anew."""
        found = await store.renew(tx, session_id, path)
        if found is not None and found[1] != "capturing":
            await self._enqueue(tx, case_id, found[0], None)
            await order_film(tx, self._jobs, case_id, session_id, None)

    async def session_closed(self, tx: Transaction, case_id: str, session_id: str, started_at: str) -> list[str]:
        """Have the playable files of a session made, with `started_at` (UTC) as their time 0; ids of the recordings.

        Call it again when segments were salvaged later: only what still counts as being captured is taken.
        """
        waiting = await store.waiting(tx, session_id)
        for recording_id in waiting:
            await self._enqueue(tx, case_id, recording_id, started_at)
        if waiting:
            await order_film(tx, self._jobs, case_id, session_id, started_at)
        return waiting

    async def run_job(self, job: Job) -> None:
        """Do a "playback" job: render in a thread, store as a blob, write the outcome. Doing it twice does it once.

        Raises what went wrong (for `Jobs.fail`); what cannot get better by repeating is written as the outcome instead.
        """
        recording_id = str(job.payload["recording_id"])
        task = await self._db.read(lambda tx: store.task(tx, recording_id))
        if task.made == task.noted:
            return
        try:
            status, reason, playback, blob_id = await self._make(task, job)
        except _LASTING as error:
            await self._settle(
                task, "empty" if isinstance(error, NoRecording) else "failed", error.code, blob_id=task.blob_id
            )
            return
        except Exception:
            if job.attempt >= MAX_ATTEMPTS:
                await self._settle(task, "failed", "recording.attempts")
            raise
        if await self._settle(task, status, reason, blob_id=blob_id, duration_ms=playback.duration_ms):
            if task.blob_id is not None:
                await self._blobs.delete(task.blob_id)
        else:
            await self._blobs.delete(blob_id)

    async def list(self, tx: Transaction, case_id: str) -> list[RecordingRow]:
        """A case's recordings, and its sealed segments as lines without content."""
        return await store.of_case(tx, case_id)

    async def get(self, tx: Transaction, recording_id: str) -> RecordingRow:
        """One recording (never a sealed segment); `case_id` says whose right is to be checked. Raises `NoRecording`."""
        return (await store.find(tx, recording_id))[0]

    async def viewed(self, tx: Transaction, recording_id: str, actor: str) -> None:
        """Put a viewing on the timeline; call it once per opening, before the first byte. Raises `NoRecording`."""
        row = await self.get(tx, recording_id)
        payload = {"recording": row.id, "session": row.session_id, "endpoint": row.endpoint}
        await self._timeline.append(tx, row.case_id, act="recording.viewed", actor=actor, payload=payload)

    async def stat(self, recording_id: str) -> RecordingFile:
        """Size and kind of the playable file. Raises `NoRecording`, `NotReady`."""
        return RecordingFile((await self._blobs.stat(await self._blob(recording_id))).size)

    async def read(self, recording_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` … `end` (exclusive) of the playable file.

        Raises `NoRecording` and `NotReady` at once, `Invalid` on reading a range outside the file.
        """
        return self._blobs.read(await self._blob(recording_id), start, end)

    async def _blob(self, recording_id: str) -> str:
        row, blob_id = await self._db.read(lambda tx: store.find(tx, recording_id))
        if blob_id is None:
            raise NotReady(row.status)
        return blob_id

    async def _enqueue(self, tx: Transaction, case_id: str, recording_id: str, started_at: str | None) -> None:
        await store.process(tx, recording_id, started_at)
        await self._jobs.add(tx, JOB_KIND, {"recording_id": recording_id}, case_id=case_id)

    async def _settle(
        self,
        task: store.Task,
        status: Status,
        reason: str,
        *,
        blob_id: str | None = None,
        duration_ms: int | None = None,
    ) -> bool:
        async def write(tx: Transaction) -> bool:
            return await store.settle(tx, task, status, reason, blob_id=blob_id, duration_ms=duration_ms)

        return await self._db.transact(write)

    async def _make(self, task: store.Task, job: Job) -> tuple[Status, str, Playback, str]:
        with ScratchFile(self._spools.scratch()) as out:
            renewing, reason = asyncio.create_task(self._renew(job)), ""
            try:
                if self._bring is not None:
                    await self._bring([journal.path for journal in task.journals])
                paths, reason = await asyncio.to_thread(usable, self._spools, task.journals)
                playback = await asyncio.to_thread(render, paths, self._keys.recording_private, task.started_at, out)
                await self.lanes.keep(task.recording_id, await asyncio.to_thread(speech, out, playback.duration_ms))
                out.seek(0)
                blob = await self._blobs.put(pieces(out), kind="webm")
            except NoRecording:
                if reason == DamagedJournal.code:
                    raise DamagedJournal("nothing sound is left") from None
                raise
            finally:
                renewing.cancel()
                await asyncio.wait([renewing])
        if playback.damaged:
            reason = DamagedJournal.code
        return "partial" if reason else "ready", reason, playback, blob.id

    async def _renew(self, job: Job) -> None:
        # Whoever took a lost lease over makes the same file; `settle` lets only one of them through.
        with contextlib.suppress(LeaseLost):
            while True:
                await asyncio.sleep(job.lease_s / 3)
                await self._jobs.progress(job, 0.5)


def usable(spools: Spools, journals: Sequence[store.Journal]) -> tuple[list[Path], str]:
    """The files that can be read at all, and the gravest thing to be said of all of them ("" when nothing is).

    Raises `DamagedJournal` when there were journals and none can be read.
    """
    paths, reasons = [], set()
    for journal in journals:
        if journal.damaged:
            reasons.add(DamagedJournal.code)
        path = spools.find(journal.path)
        if path is None:
            reasons.add(MISSING)
            continue
        try:
            with path.open("rb") as file:
                result = scan_journal(file, {journal.chunks: bytes.fromhex(journal.head)})
        except OSError:  # a disk that has died: whatever lies elsewhere is played all the same
            reasons.add(MISSING)
            continue
        if result.state == "broken":
            reasons.add(DamagedJournal.code)
        elif not journal.complete:
            reasons.add(INCOMPLETE)
        if result.size:
            paths.append(path)
    if journals and not paths:
        raise DamagedJournal("none can be read")
    gravest = [reason for reason in (DamagedJournal.code, MISSING, INCOMPLETE) if reason in reasons]
    return paths, gravest[0] if gravest else ""


async def pieces(file: ScratchFile) -> AsyncIterator[bytes]:
    """A scratch file from where it stands to its end."""
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
