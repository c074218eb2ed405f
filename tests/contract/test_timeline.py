"""The timeline as rows: appended under contention, never changed, checked against receipts, erasable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from formats.chain import Verdict
from formats.errors import NotFound
from formats.receipt import Receipt
from tests.support.clock import ManualClock
from vault import Cipher, Database, KeyStore, Timeline, Transaction
from vault.errors import Erased
from vault.timeline import Head
from verify.timeline import check_timeline

CASE = "case_a"


async def append(db: Database, timeline: Timeline, number: int, subject: str | None = None) -> Head:
    async def fn(tx: Transaction) -> Head:
        return await timeline.append(
            tx, CASE, act="chat.said", actor="seat_1", payload={"text": f"第{number}句"}, subject=subject
        )

    return await db.transact(fn)


async def check(db: Database, timeline: Timeline, *receipts: Receipt) -> Verdict:
    return await db.read(lambda tx: timeline.check(tx, CASE, receipts))


async def tamper(db: Database, *statements: str) -> None:
    """As an operator with full rights would: the triggers go first."""

    async def fn(tx: Transaction) -> None:
        for table in ("timeline_entries", "timeline_payloads"):
            if tx.dialect == "sqlite":
                for verb in ("update", "delete"):
                    await tx.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                await tx.execute(text(f"DROP TRIGGER {table}_no_change ON {table}"))
        for statement in statements:
            await tx.execute(text(statement))

    await db.transact(fn)


async def test_entries_come_back_with_their_content(db: Database, timeline: Timeline, clock: ManualClock) -> None:
    await append(db, timeline, 1)
    clock.advance(1.5)
    await append(db, timeline, 2)
    rows = await db.read(lambda tx: timeline.entries(tx, CASE))
    assert [(row.seq, row.at, row.payload) for row in rows] == [
        (1, "2026-03-01T01:00:00.000Z", {"text": "第1句"}),
        (2, "2026-03-01T01:00:01.500Z", {"text": "第2句"}),
    ]
    later = await db.read(lambda tx: timeline.entries(tx, CASE, after=1, limit=5))
    assert [row.seq for row in later] == [2]


async def test_three_hundred_appends_at_once_make_one_whole_chain_and_none_is_starved(
    db: Database, db_url: str, timeline: Timeline
) -> None:
    other = await Database.open(db_url)  # as another process would
    heads = await asyncio.gather(*(append((db, other)[number % 2], timeline, number) for number in range(300)))
    await other.close()
    assert sorted(head.seq for head in heads) == list(range(1, 301))
    verdict = await check(db, timeline)
    assert verdict.ok, verdict
    assert verdict.length == 300


@pytest.mark.parametrize("table", ["timeline_entries", "timeline_payloads"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET case_id = 'case_b'", "DELETE FROM {}"])
async def test_the_database_itself_refuses_change(db: Database, timeline: Timeline, table: str, verb: str) -> None:
    await append(db, timeline, 1)
    with pytest.raises(DBAPIError, match="append-only"):
        await db.transact(lambda tx: tx.execute(text(verb.format(table))))
    assert (await check(db, timeline)).length == 1


REPLACING = {
    "sqlite": "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
    "postgresql": "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT (case_id, seq) DO UPDATE SET case_id = 'case_b'",
}


@pytest.mark.parametrize("table", ["timeline_entries", "timeline_payloads"])
async def test_replacing_by_inserting_is_refused_too(db: Database, timeline: Timeline, table: str) -> None:
    await append(db, timeline, 1)
    with pytest.raises(DBAPIError, match="append-only"):
        await db.transact(lambda tx: tx.execute(text(REPLACING[tx.dialect].format(table))))


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["timeline_entries", "timeline_payloads"])
async def test_truncate_is_refused_too(db: Database, timeline: Timeline, table: str) -> None:
    await append(db, timeline, 1)
    with pytest.raises(DBAPIError, match="append-only"):
        await db.transact(lambda tx: tx.execute(text(f"TRUNCATE {table}")))


@pytest.mark.parametrize(
    ("statement", "broken_at", "reason"),
    [
        ("UPDATE timeline_entries SET actor = 'seat_2' WHERE seq = 2", 2, "hash_mismatch"),
        ("DELETE FROM timeline_entries WHERE seq = 2", 2, "gap"),
        ("UPDATE timeline_entries SET previous = commitment WHERE seq = 3", 3, "previous_mismatch"),
        ("UPDATE timeline_entries SET signature = hash WHERE seq = 1", 1, "signature_invalid"),
        ("DELETE FROM timeline_payloads WHERE seq = 3", 3, "payload_missing"),
    ],
)
async def test_tampering_is_named(
    db: Database, timeline: Timeline, statement: str, broken_at: int, reason: str
) -> None:
    for number in range(4):
        await append(db, timeline, number)
    await tamper(db, statement)
    verdict = await check(db, timeline)
    assert (verdict.ok, verdict.broken_at, verdict.reason) == (False, broken_at, reason)


async def test_swapped_contents_are_found(db: Database, timeline: Timeline) -> None:
    for number in range(3):
        await append(db, timeline, number)
    await tamper(
        db,
        "UPDATE timeline_payloads SET sealed = (SELECT p.sealed FROM timeline_payloads p WHERE p.seq = 1) "
        "WHERE seq = 2",
    )
    verdict = await check(db, timeline)
    assert (verdict.broken_at, verdict.reason) == (2, "payload_missing")


async def test_a_cut_tail_shows_only_against_a_receipt(db: Database, timeline: Timeline) -> None:
    for number in range(4):
        await append(db, timeline, number)
    receipt = await db.read(lambda tx: timeline.receipt(tx, CASE, number="〔2026〕1号"))
    assert (await check(db, timeline, receipt)).ok
    await tamper(db, "DELETE FROM timeline_entries WHERE seq > 2", "DELETE FROM timeline_payloads WHERE seq > 2")
    assert (await check(db, timeline)).ok
    verdict = await check(db, timeline, receipt)
    assert (verdict.reason, verdict.detail) == ("tail_cut", "a receipt shows entry 4, the chain ends at 2")


async def test_a_chain_rewritten_with_the_real_key_contradicts_a_receipt(db: Database, timeline: Timeline) -> None:
    await append(db, timeline, 1)
    receipt = await db.read(lambda tx: timeline.receipt(tx, CASE))
    await tamper(db, "DELETE FROM timeline_entries", "DELETE FROM timeline_payloads")
    await append(db, timeline, 7)
    assert (await check(db, timeline)).ok
    assert (await check(db, timeline, receipt)).reason == "head_rewritten"
    forged = replace(receipt, head=bytes(32))
    assert (await check(db, timeline, forged)).reason == "receipt_invalid"


async def test_erasing_a_person_leaves_a_chain_that_verifies(
    db: Database, timeline: Timeline, cipher: Cipher, keys: KeyStore, clock: ManualClock
) -> None:
    await append(db, timeline, 1, subject="party_1")
    await append(db, timeline, 2)
    await db.transact(lambda tx: cipher.erase(tx, "party_1"))
    for reader in (timeline, Timeline(Cipher(keys), keys, clock)):
        rows = await db.read(partial(reader.entries, case_id=CASE))
        assert [(row.erased, row.payload) for row in rows] == [(True, None), (False, {"text": "第2句"})]
        assert (await check(db, reader)).ok
    with pytest.raises(Erased):
        await append(db, timeline, 3, subject="party_1")
    assert (await check(db, timeline)).length == 2


async def test_no_receipt_for_an_unknown_case(db: Database, timeline: Timeline) -> None:
    with pytest.raises(NotFound):
        await db.read(lambda tx: timeline.receipt(tx, "case_none"))
    assert await db.read(lambda tx: timeline.head(tx, "case_none")) is None


async def test_nothing_is_kept_in_clear(db: Database, timeline: Timeline) -> None:
    await append(db, timeline, 1)
    row = await db.read(lambda tx: tx.one(text("SELECT sealed FROM timeline_payloads")))
    assert row is not None
    assert "第1句".encode() not in row["sealed"]


async def test_an_export_is_checked_without_the_service(
    db: Database, timeline: Timeline, cipher: Cipher, keys: KeyStore
) -> None:
    await append(db, timeline, 1, subject="party_1")
    await append(db, timeline, 2)
    await db.transact(lambda tx: cipher.erase(tx, "party_1"))
    receipt = await db.read(lambda tx: timeline.receipt(tx, CASE, number="〔2026〕1号"))
    exported = await db.read(lambda tx: timeline.export(tx, CASE, number="〔2026〕1号"))
    report = check_timeline(exported, [receipt.to_text()], keys.chain_public)
    assert report.verdict.ok, report
    assert (report.number, report.verdict.head, report.key_confirmed) == ("〔2026〕1号", receipt.head, True)
    changed = exported.replace("第2句".encode(), "第3句".encode())
    assert check_timeline(changed, public_key=keys.chain_public).verdict.reason == "payload_mismatch"
