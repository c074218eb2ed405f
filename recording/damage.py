"""Journals in the spool against their signed heads, without any key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from formats.canonical import JSON
from formats.journal import MAX_HEADER, scan_journal
from formats.signedheads import Trail, contradiction
from recording.errors import DamagedJournal
from recording.header import read_header
from recording.model import journal_of
from recording.salvage import manifest_row
from recording.spools import Spools


@dataclass(frozen=True, slots=True)
class Damage:
    """From record `chunk` on a journal is not what was signed, or all of it is "missing".

    `since` and `until` (UTC, "" where unknown) are the signed heads around it: see `formats.signedheads.Contradiction`.
    """

    path: str
    kind: Literal["cut", "changed", "added", "missing"]
    chunk: int
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Found:
    """One journal file: its manifest row (None where not even its header can be read), what its header line is, and
    what is wrong with it."""

    path: str
    row: Mapping[str, JSON] | None
    clock_rate: int
    origin: str
    damage: Damage | None


def look_through(spools: Spools, room: str, trails: Mapping[str, Trail], only: str | None = None) -> Iterator[Found]:
    """All journals of one room in any spool, in order of their paths, then those that are missing.

    `only` is the path of one, where the others are of no interest. Blocking; reads every file once.
    """
    seen = set()
    for folder, path in spools.journals(room):
        name = path.relative_to(folder).as_posix()
        if journal_of(name) is None or only not in (None, name):
            continue  # no recorder has written this
        try:
            found = _look(folder, path, name, trails.get(name))
        except OSError:
            continue  # its disk has died: it is as good as missing
        seen.add(name)
        yield found
    for name, trail in sorted(trails.items()):
        named = journal_of(name)
        if named is not None and named[0] == room and name not in seen and only in (None, name):
            yield Found(name, None, 0, "", Damage(name, "missing", 0, "", trail.heads[-1].at))


def _look(folder: Path, path: Path, name: str, trail: Trail | None) -> Found:
    heads, expected = (trail.heads, trail.expected()) if trail is not None else ((), {})
    with path.open("rb") as file:
        origin = hashlib.sha256(file.readline(MAX_HEADER)).hexdigest()
        file.seek(0)
        result = scan_journal(file, expected)
    wrong = contradiction(result, heads)
    damage = Damage(name, wrong.kind, wrong.chunk, wrong.since, wrong.until) if wrong is not None else None
    try:
        capture = read_header(path)
        if (capture.room, capture.segment, capture.endpoint, capture.medium) != journal_of(name):
            raise DamagedJournal(name)
    except DamagedJournal:
        # Without a signed head it is nothing that ever counted: a crash may leave less than a header.
        return Found(name, None, 0, origin, damage)
    return Found(name, manifest_row(folder, path, capture, result), capture.clock_rate, origin, damage)
