"""A jobs process killed with -9 in the middle of a film: the next goes on after the last finished piece."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

from sqlalchemy import select

from recording import Recordings
from recording.filming import order
from recording.filmtables import composite_parts
from recording.salvage import salvage
from recording.spools import Spools
from server.migrate import migrate
from tests.integration.recording.filming import ROOT, Workshop, workshop
from tests.integration.recording.packets import audio, video
from tests.integration.recording.studio import START, Studio
from tests.support.casework import Bureau
from vault import SystemClock
from vault.tables import jobs

SESSION = "ses_1"


async def pieces(here: Workshop) -> dict[int, str]:
    """Finished pieces and the blobs that hold them."""
    rows = await here.db.read(lambda tx: tx.all(select(composite_parts)))
    return {row["number"]: row["blob_id"] for row in rows}


async def film(here: Workshop, case_id: str) -> bytes:
    (found,) = await here.db.read(lambda tx: here.composites.of_case(tx, case_id))
    assert (found.status, found.permille) == ("ready", 1000)
    return b"".join([piece async for piece in await here.composites.read(found.id)])


async def test_died(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path}/heshi.db")
    async with workshop(tmp_path) as here:
        vault_public, supervisor_public = here.keys.recording_public()
        studio = Studio(here.spool, vault=(b"", vault_public), supervisor=(b"", supervisor_public), now_ns=0)
        bureau = await Bureau.build(here.db, here.cipher, here.timeline, SystemClock())
        case_id = (await bureau.open_case()).id
        recordings = Recordings(
            here.db, here.blobs, here.jobs, here.timeline, here.keys, SystemClock(), Spools(here.spool)
        )
        paths = studio.capture(audio(600), "audio"), studio.capture(video(240), "video")
        for row in [salvage(here.spool, path) for path in paths]:
            await here.db.transact(partial(recordings.note_segment, case_id=case_id, session_id=SESSION, row=row))
        await here.db.transact(lambda tx: recordings.session_closed(tx, case_id, SESSION, START))

        command = [sys.executable, "-m", "tests.integration.recording.filming", str(tmp_path)]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        while len(await pieces(here)) < 2:
            assert process.returncode is None, "it was to be killed in the middle"
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        kept = await pieces(here)
        assert 2 <= len(kept) < 7
        resuming = asyncio.create_task(until_done(here))
        seen: dict[int, str] = {}
        while not resuming.done():
            seen |= await pieces(here)
            await asyncio.sleep(0.02)
        await resuming
        assert {number: seen.get(number, blob) for number, blob in kept.items()} == kept, "none was made again"
        resumed = await film(here, case_id)
        assert sum(path.is_file() for path in (tmp_path / "blobs").rglob("*")) == 1

        await here.db.transact(lambda tx: order(tx, here.jobs, case_id, SESSION, None))
        await here.work()
        assert await film(here, case_id) == resumed, "the same film, made in one go"
        for recorder in studio.recorders:
            recorder.close()


async def until_done(here: Workshop) -> None:
    """The dead process's lease runs out; then the job is offered again."""
    while await here.db.read(lambda tx: tx.all(select(jobs).where(jobs.c.kind == "composite", jobs.c.state != "done"))):
        await here.work()
        await here.jobs.wait(0.1)
