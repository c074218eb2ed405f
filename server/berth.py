"""Where the workers of one service on one machine lie: numbered files, each locked by the process that has it.

The lock ends with its process, whatever that dies of, so a restarted service sees which workers of before still live.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

TRIES = 20
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Berthed:
    """Who has a berth: the worker's name, its process, and the address that it dials."""

    name: str
    pid: int
    url: str


def take_berth(path: Path, name: str, url: str) -> None:
    """Take the berth for the life of this process. Raises SystemExit if another process has it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(TRIES):
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            time.sleep(PAUSE_S)  # somebody may just be looking
    else:
        raise SystemExit(f"Another worker has {path.name} already.")
    os.ftruncate(number, 0)
    # The descriptor stays open on purpose: it is the lock.
    os.write(number, json.dumps({"name": name, "pid": os.getpid(), "url": url}).encode())


def who_has(path: Path) -> Berthed | None:
    """The living process that has the berth, if any."""
    try:
        number = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            try:
                told = json.loads(os.read(number, 4096))
            except ValueError:
                told = {}  # taken this moment
            return Berthed(told.get("name", ""), told.get("pid", 0), told.get("url", ""))
        return None
    finally:
        os.close(number)
