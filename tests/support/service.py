"""A whole service for tests: its own data folder, real child processes, a free port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cases import Scope
from cases.inputs import NewOfficer
from cases.organs import all_organs
from server.berth import who_has
from server.migrate import migrate
from server.settings import Settings
from server.wiring import open_house

ROOT = Path(__file__).resolve().parent.parent.parent
STARTUP_S = 60
ORGAN = "和事市公安局城东派出所"


@dataclass(frozen=True)
class Account:
    """A freshly issued account: the password is good for one sign-in."""

    username: str
    password: str


@dataclass
class Service:
    """A running service."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]
    administrator: Account
    officer: Account
    environ: dict[str, str]

    def settings(self) -> Settings:
        """The settings it runs with, for looking into its data from outside."""
        return Settings(data=self.data)

    def kill_and_restart(self) -> None:
        """Kill the server itself with -9 (its children are left alone) and start it again at the same address."""
        self.process.kill()
        self.process.wait()
        self.process = _start(self.data, self.url.rsplit(":", 1)[1], self.log, self.environ)
        _wait_until_up(self)

    def workers(self) -> list[int]:
        """Process ids of its media workers, also of those that a killed server left behind."""
        berths = [who_has(path) for path in (self.data / "workers").glob("*.lock")]
        return sorted(berth.pid for berth in berths if berth is not None)

    def children(self, command: str) -> list[int]:
        """Process ids of its children of one kind ("worker", "jobs")."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
                arguments = (stat.parent / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError, IndexError):
                continue
            if parent == self.process.pid and command.encode() in arguments:
                found.append(int(stat.parent.name))
        return sorted(found)


@contextmanager
def running_service(folder: Path, **environ: str) -> Iterator[Service]:
    """Start a service on a fresh data folder with an administrator and one officer; end it and its children after."""
    data = folder / "data"
    # In a thread: the browser driver may have a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        accounts = thread.submit(lambda: asyncio.run(_accounts(Settings(data=data)))).result()
    port = free_port()
    log = folder / "service.log"
    process = _start(data, str(port), log, environ)
    service = Service(f"http://localhost:{port}", data, log, process, *accounts, environ)
    groups = [process.pid]
    try:
        _wait_until_up(service)
        yield service
    finally:
        groups.append(service.process.pid)
        service.process.send_signal(signal.SIGTERM)
        try:
            service.process.wait(20)
        except subprocess.TimeoutExpired:
            service.process.kill()
            service.process.wait()
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def _start(data: Path, port: str, log: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "server", "serve"],
            cwd=ROOT,
            env={**os.environ, "HESHI_DATA": str(data), "HESHI_PORT": port, **environ},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


async def _accounts(settings: Settings) -> tuple[Account, Account]:
    await migrate(settings.database_url)
    async with open_house(settings) as house:
        officers = house.services.officers
        db = house.services.db
        first = await db.transact(lambda tx: officers.ensure_first_administrator(tx, organ=ORGAN))
        assert first is not None
        organs = await db.read(all_organs)
        scope = Scope.of(first.officer, organs)
        new = NewOfficer(organ_id=first.officer.organ_id, username="wang", name="王警官", post="民警", role="officer")
        second = await db.transact(lambda tx: officers.add(tx, scope, new))
    return Account("admin", first.password), Account("wang", second.password)


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(service: Service) -> None:
    deadline = time.monotonic() + STARTUP_S
    while True:
        try:
            with urllib.request.urlopen(f"{service.url}/healthz", timeout=2):
                return
        except OSError:
            assert service.process.poll() is None, service.log.read_text()
            assert time.monotonic() < deadline, service.log.read_text()
            time.sleep(0.05)
