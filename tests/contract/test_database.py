"""Transactions: all or nothing, run again after a lost race, never "database is locked"."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from vault import Database, Transaction
from vault.errors import Busy, StaleRevision
from vault.tables import jobs

ROW = {"id": "job_1", "kind": "k", "payload": "{}", "state": "queued", "attempts": 0, "due_at": "", "permille": 0}
REST = {"reason": "", "created_at": "", "updated_at": ""}
COUNT = select(jobs.c.permille).where(jobs.c.id == "job_1")


async def put(tx: Transaction) -> None:
    await tx.execute(insert(jobs).values(**ROW, **REST))


async def count(db: Database) -> int | None:
    row = await db.read(lambda tx: tx.one(COUNT))
    return None if row is None else row["permille"]


async def add_one(tx: Transaction) -> int:
    """Read, think, compare and swap: as every command on a room does."""
    row = await tx.one(COUNT)
    assert row is not None
    await asyncio.sleep(0)
    seen = (jobs.c.id == "job_1", jobs.c.permille == row["permille"])
    await tx.swap(update(jobs).where(*seen).values(permille=row["permille"] + 1))
    return int(row["permille"]) + 1


async def test_twenty_writers_at_once_lose_nothing_while_others_read(db: Database) -> None:
    await db.transact(put)
    done = asyncio.Event()
    seen: list[int] = []

    async def watch() -> None:
        while not done.is_set():
            seen.append(await count(db) or 0)

    async def write() -> None:
        await asyncio.gather(*(db.transact(add_one) for _ in range(20)))
        done.set()

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(watch())
        group.create_task(write())
    assert await count(db) == 20
    assert seen


async def test_two_processes_worth_of_writers_wait_for_each_other(db: Database, db_url: str) -> None:
    """A second Database has its own connections and its own queue, like another process."""
    await db.transact(put)
    other = await Database.open(db_url)
    try:
        await asyncio.gather(*(each.transact(add_one) for _ in range(10) for each in (db, other)))
    finally:
        await other.close()
    assert await count(db) == 20


async def test_an_error_rolls_everything_back(db: Database) -> None:
    called: list[str] = []

    async def fail(tx: Transaction) -> None:
        await put(tx)
        tx.after_commit(lambda: called.append("no"))
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await db.transact(fail)
    assert await count(db) is None
    assert called == []


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(db: Database) -> None:
    entered = asyncio.Event()

    async def hang(tx: Transaction) -> None:
        await put(tx)
        entered.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(db.transact(hang))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await db.transact(put)
    assert await count(db) == 0


async def test_after_commit_runs_once_in_order_for_the_attempt_that_succeeded(db: Database) -> None:
    called: list[str] = []
    attempts = 0

    async def fn(tx: Transaction) -> str:
        nonlocal attempts
        attempts += 1
        mine = attempts
        tx.after_commit(lambda: called.append(f"first {mine}"))

        async def second() -> None:
            called.append(f"second {mine}, {await count(db)}")

        def broken() -> None:
            raise RuntimeError

        tx.after_commit(broken)
        tx.after_commit(second)
        await put(tx)
        if mine < 3:
            raise StaleRevision
        return "done"

    assert await db.transact(fn) == "done"
    assert called == ["first 3", "second 3, 0"]


async def test_who_always_loses_is_told_so(db: Database) -> None:
    attempts = 0

    async def fn(tx: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await tx.swap(update(jobs).where(jobs.c.id == "none").values(permille=1))

    with pytest.raises(Busy):
        await db.transact(fn)
    assert attempts == 12


async def test_a_duplicate_elsewhere_is_an_error_not_a_race(db: Database) -> None:
    attempts = 0

    async def fn(tx: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await put(tx)
        await put(tx)

    with pytest.raises(IntegrityError):
        await db.transact(fn)
    assert attempts == 1


async def test_reading_cannot_write_and_the_next_transaction_can(db: Database) -> None:
    for _ in range(3):
        with pytest.raises(DBAPIError):
            await db.read(put)
    await db.transact(put)
    assert await count(db) == 0


async def test_a_reader_sees_one_moment(db: Database) -> None:
    await db.transact(put)

    async def fn(tx: Transaction) -> list[int]:
        first = await tx.all(COUNT)
        await asyncio.create_task(write_aside())
        return [row["permille"] for row in first + await tx.all(COUNT)]

    async def write_aside() -> None:
        await db.transact(add_one)

    assert await db.read(fn) == [0, 0]
    assert await count(db) == 1


async def test_transact_inside_transact_is_a_mistake_found_at_once(db: Database) -> None:
    async def inner(tx: Transaction) -> None:
        await db.transact(put)

    with pytest.raises(RuntimeError, match="inside"):
        await db.transact(inner)
    await db.transact(put)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_sqlite_is_set_up_to_survive_power_cuts(db: Database) -> None:
    async def fn(tx: Transaction) -> list[object]:
        pragmas = ("journal_mode", "foreign_keys", "synchronous")
        return [(await tx.execute(text(f"PRAGMA {name}"))).scalar() for name in pragmas]

    assert await db.transact(fn) == ["wal", 1, 2]
