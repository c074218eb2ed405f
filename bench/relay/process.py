"""A server process on a core of its own: started, measured and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.relay.conditions import PRIORITY

ROOT = Path(__file__).absolute().parent.parent.parent
END_S = 10


def pin(core: int) -> None:
    """Keep the calling process on one core, where there are two, and ahead of others, where that is permitted."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)


@contextlib.contextmanager
def ahead() -> Iterator[None]:
    """Put this session before others while measuring, where that is permitted.

    With autogrouping (sched(7)) niceness counts only within a session; between sessions that of the group does.
    """
    group = Path("/proc/self/autogroup")
    with contextlib.suppress(OSError):
        group.write_text(str(PRIORITY))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            group.write_text("0")


class Server:
    """A child process, pinned to `core` unless that is None."""

    def __init__(
        self, command: Sequence[str], log: Path, core: int | None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, **(environ or {})},
                preexec_fn=None if core is None else lambda: pin(core),
            )

    @property
    def cpu(self) -> float:
        """Seconds of CPU (user and system, all threads, also ended ones), to the nanosecond."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # its CPU clock: clock_getcpuclockid(3)

    @property
    def memory_mb(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    async def end(self) -> None:
        """SIGINT (our worker leaves at once by it, not room by room), then SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            await asyncio.to_thread(self.process.wait, END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)


def free_port() -> int:
    """A TCP port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
