"""A process killed with -9 at any moment loses nothing that it was told is committed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from vault import Database, KeyStore, Timeline


@pytest.mark.parametrize("after", [1, 7, 30])
async def test_what_was_committed_before_the_kill_is_there(
    db: Database, db_url: str, keys: KeyStore, timeline: Timeline, tmp_path: Path, after: int
) -> None:
    root = Path(__file__).parents[2]
    command = (sys.executable, "-m", "tests.support.appender", db_url, str(tmp_path / "keys"))
    writers = [
        await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE) for _ in range(2)
    ]
    first = writers[0].stdout
    assert first is not None
    for _ in range(after):
        await first.readline()
    for writer in writers:
        writer.kill()
    told: list[int] = []
    for writer in writers:
        output, _ = await writer.communicate()
        told += [int(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]
    verdict = await db.read(lambda tx: timeline.check(tx, "case_a"))
    assert verdict.ok, verdict
    assert verdict.length >= max(told, default=after)
    head = await db.transact(lambda tx: timeline.append(tx, "case_a", act="said", actor="seat_1", payload={}))
    assert head.seq == verdict.length + 1
