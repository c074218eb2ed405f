"""Jobs: written with their cause, done by one worker at a time, offered again when a worker died."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clock import ManualClock
from vault import Database, Jobs, Transaction
from vault.errors import LeaseLost
from vault.jobs import Job, JobStatus

KINDS = ["playback"]


async def add(db: Database, jobs: Jobs, number: int = 1, kind: str = "playback") -> str:
    return await db.transact(lambda tx: jobs.add(tx, kind, {"segment": f"seg_{number}"}, case_id="case_a"))


async def claimed(jobs: Jobs, lease_s: float = 60) -> Job:
    job = await jobs.claim(KINDS, lease_s)
    assert job is not None
    return job


async def status(db: Database, jobs: Jobs, job_id: str) -> JobStatus:
    found = await db.read(lambda tx: jobs.status(tx, job_id))
    assert found is not None
    return found


async def test_a_job_is_done_once(db: Database, jobs: Jobs) -> None:
    job_id = await add(db, jobs)
    job = await claimed(jobs)
    assert (job.id, job.kind, job.case_id, job.payload, job.attempt) == (
        job_id,
        "playback",
        "case_a",
        {"segment": "seg_1"},
        1,
    )
    assert await jobs.claim(KINDS) is None
    await jobs.progress(job, 0.25)
    assert await status(db, jobs, job_id) == JobStatus(job_id, "playback", "running", 0.25, 1, "")
    await jobs.finish(job)
    assert (await status(db, jobs, job_id)).state == "done"
    assert await jobs.claim(KINDS) is None


async def test_a_job_of_a_failed_transaction_does_not_exist(db: Database, jobs: Jobs) -> None:
    async def fn(tx: Transaction) -> None:
        await jobs.add(tx, "playback", {}, case_id=None)
        raise LookupError

    with pytest.raises(LookupError):
        await db.transact(fn)
    assert await jobs.claim(KINDS) is None


async def test_workers_at_once_get_different_jobs(db: Database, jobs: Jobs) -> None:
    made = {await add(db, jobs, number) for number in range(6)}
    got = await asyncio.gather(*(jobs.claim(KINDS) for _ in range(8)))
    ids = [job.id for job in got if job is not None]
    assert sorted(ids) == sorted(made)


async def test_only_asked_kinds_oldest_first(db: Database, jobs: Jobs, clock: ManualClock) -> None:
    await add(db, jobs, 1, kind="seal")
    clock.advance(1)
    first = await add(db, jobs, 2)
    clock.advance(1)
    await add(db, jobs, 3)
    assert (await claimed(jobs)).id == first


async def test_a_dead_workers_job_is_offered_again_and_its_late_result_is_void(
    db: Database, jobs: Jobs, clock: ManualClock
) -> None:
    job_id = await add(db, jobs)
    dead = await claimed(jobs, lease_s=10)
    clock.advance(9)
    await jobs.progress(dead, 0.5)
    clock.advance(9)
    assert await jobs.claim(KINDS) is None
    clock.advance(2)
    second = await claimed(jobs)
    assert (second.id, second.attempt) == (job_id, 2)
    for late in (jobs.finish(dead), jobs.fail(dead, "x"), jobs.progress(dead, 1)):
        with pytest.raises(LeaseLost):
            await late
    await jobs.finish(second)
    with pytest.raises(LeaseLost):
        await jobs.finish(second)


async def test_five_failures_end_it(db: Database, jobs: Jobs, clock: ManualClock) -> None:
    job_id = await add(db, jobs)
    for attempt in range(1, 6):
        job = await claimed(jobs)
        assert job.attempt == attempt
        await jobs.fail(job, f"reason {attempt}")
        assert await jobs.claim(KINDS) is None
        clock.advance(3600)
    assert await jobs.claim(KINDS) is None
    found = await status(db, jobs, job_id)
    assert (found.state, found.attempts, found.reason) == ("failed", 5, "reason 5")


async def test_a_job_that_kills_its_worker_five_times_is_given_up(db: Database, jobs: Jobs, clock: ManualClock) -> None:
    job_id = await add(db, jobs)
    for _ in range(5):
        await claimed(jobs, lease_s=10)
        clock.advance(11)
    assert await jobs.claim(KINDS) is None
    assert (await status(db, jobs, job_id)).reason == "abandoned"


async def test_waiting_ends_when_a_job_comes(db: Database, jobs: Jobs) -> None:
    waiting = asyncio.create_task(jobs.wait(60))
    await add(db, jobs)
    await waiting
    await jobs.wait(0.001)
    assert await jobs.claim(KINDS) is not None


async def test_a_cases_jobs(db: Database, jobs: Jobs, clock: ManualClock) -> None:
    one = await add(db, jobs)
    clock.advance(1)
    two = await add(db, jobs)
    assert [each.id for each in await db.read(lambda tx: jobs.of_case(tx, "case_a"))] == [one, two]
    assert await db.read(lambda tx: jobs.of_case(tx, "case_b")) == []
    assert await db.read(lambda tx: jobs.status(tx, "job_none")) is None
