"""`verify case`: an untouched chain holds; a flipped byte, a cut tail and another record's receipt are found."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from cases import Scope
from cases.inputs import NewOfficer
from cases.organs import all_organs
from server.demo import SAMPLE
from server.migrate import migrate
from server.settings import Settings
from server.verifying import verify_case
from server.wiring import open_house
from vault import Transaction

OTHER = "城东（治）调〔2026〕0002号"


@dataclass(frozen=True)
class Records:
    """Two cases and a receipt of each."""

    settings: Settings
    receipts: dict[str, str]

    def tamper(self, statement: str) -> None:
        """As somebody with the database file would, past the triggers."""
        with sqlite3.connect(self.settings.data / "heshi.db") as database:
            triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                database.execute(f'DROP TRIGGER "{name}"')
            assert database.execute(statement).rowcount > 0


@pytest.fixture
async def records(tmp_path: Path) -> Records:
    settings = Settings(data=tmp_path / "data")
    await migrate(settings.database_url)
    receipts = {}
    async with open_house(settings) as house:
        services = house.services

        async def make(tx: Transaction) -> None:
            first = await services.officers.ensure_first_administrator(tx, organ="派出所")
            assert first is not None
            organs = await all_organs(tx)
            new = NewOfficer(organ_id=organs[0].id, username="wang", name="王警官", role="officer")
            added = await services.officers.add(tx, Scope.of(first.officer, organs), new)
            scope = Scope.of(added.officer, organs)
            for number in (SAMPLE.number, OTHER):
                case = await services.cases.create(tx, scope, SAMPLE.model_copy(update={"number": number}))
                await services.cases.reveal(tx, scope, case.id, None, "facts")
                receipts[number] = (await services.timeline.receipt(tx, case.id, number=case.number)).to_text()

        await services.db.transact(make)
    return Records(settings, receipts)


async def verdict(records: Records, *receipts: str) -> int:
    return await verify_case(records.settings, SAMPLE.number, receipts)


async def test_untouched(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    assert await verdict(records) == 0
    assert await verdict(records, records.receipts[SAMPLE.number]) == 0
    assert "intact" in capsys.readouterr().out


async def test_an_unknown_number(records: Records) -> None:
    assert await verify_case(records.settings, "没有这个号1", []) == 1


async def test_a_flipped_byte_is_named(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    records.tamper("UPDATE timeline_entries SET act = 'case.closed' WHERE seq = 1")
    assert await verdict(records) == 1
    assert "entry 1" in capsys.readouterr().out


async def test_a_cut_tail_contradicts_a_receipt(records: Records) -> None:
    records.tamper("DELETE FROM timeline_payloads WHERE seq = 2")
    records.tamper("DELETE FROM timeline_entries WHERE seq = 2")
    assert await verdict(records) == 0, "a shorter chain holds in itself"
    assert await verdict(records, records.receipts[SAMPLE.number]) == 1


async def test_a_receipt_of_another_record_is_no_proof(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    assert await verdict(records, records.receipts[OTHER]) == 1
    assert "another case record" in capsys.readouterr().out
