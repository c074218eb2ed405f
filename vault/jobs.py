"""Work to be done after a commit: a row written in the same transaction, claimed under a lease by any process.

A worker that dies simply stops renewing its lease; the row is then offered again, at most five times.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import RowMapping, insert, select, update

from formats.canonical import JSON, canonical
from vault.database import Database, Transaction
from vault.errors import LeaseLost
from vault.ids import new_id
from vault.tables import jobs
from vault.utc import Clock, SystemClock, later

MAX_ATTEMPTS = 5
_RETRY_SECONDS = 5.0
_LEASE_SECONDS = 60.0

State: TypeAlias = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job: `attempt` counts from 1; `lease` is this claim's proof, renewed by `Jobs.progress`."""

    id: str
    kind: str
    case_id: str | None
    payload: dict[str, JSON]
    attempt: int
    lease: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What people see of a job; `fraction` is 0.0 to 1.0, `reason` why it failed last."""

    id: str
    kind: str
    state: State
    fraction: float
    attempts: int
    reason: str


class Jobs:
    """The queue. `payload` holds ids and numbers, never personal data: it is stored in clear."""

    def __init__(self, db: Database, clock: Clock | None = None) -> None:
        self._db = db
        self._clock = clock or SystemClock()
        self._added = asyncio.Event()

    async def add(self, tx: Transaction, kind: str, payload: Mapping[str, JSON], *, case_id: str | None = None) -> str:
        """Put a job into the caller's transaction and return its id; waiting workers of this process wake at commit."""
        job_id, at = new_id("job"), self._clock.now()
        values = {"id": job_id, "kind": kind, "case_id": case_id, "payload": canonical(dict(payload)).decode()}
        fresh = {"state": "queued", "attempts": 0, "due_at": at, "permille": 0, "reason": ""}
        await tx.execute(insert(jobs).values(**values, **fresh, created_at=at, updated_at=at))
        tx.after_commit(self._added.set)
        return job_id

    async def claim(self, kinds: Sequence[str], lease_s: float = _LEASE_SECONDS) -> Job | None:
        """The oldest due job of these kinds, or an abandoned one, for `lease_s` seconds; None when there is none.

        An abandoned job whose attempts are used up becomes failed instead.
        """

        async def take(tx: Transaction) -> Job | None:
            at = self._clock.now()
            due = select(jobs).where(
                jobs.c.kind.in_(kinds), jobs.c.state.in_(("queued", "running")), jobs.c.due_at <= at
            )
            while (row := await tx.one(due.order_by(jobs.c.due_at, jobs.c.id).limit(1))) is not None:
                same = (jobs.c.id == row["id"], jobs.c.attempts == row["attempts"], jobs.c.due_at == row["due_at"])
                if row["attempts"] >= MAX_ATTEMPTS:
                    dead = {"state": "failed", "lease": None, "reason": row["reason"] or "abandoned", "updated_at": at}
                    await tx.swap(update(jobs).where(*same).values(**dead))
                    continue
                lease, attempt = new_id("lease"), row["attempts"] + 1
                mine = {"state": "running", "attempts": attempt, "lease": lease, "due_at": later(at, lease_s)}
                await tx.swap(update(jobs).where(*same).values(**mine, updated_at=at))
                payload = json.loads(row["payload"])
                return Job(row["id"], row["kind"], row["case_id"], payload, attempt, lease, lease_s)
            return None

        return await self._db.transact(take)

    async def progress(self, job: Job, fraction: float) -> None:
        """Report 0.0 to 1.0 and renew the lease. Raises LeaseLost."""
        permille = max(0, min(1000, round(fraction * 1000)))
        await self._update(job, permille=permille, due_at=later(self._clock.now(), job.lease_s))

    async def finish(self, job: Job) -> None:
        """The job is done. Raises LeaseLost."""
        await self._update(job, state="done", permille=1000, lease=None, reason="")

    async def fail(self, job: Job, reason: str) -> None:
        """This attempt failed for `reason` (a code, no personal data); offered again later, unless it was the fifth.

        Raises LeaseLost.
        """
        if job.attempt >= MAX_ATTEMPTS:
            await self._update(job, state="failed", lease=None, reason=reason)
        else:
            due = later(self._clock.now(), _RETRY_SECONDS * 2 ** (job.attempt - 1))
            await self._update(job, state="queued", lease=None, reason=reason, due_at=due)

    async def status(self, tx: Transaction, job_id: str) -> JobStatus | None:
        """One job, or None."""
        row = await tx.one(select(jobs).where(jobs.c.id == job_id))
        return None if row is None else _status(row)

    async def of_case(self, tx: Transaction, case_id: str) -> list[JobStatus]:
        """A case's jobs, oldest first."""
        rows = await tx.all(select(jobs).where(jobs.c.case_id == case_id).order_by(jobs.c.created_at, jobs.c.id))
        return [_status(row) for row in rows]

    async def wait(self, timeout_s: float) -> None:
        """Return when a job was added in this process, or after `timeout_s` (another process may have added one)."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._added.wait()
        except TimeoutError:
            return
        self._added.clear()

    async def _update(self, job: Job, **values: Any) -> None:
        async def change(tx: Transaction) -> None:
            mine = (jobs.c.id == job.id, jobs.c.state == "running", jobs.c.lease == job.lease)
            done = await tx.execute(update(jobs).where(*mine).values(**values, updated_at=self._clock.now()))
            if done.rowcount != 1:
                raise LeaseLost(job.id)

        await self._db.transact(change)


def _status(row: RowMapping) -> JobStatus:
    return JobStatus(row["id"], row["kind"], row["state"], row["permille"] / 1000, row["attempts"], row["reason"])
