"""A throw-away PostgreSQL cluster from the system's binaries: a temporary folder, a Unix socket, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_INSTALL = "PostgreSQL's server programs are needed for the tests: apt-get install postgresql"


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path
    programs: Path

    def url(self, database: str) -> str:
        """The address of one database of it, as in our settings."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder))}"

    def create(self, database: str, template: str | None = None) -> str:
        """A new database (a copy of `template`); returns its address."""
        copy = f" TEMPLATE {template}" if template else ""
        self.sql(f"CREATE DATABASE {database}{copy}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove it, whoever is still connected."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def sql(self, statement: str) -> None:
        """Run one statement as its administrator."""
        command = [
            str(self.programs / "psql"),
            "-h",
            str(self.folder),
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-qc",
        ]
        subprocess.run([*command, statement], check=True, capture_output=True, timeout=60)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make and start a server; stop and remove it in the end. Raises RuntimeError when it is not installed."""
    programs = _programs()
    # PostgreSQL refuses to run as root; Debian's package brings the user it wants.
    user = "postgres" if os.geteuid() == 0 else None
    # A socket's path may have 107 bytes at most, so not pytest's deep folders.
    folder = Path(tempfile.mkdtemp(prefix="heshi-pg-", dir="/tmp"))
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = str(folder / "data")
        auth = ["-A", "trust", "-U", "postgres"]
        _run(user, folder, programs / "initdb", "-D", data, *auth, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        log = str(folder / "log")
        _run(user, folder, programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", "60", "start")
        try:
            yield Cluster(folder, programs)
        finally:
            _run(user, folder, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError(_INSTALL)
    return Path(on_path).resolve().parent


def _run(user: str | None, folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd=folder,
        # The server inherits what we pass: a pipe would stay open as long as it lives.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        check=False,
    )
    if done.returncode:
        log = folder / "log"
        said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"{Path(command[0]).name} failed with {done.returncode}\n{said}")
