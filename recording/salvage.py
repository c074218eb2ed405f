"""What a crash left: journals without a final record, checked without any key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from formats.canonical import JSON
from formats.journal import JournalResult, scan_journal
from recording.clock import to_utc
from recording.errors import DamagedJournal
from recording.header import Capture, read_header
from recording.spools import Spools


def salvage(folder: Path, path: Path, heads: Mapping[int, bytes] | None = None) -> dict[str, JSON]:
    """The manifest row of a journal whose writer died; the file is left as it is.

    `chunks`, `head` and `bytes` cover the sound part, `state` and `reason` say how it ended ("complete", "open",
    "truncated", "broken"), `complete` is whether a final record was found. Packets cannot be counted without the key;
    the last arrival is the file's last change. `heads` are heads on record by number of chunks, to notice a cut tail.
    Raises `DamagedJournal` when not even the header can be read.
    """
    capture = read_header(path)
    with path.open("rb") as file:
        return manifest_row(folder, path, capture, scan_journal(file, heads))


def manifest_row(folder: Path, path: Path, capture: Capture, result: JournalResult) -> dict[str, JSON]:
    """The row of `salvage`, from what was found."""
    return {
        "room": capture.room,
        "segment": capture.segment,
        "endpoint": capture.endpoint,
        "medium": capture.medium,
        "key": capture.key,
        "seats": list(capture.seats),
        "path": path.relative_to(folder).as_posix(),
        "head": result.head.hex(),
        "chunks": result.records,
        "bytes": result.size,
        "packets": None,
        "first_arrival_utc": capture.opened_at,
        "last_arrival_utc": to_utc(path.stat().st_mtime_ns),
        "complete": result.state == "complete",
        "state": result.state,
        "reason": result.reason,
    }


def salvage_room(spools: Spools, room: str) -> Iterator[dict[str, JSON]]:
    """Rows of all journals of one room in any spool, in order of their paths; unreadable files are left out.

    Includes journals that were closed in order: noting a row a second time changes nothing.
    """
    for folder, path in spools.journals(room):
        try:
            yield salvage(folder, path)
        except (DamagedJournal, OSError):
            continue
