"""Child processes of one service: started, watched, started again when they die, ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Mapping

log = logging.getLogger("heshi.supervise")

PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Before each restart in a row; a child that lived for a minute starts from the first again."""


END_S = 10.0
"""For a child to end by itself, before it is killed."""


class Child:
    """One child process: `python -m server ARGS…` with exactly this environment.

    Restarted for as long as `run` is not cancelled and it is not retired.
    """

    def __init__(self, name: str, args: list[str], environ: Mapping[str, str]) -> None:
        self.name = name
        self._args = args
        self._environ = dict(environ)
        self.process: asyncio.subprocess.Process | None = None
        self._retired = False

    def retire(self) -> None:
        """It ends by order: its end is the end of `run`."""
        self._retired = True

    async def run(self) -> None:
        """Keep the child alive; when cancelled, end it and wait for its end."""
        failures = 0
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "server", *self._args, env=self._environ, stdin=asyncio.subprocess.DEVNULL
                )
                code = await self.process.wait()
                if self._retired:
                    return
                failures = 0 if loop.time() - began > 60 else min(failures + 1, len(PAUSES_S))
                log.warning("%s ended with %s; starting it again", self.name, code)
                await asyncio.sleep(PAUSES_S[failures - 1] if failures else PAUSES_S[0])
        finally:
            await self._end()

    async def _end(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            # To a worker the second alone would mean: hand your rooms to others before you go.
            self.process.send_signal(signal.SIGINT)
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), END_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
