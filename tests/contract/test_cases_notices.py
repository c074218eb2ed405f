"""Messages shown on the case page: sealed, masked, and read on the record."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cases.errors import NoSuchNotice, NoSuchParty
from cases.model import Case, Party
from cases.notices import ConsoleNotices
from tests.support.casework import Bureau, new_case
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline

TEXT = "【和事室】您的验证码为 482915，十分钟内有效。"


@pytest.fixture
async def bureau(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> Bureau:
    return await Bureau.build(db, cipher, timeline, clock)


@pytest.fixture
def notices(cipher: Cipher, timeline: Timeline, clock: ManualClock) -> ConsoleNotices:
    return ConsoleNotices(cipher, timeline, clock)


async def opened(bureau: Bureau, number: str = "ZA-1") -> tuple[Case, Party]:
    case = await bureau.open_case(new=new_case(number))
    return case, (await bureau.db.read(lambda tx: bureau.cases.facts(tx, case.id))).parties[0]


async def test_a_message_is_listed_masked_and_read_on_the_timeline(
    bureau: Bureau, notices: ConsoleNotices, clock: ManualClock
) -> None:
    case, person = await opened(bureau)
    first = await bureau.db.transact(
        lambda tx: notices.send(tx, case.id, person.id, "code", TEXT, expires_at="2026-03-01T01:10:00.000Z")
    )
    clock.advance(1)
    second = await bureau.db.transact(lambda tx: notices.send(tx, case.id, None, "invite", "邀请码 K7", to="律师"))
    listed = await bureau.act("east.officer", notices.list, case.id)
    assert [(n.id, n.kind, n.to, n.party_id) for n in listed] == [
        (second, "invite", "律师", None),
        (first, "code", "138****5678", person.id),
    ]
    assert listed[1].expires_at == "2026-03-01T01:10:00.000Z"
    assert len(await bureau.acts(case.id)) == 1
    assert await bureau.act("east.officer", notices.read, case.id, first) == TEXT
    assert (await bureau.acts(case.id))[1:] == [("notice.read", {"notice": first, "kind": "code", "party": person.id})]


async def test_the_text_lies_sealed(bureau: Bureau, notices: ConsoleNotices) -> None:
    case, person = await opened(bureau)
    await bureau.db.transact(lambda tx: notices.send(tx, case.id, person.id, "code", TEXT))
    rows = await bureau.db.read(lambda tx: tx.all(text("SELECT * FROM notices")))
    stored = bytes(rows[0]["sealed"])
    assert b"482915" not in stored
    assert "482915" not in repr([{k: v for k, v in row.items() if k != "sealed"} for row in rows])


async def test_another_cases_messages_and_parties_are_not_found(bureau: Bureau, notices: ConsoleNotices) -> None:
    case, _ = await opened(bureau)
    other, stranger = await opened(bureau, "ZA-2")
    with pytest.raises(NoSuchParty):
        await bureau.db.transact(lambda tx: notices.send(tx, case.id, stranger.id, "code", TEXT))
    foreign = await bureau.db.transact(lambda tx: notices.send(tx, other.id, stranger.id, "code", TEXT))
    for notice_id in (foreign, "notice_none", "\x00", ""):
        with pytest.raises(NoSuchNotice):
            await bureau.act("east.officer", notices.read, case.id, notice_id)
    assert await bureau.act("east.officer", notices.list, case.id) == ()
    assert len(await bureau.acts(case.id)) == 1
