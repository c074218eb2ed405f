"""The folders in which journals lie: one, or a second for when the first fails.

A journal's path below its folder is what the database holds. It says by its number which folder it was made in, so no
two journals share one, even where neither folder can see into the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NUMBERS: Final = (range(1, 500), range(500, 1000))


@dataclass(frozen=True, slots=True)
class Spool:
    """One folder, and the numbers that journals of the same name get in it; number 1 is not written out."""

    folder: Path
    numbers: range

    def free_bytes(self) -> int:
        """Room left for journals; 0 where the folder cannot be reached."""
        try:
            status = os.statvfs(self.folder)
        except OSError:
            return 0
        return status.f_bavail * status.f_frsize


class Spools:
    """Every place where a journal may lie. All of it touches the disk, so call it off the loop."""

    def __init__(self, first: Path, second: Path | None = None) -> None:
        folders = [first] if second is None else [first, second]
        self.each: tuple[Spool, ...] = tuple(map(Spool, folders, _NUMBERS))

    def find(self, path: str) -> Path | None:
        """The journal of this relative path, in whichever folder; None where it is in neither or cannot be reached."""
        for spool in self.each:
            whole = spool.folder / path
            try:
                if whole.is_file():
                    return whole
            except OSError:
                continue
        return None

    def journals(self, room: str, segment: str = "*") -> Iterator[tuple[Path, Path]]:
        """Folder and path of each journal of a room (or one segment of it), in order of their relative paths."""
        found = [
            (path.relative_to(spool.folder).as_posix(), spool.folder, path)
            for spool in self.each
            for path in _glob(spool.folder / room, f"{segment}/*.hjr")
        ]
        for _, folder, path in sorted(found):
            yield folder, path

    def rooms(self) -> list[str]:
        """Names of the rooms that have journals anywhere, sorted."""
        return sorted({path.name for spool in self.each for path in _glob(spool.folder, "*") if path.is_dir()})

    def scratch(self) -> Path:
        """The folder with the most room, for a temporary file."""
        return max(self.each, key=lambda spool: spool.free_bytes()).folder


def _glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []
