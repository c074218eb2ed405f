"""A jobs process that makes one film, to be killed by a test.

`python -m tests.integration.recording.filming FOLDER`: claims the film's job of the database there and does it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agreements import FontChain, default_folders
from recording import Composites
from recording.clock import from_utc
from recording.composite import Script
from recording.spools import Spools
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, SystemClock, Timeline

ROOT = Path(__file__).parents[3]
PART = 48
LEASE_S = 1.0


class Told:
    """What the case says, fixed."""

    async def script(self, case_id: str, session_id: str, started_at: str) -> Script:
        return Script(from_utc(started_at), {"seat_1": "张三"})


@dataclass
class Workshop:
    """What a jobs process has, over a folder."""

    db: Database
    keys: KeyStore
    jobs: Jobs
    timeline: Timeline
    cipher: Cipher
    blobs: BlobStore
    spool: Path
    composites: Composites

    async def work(self) -> None:
        """Do the film's job, once it can be had; nothing where it is done."""
        while (job := await self.jobs.claim(["composite"], LEASE_S)) is not None:
            await self.composites.run_job(job)
            await self.jobs.finish(job)


@asynccontextmanager
async def workshop(folder: Path) -> AsyncIterator[Workshop]:
    """Open it; the database is there and migrated."""
    keys = KeyStore.open(folder / "keys")
    db = await Database.open(f"sqlite:///{folder}/heshi.db")
    clock = SystemClock()
    cipher = Cipher(keys, clock)
    timeline, jobs = Timeline(cipher, keys, clock), Jobs(db, clock)
    blobs, fonts = BlobStore(f"file://{folder}/blobs", keys), FontChain(default_folders(ROOT)).files
    made = Composites(db, blobs, jobs, timeline, keys, Spools(folder / "spool"), Told(), fonts, part_ticks=PART)
    try:
        yield Workshop(db, keys, jobs, timeline, cipher, blobs, folder / "spool", made)
    finally:
        await db.close()


async def _main(folder: Path) -> None:
    async with workshop(folder) as here:
        await here.work()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
