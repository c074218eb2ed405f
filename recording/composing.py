"""The film of a sitting made as a job: piece by piece, each kept when finished, so that a killed job goes on there."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from formats.canonical import canonical
from formats.sealedbox import BoxBroken
from recording import filmstore
from recording.composite import TICKS, Director, Letters, Script, write_film
from recording.composite.parts import Part
from recording.errors import DamagedJournal, NoRecording, NotReady, SealedSegment
from recording.filming import JOB_KIND
from recording.filmstore import FilmTask, StoredPart
from recording.keeping.store import DELETED
from recording.model import CompositeRow, RecordingFile, Status
from recording.scratch import ScratchFile
from recording.service import Bring, RecordingKey, pieces, usable
from recording.spools import Spools
from vault import BlobStore, Database, Jobs, Timeline, Transaction
from vault.errors import LeaseLost
from vault.jobs import MAX_ATTEMPTS, Job

SLICE_S: Final = 600.0
"""After so long a job hands over to a new one: a long film neither uses up attempts nor keeps others waiting."""
UNDECODABLE: Final = "recording.undecodable"
_LASTING = (NoRecording, DamagedJournal, SealedSegment, BoxBroken)
_JOINING = 0.98


@dataclass(slots=True)
class _Reached:
    fraction: float = 0.0


class Scripts(Protocol):
    """What the case tells of a sitting."""

    async def script(self, case_id: str, session_id: str, started_at: str) -> Script:
        """Names for the tiles, cards and chapters."""
        ...


class Composites:
    """Films of sittings. `fonts` are TrueType files for names, asked in order."""

    def __init__(
        self,
        db: Database,
        blobs: BlobStore,
        jobs: Jobs,
        timeline: Timeline,
        keys: RecordingKey,
        spools: Spools,
        scripts: Scripts,
        fonts: Sequence[Path],
        bring: Bring | None = None,
        *,
        part_ticks: int = TICKS,
    ) -> None:
        """`bring`: has archived journals brought back into the spool."""
        self._db, self._blobs, self._jobs, self._timeline = db, blobs, jobs, timeline
        self._keys, self._spools, self._scripts, self._fonts = keys, spools, scripts, fonts
        self._part_ticks, self._bring = part_ticks, bring

    async def of_case(self, tx: Transaction, case_id: str) -> list[CompositeRow]:
        """A case's films."""
        return await filmstore.of_case(tx, case_id)

    async def get(self, tx: Transaction, composite_id: str) -> CompositeRow:
        """One film; `case_id` says whose right is to be checked. Raises `NoRecording`."""
        return (await filmstore.find(tx, composite_id))[0]

    async def viewed(self, tx: Transaction, composite_id: str, actor: str) -> None:
        """Put a viewing on the timeline; once per opening, before the first byte. Raises `NoRecording`."""
        row = await self.get(tx, composite_id)
        payload = {"recording": row.id, "session": row.session_id}
        await self._timeline.append(tx, row.case_id, act="recording.viewed", actor=actor, payload=payload)

    async def stat(self, composite_id: str) -> RecordingFile:
        """Size and kind of the file. Raises `NoRecording`, `NotReady`."""
        return RecordingFile((await self._blobs.stat(await self._blob(composite_id))).size, "video/mp4")

    async def read(self, composite_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` … `end` (exclusive). Raises `NoRecording`, `NotReady`; `Invalid` for a range outside."""
        return self._blobs.read(await self._blob(composite_id), start, end)

    async def drop(self, session_id: str, paths: Sequence[str]) -> None:
        """Delete the film of a sitting, and the pieces of one that is being made."""
        for blob_id in await self._db.transact(lambda tx: filmstore.erase(tx, session_id, DELETED)):
            await self._blobs.delete(blob_id)

    async def run_job(self, job: Job) -> None:
        """Do a "composite" job, or a slice of it. Doing it twice does it once.

        Raises what went wrong (for `Jobs.fail`); what cannot get better by repeating is written as the outcome instead.
        """
        composite_id = str(job.payload["composite_id"])
        task = await self._db.read(lambda tx: filmstore.task(tx, composite_id))
        if task.made == task.wanted:
            return
        try:
            await self._make(task, job)
        except _LASTING as error:
            await self._end(task, "empty" if isinstance(error, NoRecording) else "failed", error.code)
        except LeaseLost:
            raise
        except Exception:
            if job.attempt >= MAX_ATTEMPTS:
                await self._end(task, "failed", "recording.attempts")
            raise

    async def _make(self, task: FilmTask, job: Job) -> None:
        script = await self._scripts.script(task.case_id, task.session_id, task.started_at)
        if self._bring is not None:
            await self._bring([journal.path for journal in task.journals])
        paths, reason = await asyncio.to_thread(usable, self._spools, task.journals)
        plan = hashlib.sha256(
            canonical([script.digest(), task.facts(), [str(path.name) for path in paths]])
        ).hexdigest()
        reached = _Reached()
        renewing = asyncio.create_task(self._renew(job, reached))
        director: Director | None = None
        try:
            letters = await asyncio.to_thread(Letters, self._fonts)
            key, ticks = self._keys.recording_private, self._part_ticks
            try:
                director = await asyncio.to_thread(Director, paths, key, script, letters, part_ticks=ticks)
            except NoRecording:
                if reason == DamagedJournal.code:
                    raise DamagedJournal("nothing sound is left") from None
                raise
            parts = await self._pieces(task, job, director, plan, reached)
            if parts is None:
                return
            damaged = bool(director.damaged)
            duration_ms = director.duration_ms
            with ScratchFile(self._spools.scratch()) as out:
                await self._join(out, parts, duration_ms, script)
                out.seek(0)
                blob = await self._blobs.put(pieces(out), kind="mp4")
        finally:
            if director is not None:
                director.close()
            renewing.cancel()
            await asyncio.wait([renewing])
        if damaged:
            reason = DamagedJournal.code
        elif not reason and any(part.undecodable for part in parts):
            reason = UNDECODABLE
        if not await self._end(task, "partial" if reason else "ready", reason, blob.id, duration_ms):
            await self._blobs.delete(blob.id)

    async def _pieces(
        self, task: FilmTask, job: Job, director: Director, plan: str, reached: _Reached
    ) -> list[StoredPart] | None:
        """All pieces, those missing made now; None where the rest was left to another job."""
        kept = await self._db.read(lambda tx: filmstore.parts(tx, task.id))
        await self._forget(task.id, [part for part in kept if part.plan != plan])
        have = {part.number: part for part in kept if part.plan == plan}
        until = time.monotonic() + SLICE_S
        for number in range(director.parts):
            if number in have:
                continue
            if time.monotonic() > until:
                await self._db.transact(lambda tx: self._go_on(tx, task))
                return None
            part = await asyncio.to_thread(director.part, number)
            blob = await self._blobs.put(part.pack(), kind="part")
            mine = StoredPart(number, plan, blob.id, director.undecodable)
            have[number] = await self._keep(task.id, mine)
            if have[number].blob_id != blob.id:
                await self._blobs.delete(blob.id)
            reached.fraction = _JOINING * len(have) / director.parts
            await self._tell(task, job, reached.fraction)
        return [have[number] for number in range(director.parts)]

    async def _keep(self, composite_id: str, part: StoredPart) -> StoredPart:
        return await self._db.transact(lambda tx: filmstore.keep(tx, composite_id, part))

    async def _go_on(self, tx: Transaction, task: FilmTask) -> None:
        await self._jobs.add(tx, JOB_KIND, {"composite_id": task.id}, case_id=task.case_id)

    async def _join(self, out: ScratchFile, parts: Sequence[StoredPart], duration_ms: int, script: Script) -> None:
        loop = asyncio.get_running_loop()

        def one_by_one() -> Iterator[Part]:
            for part in parts:
                yield Part.unpack(asyncio.run_coroutine_threadsafe(self._blobs.get(part.blob_id), loop).result())

        await asyncio.to_thread(write_film, out, one_by_one(), duration_ms, script.started_ns, script.chapters)

    async def _end(
        self, task: FilmTask, status: Status, reason: str, blob_id: str | None = None, duration_ms: int | None = None
    ) -> bool:
        async def write(tx: Transaction) -> bool:
            made = {"blob_id": blob_id, "duration_ms": duration_ms} if blob_id is not None else {}
            return await filmstore.settle(tx, task, status, reason, made)

        written = await self._db.transact(write)
        if written:
            await self._forget(task.id, await self._db.read(lambda tx: filmstore.parts(tx, task.id)))
            if task.blob_id is not None and blob_id is not None:
                await self._blobs.delete(task.blob_id)
        return written

    async def _forget(self, composite_id: str, parts: Sequence[StoredPart]) -> None:
        if parts:
            await self._db.transact(lambda tx: filmstore.forget(tx, composite_id, [part.number for part in parts]))
        for part in parts:
            await self._blobs.delete(part.blob_id)

    async def _tell(self, task: FilmTask, job: Job, fraction: float) -> None:
        await self._jobs.progress(job, fraction)
        await self._db.transact(lambda tx: filmstore.progress(tx, task.id, round(fraction * 1000)))

    async def _renew(self, job: Job, reached: _Reached) -> None:
        # Whoever took a lost lease over makes the same pieces; only one of each is kept.
        with contextlib.suppress(LeaseLost):
            while True:
                await asyncio.sleep(job.lease_s / 3)
                await self._jobs.progress(job, reached.fraction)

    async def _blob(self, composite_id: str) -> str:
        row, blob_id = await self._db.read(lambda tx: filmstore.find(tx, composite_id))
        if blob_id is None:
            raise NotReady(row.status)
        return blob_id
