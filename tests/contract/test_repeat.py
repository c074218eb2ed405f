"""A command sent twice acts once, in both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text

from formats.canonical import JSON
from vault import Database, Timeline, Transaction
from vault.repeat import BadKey, forget, recall, remember
from vault.tables import replies


async def test_the_second_sender_gets_the_first_reply_and_nothing_happens_twice(
    db: Database, timeline: Timeline
) -> None:
    async def command(tx: Transaction) -> JSON:
        known = await recall(tx, "seat_1", "key-1")
        if known is not None:
            return known
        head = await timeline.append(tx, "case_a", act="said", actor="seat_1", payload={})
        reply: JSON = {"seq": head.seq, "link": "https://x/#secret", "name": "\uf9dc"}
        await remember(tx, "seat_1", "key-1", reply)
        return reply

    got = await asyncio.gather(*(db.transact(command) for _ in range(8)))
    assert got == [{"seq": 1, "link": "https://x/#secret", "name": "\uf9dc"}] * 8
    assert (await db.read(lambda tx: timeline.check(tx, "case_a"))).length == 1


async def test_keys_of_different_people_are_different(db: Database) -> None:
    await db.transact(lambda tx: remember(tx, "seat_1", "k", {"a": 1}))
    assert await db.read(lambda tx: recall(tx, "seat_2", "k")) is None
    assert await db.read(lambda tx: recall(tx, "seat_1", "k")) == {"a": 1}


async def test_neither_key_nor_reply_lies_in_clear(db: Database) -> None:
    await db.transact(lambda tx: remember(tx, "seat_1", "key-1", "secret link"))
    row = await db.read(lambda tx: tx.one(text("SELECT * FROM replies")))
    assert row is not None
    kept = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert b"secret" not in kept
    assert b"key-1" not in kept


async def test_old_replies_are_forgotten(db: Database) -> None:
    await db.transact(lambda tx: remember(tx, "seat_1", "k", 1))
    assert await db.transact(lambda tx: forget(tx, "2000-01-01T00:00:00.000Z")) == 0
    assert await db.transact(lambda tx: forget(tx, "2999-01-01T00:00:00.000Z")) == 1
    assert await db.read(lambda tx: recall(tx, "seat_1", "k")) is None


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_unusable_keys_are_refused(db: Database, key: str) -> None:
    with pytest.raises(BadKey):
        await db.transact(lambda tx: recall(tx, "seat_1", key))
    with pytest.raises(BadKey):
        await db.transact(lambda tx: remember(tx, "seat_1", key, 1))
    row = await db.read(lambda tx: tx.one(select(func.count().label("n")).select_from(replies)))
    assert row is not None
    assert row["n"] == 0
