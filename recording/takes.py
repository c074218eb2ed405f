"""Journals that are one stream: a capture that went on in another place when its first disk failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from formats.framing import Captured, MalformedRecord, unpack_records
from formats.journal import JournalBroken, KeyFinder, read_journal
from formats.sealedbox import BoxBroken
from recording.header import Capture


@dataclass(frozen=True, slots=True)
class Take:
    """One device's medium in one segment as one process captured it; `capture` is its first journal's header."""

    capture: Capture
    paths: tuple[Path, ...]

    def captured(self, private_key: bytes | KeyFinder, damaged: set[str]) -> Iterator[Captured]:
        """Its packets in order of arrival, each once; names of journals that cannot be read to their end are added.

        What lies twice, because the failing disk had kept it after all, is passed over.
        """
        latest = 0
        for path in self.paths:
            floor = latest
            try:
                with path.open("rb") as file:
                    for chunk in read_journal(file, private_key):
                        for item in unpack_records(chunk):
                            # Of equal times only the packets themselves can tell, and whoever puts them in order does.
                            if item.arrival_ns >= floor:
                                latest = max(latest, item.arrival_ns)
                                yield item
            except (JournalBroken, MalformedRecord, BoxBroken, OSError):
                damaged.add(path.name)


def takes(sources: Sequence[tuple[Path, Capture]]) -> list[Take]:
    """Journals of one medium, joined where one says that it goes on where another stopped, by time of beginning."""
    ordered = sorted(sources, key=lambda source: (source[1].anchor.unix_ns, source[0].name))
    rows: dict[str, list[tuple[Path, Capture]]] = {}
    for path, capture in ordered:
        own = "/".join(path.parts[-3:])
        row = rows.get(capture.continues or "") or []
        row.append((path, capture))
        rows[own] = row
    unique = {id(row): row for row in rows.values()}
    return [Take(row[0][1], tuple(path for path, _ in row)) for row in unique.values()]
