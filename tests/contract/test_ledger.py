"""The quality ledger on both databases: taken up again after a crash, closed once, nothing added afterwards."""

from __future__ import annotations

import pytest

from rooms.ledger import ACT, QualityLedger
from rooms.model import Session
from rooms.quality import Aggregate, Carried, Reported, summary
from tests.support.casework import Bureau
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline

SESSION = Session("ses_1", 1, "2026-03-02T01:00:00.000Z", "2026-03-02T01:01:00.000Z", "2026-03-02T02:00:00.000Z")
WELL = Carried(0.0, 0.01, 40, "high")


class Desk:
    """A case, and as many processes' ledgers over one database as a test wants."""

    def __init__(self, db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock, bureau: Bureau) -> None:
        self.db, self.bureau = db, bureau
        self._parts = db, cipher, timeline, clock
        self.case_id = ""

    def process(self) -> QualityLedger:
        return QualityLedger(*self._parts)

    async def close(self, ledger: QualityLedger) -> None:
        await self.db.transact(lambda tx: ledger.close(tx, self.case_id, SESSION))

    async def entries(self) -> list[dict[str, object]]:
        return [payload for act, payload in await self.bureau.acts(self.case_id) if act == ACT]


@pytest.fixture
async def desk(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> Desk:
    bureau = await Bureau.build(db, cipher, timeline, clock)
    desk = Desk(db, cipher, timeline, clock, bureau)
    desk.case_id = (await bureau.open_case()).id
    return desk


async def test_what_a_killed_process_had_stored_is_taken_up_again(desk: Desk) -> None:
    first = desk.process()
    assert dict(await first.running(desk.case_id, SESSION.id)) == {}
    stored = Aggregate().connected().look(60_000, WELL, Reported(1, 500, 10, 1000))
    first.put(SESSION.id, "seat_a", stored)
    await first.save()
    first.put(SESSION.id, "seat_a", stored.look(2000, WELL, Reported()))  # lost with the process
    second = desk.process()
    running = await second.running(desk.case_id, SESSION.id)
    assert dict(running) == {"seat_a": stored}
    more = stored.look(60_000, None, Reported())
    second.put(SESSION.id, "seat_a", more)
    second.put(SESSION.id, "seat_b", Aggregate())
    shown = await desk.db.read(lambda tx: second.of_case(tx, desk.case_id))
    assert shown == {SESSION.id: {"seat_a": summary(more), "seat_b": summary(Aggregate())}}
    await desk.close(second)
    (entry,) = await desk.entries()
    assert entry["number"] == 1
    assert [row["seat"] for row in entry["seats"]] == ["seat_a", "seat_b"]  # type: ignore[attr-defined]
    assert entry["seats"][0]["watched_s"] == 120  # type: ignore[index]


async def test_a_closed_sitting_stays_as_it_was(desk: Desk) -> None:
    ledger = desk.process()
    await ledger.running(desk.case_id, SESSION.id)
    kept = Aggregate().look(2000, WELL, Reported())
    ledger.put(SESSION.id, "seat_a", kept)
    await desk.close(ledger)
    # A look that was under way, and a closing that is done again after a restart.
    await ledger.running(desk.case_id, SESSION.id)
    ledger.put(SESSION.id, "seat_a", kept.look(2000, WELL, Reported()))
    await ledger.save()
    await desk.close(ledger)
    await desk.close(desk.process())
    assert len(await desk.entries()) == 1
    assert await desk.db.read(lambda tx: desk.process().of_case(tx, desk.case_id)) == {
        SESSION.id: {"seat_a": summary(kept)}
    }


async def test_a_sitting_that_nobody_watched_leaves_no_entry(desk: Desk) -> None:
    await desk.close(desk.process())
    assert await desk.entries() == []
