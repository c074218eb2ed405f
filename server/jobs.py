"""The jobs process: takes rows of the job table one at a time, at low priority."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable

from recording.filming import JOB_KIND as COMPOSITE
from recording.keeping import JOB_KIND as DELETION
from recording.sealed import JOB_KIND as UNSEALED
from recording.service import JOB_KIND as PLAYBACK
from server.settings import Settings
from server.sweeping import Sweeper
from server.wiring import House, open_house
from vault.errors import LeaseLost
from vault.jobs import Job

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
        does, sweeper = handlers(house), Sweeper(house)
        # Without its server (killed with -9) nobody would ever end this process; a new server starts its own. It is
        # told whose it is: asked from here it might have been orphaned before it could ask.
        while not stop.is_set() and server in (None, os.getppid()):
            await sweeper.turn()
            job = await house.jobs.claim([kind for kind in does if kind != COMPOSITE])
            job = job or await house.jobs.claim([COMPOSITE])  # takes longest, and is waited for least
            if job is None:
                try:
                    await asyncio.wait_for(stop.wait(), POLL_S)
                except TimeoutError:
                    continue
                break
            try:
                await does[job.kind](job)
                await house.jobs.finish(job)
            except LeaseLost:
                log.warning("job %s was taken over by another", job.id)
            except Exception as error:
                log.exception("job %s failed", job.id)
                with contextlib.suppress(LeaseLost):
                    await house.jobs.fail(job, type(error).__name__)


def handlers(house: House) -> dict[str, Callable[[Job], Awaitable[None]]]:
    """What is done for each kind of job."""
    services = house.services
    return {
        PLAYBACK: services.recordings.run_job,
        COMPOSITE: services.composites.run_job,
        UNSEALED: services.unsealings.run_job,
        DELETION: services.keeping.run_job,
    }
