"""Journals destroyed on disk: first the box with the data key in the header, so the rest is noise; then the file."""

from __future__ import annotations

import contextlib
import os

from formats.journal import MAX_HEADER
from recording.spools import Spools


def shred(spools: Spools, path: str) -> bool:
    """Destroy one journal below the spool; whether there was one. Doing it again is harmless. Raises OSError.

    Where a disk keeps old versions of what is overwritten (flash, snapshots, copy on write), the box may survive there.
    """
    journal = spools.find(path)
    if journal is None:
        return False
    try:
        descriptor = os.open(journal, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        line = os.pread(descriptor, MAX_HEADER, 0)
        end = line.find(b"\n") + 1 or len(line)
        os.pwrite(descriptor, bytes(end), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    journal.unlink()
    for folder in (journal.parent, journal.parent.parent):
        with contextlib.suppress(OSError):  # others' journals may lie there
            folder.rmdir()
    return True
