"""The jobs process: takes rows of the job table one at a time, at low priority."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal

from recording.filming import JOB_KIND as COMPOSITE
from recording.service import JOB_KIND as PLAYBACK
from server.settings import Settings
from server.wiring import open_house
from vault.errors import LeaseLost

log = logging.getLogger("heshi.jobs")

POLL_S = 1.0
NICENESS = 10


async def run_jobs(settings: Settings, server: int | None = None) -> None:
    """Work until SIGTERM, SIGINT, or the end of `server`, whose process id it is.

    A job under way is offered again when its lease has run out.
    """
    os.nice(NICENESS)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_house(settings) as house:
        # Without its server (killed with -9) nobody would ever end this process; a new server starts its own. It is
        # told whose it is: asked from here it might have been orphaned before it could ask.
        while not stop.is_set() and server in (None, os.getppid()):
            job = await house.jobs.claim([PLAYBACK]) or await house.jobs.claim([COMPOSITE])
            if job is None:
                try:
                    await asyncio.wait_for(stop.wait(), POLL_S)
                except TimeoutError:
                    continue
                break
            try:
                works = house.services.composites if job.kind == COMPOSITE else house.services.recordings
                await works.run_job(job)
                await house.jobs.finish(job)
            except LeaseLost:
                log.warning("job %s was taken over by another", job.id)
            except Exception as error:
                log.exception("job %s failed", job.id)
                with contextlib.suppress(LeaseLost):
                    await house.jobs.fail(job, type(error).__name__)
