"""One journal against what is on record of it: heads that the timeline signed, and its line in the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from formats.framing import MalformedRecord, unpack_records
from formats.journal import DIFFERS, MAX_HEADER, JournalBroken, JournalResult, read_journal, scan_journal
from formats.manifest import ListedJournal
from formats.sealedbox import BoxBroken
from formats.signedheads import SignedHead, Trail, contradiction
from verify.findings import Finding, Kind

_LENGTH = 5
"""Of a record's length and flag."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A journal file as its header introduces it; `problem` where it does not."""

    file: Path
    name: str
    recording: str = ""
    segment: str = ""
    endpoint: str = ""
    medium: str = ""
    key: str = ""
    seats: tuple[str, ...] = ()
    origin: str = ""
    problem: Kind | None = None


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is known of one journal: its line in the manifest, its signed heads, and whether it was closed in order."""

    listed: ListedJournal | None
    trail: Trail | None
    complete: bool | None

    def heads(self) -> tuple[SignedHead, ...]:
        """All heads to compare with, rising; the header's hash is the head over no record."""
        known = {one.chunks: one for one in self.trail.heads} if self.trail is not None else {}
        if self.listed is not None and self.listed.state != "missing":
            known.setdefault(self.listed.chunks, SignedHead(self.listed.chunks, bytes.fromhex(self.listed.head), "", 0))
            if self.listed.origin:
                known.setdefault(0, SignedHead(0, bytes.fromhex(self.listed.origin), "", 0))
        return tuple(known[number] for number in sorted(known))

    @property
    def last(self) -> int | None:
        """How many records it has in the end; None where nobody has said."""
        return (
            self.listed.chunks if self.listed is not None and self.listed.state in ("complete", "recovered") else None
        )


def open_file(file: Path, name: str) -> Opened:
    """Read the header line only. Raises OSError."""
    with file.open("rb") as stream:
        line = stream.readline(MAX_HEADER)
    if not line:
        return Opened(file, name, problem="empty")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return Opened(file, name, problem="unreadable")
    match fields:
        case {"version": int(version)} if version > 1:
            return Opened(file, name, problem="newer")
        case {
            "recording": str(recording),
            "who": {
                "segment": str(segment),
                "endpoint": str(endpoint),
                "medium": str(medium),
                "key": str(key),
                "seats": list(seats),
            },
        } if line.endswith(b"\n"):
            who = (segment, endpoint, medium, key, tuple(str(seat) for seat in seats))
            return Opened(file, name, recording, *who, hashlib.sha256(line).hexdigest())
    return Opened(file, name, problem="unreadable")


def check_journal(
    opened: Opened, path: str, known: OnRecord, private_key: bytes | None, others: Mapping[str, Path]
) -> tuple[Finding | None, JournalResult]:
    """What is wrong with a journal, if anything, and how far its chain goes.

    `private_key` opens its chunks, too; `others` are journals from which a piece of it may come, by name.
    """
    heads = known.heads()
    with opened.file.open("rb") as stream:
        result = scan_journal(stream, {one.chunks: one.head for one in heads})
    finding = _by_chain(opened, path, known, heads, result)
    if finding is not None and finding.kind == "changed":
        finding = _whence(finding, opened.file, others)
    if private_key is not None and (
        finding is None or finding.kind in ("changed", "doubled", "spliced", "added", "cut")
    ):
        finding = _by_key(finding, opened, path, private_key)
    return finding, result


def _by_chain(
    opened: Opened, path: str, known: OnRecord, heads: tuple[SignedHead, ...], result: JournalResult
) -> Finding | None:
    base = Finding("changed", path, opened.endpoint, opened.medium, opened.seats)
    if result.broken_at == -1:
        return replace(base, kind="unreadable")
    found = contradiction(result, heads)
    if found is not None:
        kind: Kind = found.kind
        if result.reason == DIFFERS and result.records == 0:
            kind = "replaced"
        elif kind == "added" and any(one.chunks > result.records for one in heads):
            # It was not its end: the mark of the final record was set where none was.
            return replace(base, chunk=max(result.records - 1, 0), since=found.since, until=found.until)
        return replace(base, kind=kind, chunk=found.chunk, since=found.since, until=found.until)
    if result.state == "broken":
        # Every head on record holds, so this follows what was recorded; without any, nobody can say.
        return replace(base, kind="added" if heads else "changed", chunk=result.records)
    if known.last is not None and result.records > known.last:
        return replace(base, kind="added", chunk=known.last)
    if known.complete is not None and known.complete != (result.state == "complete") and heads:
        # The chain is whole and the mark of the final record is not what it was (`h` does not cover it).
        return replace(base, chunk=max(result.records - 1, 0), detail="final flag")
    return None


def _whence(finding: Finding, file: Path, others: Mapping[str, Path]) -> Finding:
    """Whether what is wrong came from elsewhere in this journal, or from another one."""
    digests = list(_digests(file))
    doubled = next((number for number, one in enumerate(digests) if one in digests[:number]), None)
    if doubled is not None:
        return replace(finding, kind="doubled", chunk=doubled)
    for name, other in others.items():
        theirs = set(_digests(other))
        place = next((number for number, one in enumerate(digests) if one in theirs), None)
        if place is not None:
            return replace(finding, kind="spliced", chunk=place, detail=name)
    return finding


def _digests(file: Path) -> Iterator[bytes]:
    """Of each record's ciphertext, as far as lengths make sense."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        stream.readline(MAX_HEADER)
        while len(start := stream.read(_LENGTH)) == _LENGTH:
            length = int.from_bytes(start[:4], "big")
            if length > size:
                return
            yield hashlib.sha256(stream.read(length)).digest()


def _by_key(finding: Finding | None, opened: Opened, path: str, private_key: bytes) -> Finding | None:
    """Open the chunks: name the record and the moment exactly, and what no chain shows."""
    base = finding or Finding("changed", path, opened.endpoint, opened.medium, opened.seats)
    count, arrival, last = 0, None, ""
    with opened.file.open("rb") as stream:
        try:
            reader = read_journal(stream, private_key)
            for chunk in reader:
                count += 1
                for record in unpack_records(chunk):
                    arrival = record.arrival_ns
        except BoxBroken:
            return finding or replace(base, kind="replaced")
        except (JournalBroken, MalformedRecord) as error:
            if isinstance(error, JournalBroken) and error.index < 0:
                return finding or replace(base, kind="unreadable")
            if arrival is not None:
                last = _moment(reader.header.at, arrival - reader.header.mono_ns)
            kind: Kind = "changed" if base.kind == "cut" else base.kind
            return replace(base, kind=kind, chunk=count, since=last or base.since, exact=bool(last))
    if finding is not None and finding.kind == "cut" and arrival is not None:
        return replace(
            finding, chunk=count, since=_moment(reader.header.at, arrival - reader.header.mono_ns), exact=True
        )
    return finding


def _moment(at: str, after_ns: int) -> str:
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC) + timedelta(microseconds=after_ns // 1000)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
