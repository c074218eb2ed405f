"""`heshi verify`: say whether a proof holds, and if not, what is wrong, in both languages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from cases.tables import cases
from formats.receipt import Receipt
from server.settings import Settings
from server.wiring import open_house
from vault import Transaction
from verify.pdf import verify_pdf


async def verify_case(settings: Settings, number: str, receipts: Sequence[str]) -> int:
    """Walk the timelines of every case with this number (numbers are unique within an organ); 0 if all hold."""
    given = [Receipt.from_text(_text(item)) for item in receipts]
    async with open_house(settings) as house:

        async def check(tx: Transaction) -> int:
            found = await tx.all(select(cases.c.id, cases.c.organ_id).where(cases.c.number == number))
            if not found:
                print(f"没有案号为 {number} 的案件 / no case has the number {number}")
                return 1
            strangers = [receipt for receipt in given if receipt.case_id not in {row["id"] for row in found}]
            for receipt in strangers:
                print(f"回执不属于此案 BROKEN: the receipt is of another case record: {receipt.case_id}")
            bad = len(strangers)
            for row in found:
                mine = [receipt for receipt in given if receipt.case_id == row["id"]]
                verdict = await house.services.timeline.check(tx, row["id"], mine)
                if verdict.ok:
                    print(f"完整 intact: {number}, {verdict.length} 条 entries, head {verdict.head.hex()}")
                    continue
                bad += 1
                where = f"第 {verdict.broken_at} 条 entry {verdict.broken_at}" if verdict.broken_at else "整体 whole"
                print(f"不完整 BROKEN: {number}, {where}: {verdict.reason} {verdict.detail}")
            return 1 if bad else 0

        return await house.services.db.read(check)


async def verify_file(settings: Settings, path: Path) -> int:
    """Check a sealed PDF against this installation's root; 0 if it holds."""
    content = await asyncio.to_thread(path.read_bytes)
    async with open_house(settings) as house:
        root = house.authority.root_pem()
    verdict = await asyncio.to_thread(verify_pdf, content, [root])
    print(("有效 VALID" if verdict.ok else "无效 NOT VALID") + f": {path.name}")
    for reason in verdict.reasons:
        print(f"  - {reason.zh} / {reason.en}")
    return 0 if verdict.ok else 1


def _text(item: str) -> str:
    return Path(item[1:]).read_text(encoding="utf-8").strip() if item.startswith("@") else item
