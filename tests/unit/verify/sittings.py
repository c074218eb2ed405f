"""A sitting's papers and journals, as the service would have left them, for tests to tamper with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from formats.canonical import canonical
from formats.chain import GENESIS, Entry, Stored, commitment, entry_hash, sign_head
from formats.framing import Batch
from formats.journal import JournalEncoder, JournalHeader
from formats.manifest import ListedJournal, Manifest
from formats.sealedbox import new_key_pair
from formats.timelinefile import TimelineFile
from verify.findings import Finding
from verify.recording import RecordingReport, check_recording

CASE = "case_1"
START = "2026-03-01T01:00:00.000Z"
PRIVATE, PUBLIC = new_key_pair()
_SECOND = 1_000_000_000


def chain_key() -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


CHAIN, CHAIN_PUBLIC = chain_key()


@dataclass
class Journal:
    """One journal's records, and its head after each."""

    path: str
    header: JournalHeader
    pieces: list[bytes]
    heads: list[str]
    complete: bool
    origin: str = ""

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


def write(
    session: str = "ses_1", endpoint: str = "end_1", medium: str = "audio", *, chunks: int = 6, complete: bool = True
) -> Journal:
    """A journal with one packet a second, one to a record."""
    segment = f"seg_1-{session}"
    name = f"room_1/{segment}/{endpoint}.{medium}"
    who: dict[str, Any] = {
        "room": "room_1",
        "segment": segment,
        "endpoint": endpoint,
        "medium": medium,
        "key": "joint",
        "seats": [f"seat_of_{endpoint}"],
        "clock_rate": 48_000,
    }
    header = JournalHeader(name, who, START, 0, "boot")
    encoder = JournalEncoder(header, PUBLIC)
    pieces, heads = [encoder.header_bytes], [encoder.head.hex()]
    for number in range(chunks):
        chunk = Batch.of([(number * _SECOND, os.urandom(40))]).records
        pieces.append(encoder.chunk(chunk))
        heads.append(encoder.head.hex())
    if complete:
        pieces.append(encoder.chunk(b"", final=True))
        heads.append(encoder.head.hex())
    return Journal(f"{name}.hjr", header, pieces, heads, complete, heads[0])


@dataclass
class Scene:
    """Journals of one sitting, their signed heads every `every` records, and what papers there are."""

    folder: Path
    journals: list[Journal]
    session: str = "ses_1"
    every: int = 2
    entries: list[Stored] = field(default_factory=list)
    manifest: Manifest | None = None

    def __post_init__(self) -> None:
        for journal in self.journals:
            self.put(journal.path, journal.data)
            for number in range(self.every, len(journal.heads), self.every):
                head = {"path": journal.path, "head": journal.heads[number], "chunks": number}
                self.tell("recording.heads", {"session": self.session, "heads": [head]})
            self.tell("recording.segment", self._segment(journal))
        self.manifest = self.sign()

    def _segment(self, journal: Journal) -> dict[str, Any]:
        last = {"head": journal.heads[-1], "chunks": len(journal.heads) - 1, "complete": journal.complete}
        return {"session": self.session, "path": journal.path, **last}

    def sign(self, number: int = 1, key: bytes = CHAIN) -> Manifest:
        """The manifest, and its entry."""
        listed = sorted((_listed(one) for one in self.journals), key=lambda one: one.path)
        plain = Manifest(CASE, "room_1", self.session, number, START, START, START, tuple(listed), (), ())
        signed = plain.signed(key)
        facts = {"session": self.session, "number": number, "sha256": signed.sha256, "root": signed.root.hex()}
        self.tell("recording.manifest", facts)
        return signed

    def tell(self, act: str, payload: Mapping[str, Any]) -> None:
        """One more entry of the chain; a second after the one before."""
        previous = self.entries[-1].hash if self.entries else GENESIS
        salt, body, seq = bytes(32), canonical(dict(payload)), len(self.entries) + 1
        at = f"2026-03-01T01:00:{seq % 60:02d}.000Z"
        entry = Entry(CASE, seq, at, seq, "boot", "system", act, None, commitment(salt, body), previous)
        digest = entry_hash(entry)
        self.entries.append(Stored(entry, digest, sign_head(CHAIN, CASE, seq, digest), salt, body))

    def put(self, path: str, data: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def timeline(self) -> TimelineFile:
        return TimelineFile(CASE, "ZA-1", CHAIN_PUBLIC, self.entries)

    def check(self, *, papers: str = "manifest timeline", key: bool = False, whole: bool = True) -> RecordingReport:
        """All files in the folder, against the named papers."""
        return check_recording(
            sorted(self.folder.rglob("*.hjr")),
            manifest=self.manifest if "manifest" in papers else None,
            timeline=self.timeline() if "timeline" in papers else None,
            private_keys={"joint": PRIVATE} if key else None,
            whole=whole,
        )

    def found(self, **options: Any) -> list[tuple[str, str, int | None]]:
        """Kind, endpoint and first record in doubt of all that is found."""
        return [(one.kind, one.endpoint, one.chunk) for one in self.check(**options).findings]

    def finding(self, **options: Any) -> Finding:
        (only,) = self.check(**options).findings
        return only


def _listed(journal: Journal) -> ListedJournal:
    who: Any = journal.header.who
    return ListedJournal(
        path=journal.path,
        segment=who["segment"],
        endpoint=who["endpoint"],
        medium=who["medium"],
        key="joint",
        seats=tuple(who["seats"]),
        clock_rate=48_000,
        origin=journal.origin,
        head=journal.heads[-1],
        chunks=len(journal.heads) - 1,
        size=len(journal.data),
        first=START,
        last=START,
        state="complete" if journal.complete else "recovered",
    )


def changed(manifest: Manifest | None, **changes: Any) -> Manifest:
    """With a field that nobody signed."""
    assert manifest is not None
    return replace(manifest, **changes)
