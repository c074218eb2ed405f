"""Journals: encrypted, hash-chained chunks of raw capture, written by a process that cannot read them back.

File: one canonical JSON header line, then records `length (u32) ‖ final (u8) ‖ ciphertext and tag`. AES-256-GCM under
a key made for the file and sealed to the reader's public key; the nonce counts records, so a file is never reopened
for append. Each record's additional data names recording, index, plaintext offset, final flag and the previous hash;
h = SHA-256(previous ‖ ciphertext), starting from the hash of the header. Flipped, swapped, dropped and doubled records
break it; a cut tail shows only against a head kept elsewhere, so heads belong on the timeline every few seconds.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from formats.canonical import JSON, NotCanonical, canonical, parse
from formats.errors import Invalid
from formats.sealedbox import open_sealed, seal

_RECORD = struct.Struct(">IB")
_TAG = 16
MAX_CHUNK = 16 * 1024 * 1024
MAX_HEADER = 64 * 1024

State: TypeAlias = Literal["complete", "open", "truncated", "broken"]
ENDS_EARLY = "ends before a head on record"
TOO_FEW = "ends in good order, with fewer records than a head on record"
DIFFERS = "differs from the head on record"
AFTER_FINAL = "data after the final record"


class JournalBroken(Invalid):
    """Record `index` (or the header, -1) is not what was written; everything before it was verified."""

    code = "journal.broken"
    zh = "录制数据自某处起校验不符。"
    en = "The recording does not verify from some record on; what precedes it is sound."

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"record {index}: {reason}")
        self.index = index
        self.reason = reason


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What a journal says of itself in clear: whose capture (`who` is the writer's matter, no personal data), and the
    clock anchors at its start: `at` (UTC ISO ms) and `mono_ns` of the process start `boot`."""

    recording: str
    who: Mapping[str, JSON]
    at: str
    mono_ns: int
    boot: str


@dataclass(frozen=True, slots=True)
class JournalResult:
    """How a journal ended: "complete" (final record seen), "open" (stops after a whole record: a crash or still being
    written), "truncated" (stops inside a record), "broken" (at record `broken_at`, for `reason`). `records`, `size`
    (file bytes, header included) and `head` cover the sound part."""

    state: State
    records: int
    size: int
    head: bytes
    broken_at: int | None = None
    reason: str = ""


class JournalEncoder:
    """Turns chunks into the bytes of one journal; the caller writes them, in order, and keeps `head` on record.

    The data key lives only in this object. After a chunk with `final=True` nothing more is accepted (ValueError).
    """

    def __init__(self, header: JournalHeader, public_key: bytes) -> None:
        key = os.urandom(32)
        fields: dict[str, JSON] = {
            "version": 1,
            "recording": header.recording,
            "who": dict(header.who),
            "at": header.at,
            "mono_ns": header.mono_ns,
            "boot": header.boot,
            "key": base64.b64encode(seal(public_key, key)).decode(),
        }
        self.header_bytes = canonical(fields) + b"\n"
        if len(self.header_bytes) > MAX_HEADER:
            raise ValueError("journal header too long")
        self.head = hashlib.sha256(self.header_bytes).digest()
        self.index = 0
        self.final = False
        self._recording = header.recording
        self._offset = 0
        self._cipher = AESGCM(key)

    def chunk(self, plaintext: bytes, final: bool = False) -> bytes:
        """The next record's bytes; moves `head` and `index` on."""
        if self.final:
            raise ValueError("the journal is closed")
        if len(plaintext) > MAX_CHUNK:
            raise ValueError("chunk too large")
        extra = _extra(self._recording, self.index, self._offset, final, self.head)
        sealed = self._cipher.encrypt(_nonce(self.index), plaintext, extra)
        self.head = _next(self.head, sealed)
        self.index += 1
        self.final = final
        self._offset += len(plaintext)
        return _RECORD.pack(len(sealed), final) + sealed


class JournalReader(Iterator[bytes]):
    """Yields verified plaintext chunks; `header` is known at once, `result` after the last chunk.

    A file that merely stops (crash) ends the iteration quietly and `result.state` says so; a record that does not
    verify raises JournalBroken, after the sound ones were yielded.
    """

    def __init__(self, file: BinaryIO, private_key: bytes) -> None:
        self._walk = _Walk(file)
        self.header = self._walk.header
        key = open_sealed(private_key, self._walk.sealed_key)
        if len(key) != 32:
            raise JournalBroken(-1, "data key")
        self._cipher = AESGCM(key)
        self._offset = 0

    @property
    def result(self) -> JournalResult:
        """How far the journal was read and how it ended."""
        return self._walk.result()

    def __next__(self) -> bytes:
        walk = self._walk
        record = walk.step()
        if record is None:
            raise StopIteration
        final, sealed = record
        extra = _extra(self.header.recording, walk.records, self._offset, final, walk.head)
        try:
            plaintext = self._cipher.decrypt(_nonce(walk.records), sealed, extra)
        except InvalidTag as error:
            raise walk.broken("altered, moved or out of order") from error
        walk.accept(final, sealed)
        self._offset += len(plaintext)
        return plaintext


def read_journal(file: BinaryIO, private_key: bytes) -> JournalReader:
    """Open a journal for reading. Raises JournalBroken for an unreadable header, BoxBroken for the wrong key."""
    return JournalReader(file, private_key)


def scan_journal(file: BinaryIO, heads: Mapping[int, bytes] | None = None) -> JournalResult:
    """Walk the chain without any key. `heads` are heads on record by number of records (`JournalEncoder.index` at that
    time): the first that contradicts the file, or lies beyond its end, makes it broken there. Never raises for content.
    """
    try:
        walk = _Walk(file)
        expected = dict(heads or {})
        _confirm(walk, expected)
        while (record := walk.step()) is not None:
            walk.accept(*record)
            _confirm(walk, expected)
        if expected:
            raise walk.broken(TOO_FEW if walk.final else ENDS_EARLY)
    except JournalBroken as error:
        if error.index < 0:
            return JournalResult("broken", 0, 0, b"", error.index, error.reason)
        return walk.result()
    return walk.result()


class _Walk:
    """Reads records one after another and keeps the chain; knows nothing of keys."""

    def __init__(self, file: BinaryIO) -> None:
        line = file.readline(MAX_HEADER)
        self.header, self.sealed_key = _read_header(line)
        self.records = 0
        self.size = len(line)
        self.head = hashlib.sha256(line).digest()
        self._file = file
        self.final = False
        self._state: State = "open"
        self._reason = ""

    def step(self) -> tuple[bool, bytes] | None:
        """The next record, not yet accepted, or None at the end."""
        if self._state != "open":
            return None
        start = self._file.read(_RECORD.size)
        if self.final:
            if start:
                raise self.broken(AFTER_FINAL)
            self._state = "complete"
            return None
        if len(start) < _RECORD.size:
            self._state = "truncated" if start else "open"
            return None
        length, flag = _RECORD.unpack(start)
        if not _TAG <= length <= MAX_CHUNK + _TAG or flag > 1:
            raise self.broken("record header")
        sealed = self._file.read(length)
        if len(sealed) < length:
            self._state = "truncated"
            return None
        return bool(flag), sealed

    def accept(self, final: bool, sealed: bytes) -> None:
        self.head = _next(self.head, sealed)
        self.records += 1
        self.size += _RECORD.size + len(sealed)
        self.final = final

    def broken(self, reason: str) -> JournalBroken:
        self._state, self._reason = "broken", reason
        return JournalBroken(self.records, reason)

    def result(self) -> JournalResult:
        at = self.records if self._state == "broken" else None
        return JournalResult(self._state, self.records, self.size, self.head, at, self._reason)


def _confirm(walk: _Walk, expected: dict[int, bytes]) -> None:
    head = expected.pop(walk.records, walk.head)
    if head != walk.head:
        raise walk.broken(DIFFERS)


def _read_header(line: bytes) -> tuple[JournalHeader, bytes]:
    try:
        fields = parse(line.removesuffix(b"\n")) if line.endswith(b"\n") else None
    except NotCanonical:
        fields = None
    match fields:
        case {
            "version": 1,
            "recording": str(recording),
            "who": dict(who),
            "at": str(at),
            "mono_ns": int(mono_ns),
            "boot": str(boot),
            "key": str(key),
        }:
            try:
                return JournalHeader(recording, who, at, mono_ns, boot), base64.b64decode(key, validate=True)
            except ValueError as error:
                raise JournalBroken(-1, "sealed key") from error
    raise JournalBroken(-1, "header")


def _extra(recording: str, index: int, offset: int, final: bool, previous: bytes) -> bytes:
    return canonical(["heshi journal 1", recording, index, offset, final, previous.hex()])


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


def _next(previous: bytes, sealed: bytes) -> bytes:
    return hashlib.sha256(previous + sealed).digest()
