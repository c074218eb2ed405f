"""What `serve` starts does not outlive it for long."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from server.migrate import migrate
from server.settings import Settings
from tests.support.service import ROOT, running_service


async def test_jobs_end_when_the_server_died_before_they_could_look(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await migrate(Settings(data=data).database_url)
    whose_is_gone = os.getppid()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "jobs", "--server", str(whose_is_gone)),
        cwd=ROOT,
        env={**os.environ, "HESHI_DATA": str(data)},
    )
    async with asyncio.timeout(60):
        assert await process.wait() == 0


def test_a_service_that_is_ended_takes_its_workers_along(tmp_path: Path) -> None:
    """At once, and without moving rooms from one to another that is to end as well."""
    with running_service(tmp_path, HESHI_WORKERS="2") as service:
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(60)
        assert service.workers() == []
        assert "is being drained" not in service.log.read_text()
