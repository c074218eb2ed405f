"""The hash chain of a case's timeline: pure rules, no database.

Each entry's hash covers all its fields, among them the hash of the entry before and a commitment to the payload. The
payload and its 32-byte salt lie elsewhere and may be erased; the chain then still verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from formats.canonical import canonical
from formats.receipt import Receipt, signature_holds

GENESIS = hashlib.sha256(b"heshi timeline 1").digest()

Reason: TypeAlias = Literal[
    "wrong_case",
    "gap",
    "previous_mismatch",
    "hash_mismatch",
    "signature_invalid",
    "payload_mismatch",
    "payload_missing",
    "receipt_invalid",
    "tail_cut",
    "head_rewritten",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `seq` counts from 1; `at` is UTC ISO 8601 in ms with "Z"; `mono_ns` is the monotonic clock of process
    start `boot`, so that durations survive a stepped wall clock; `commitment` and `previous` are 32 bytes."""

    case_id: str
    seq: int
    at: str
    mono_ns: int
    boot: str
    actor: str
    act: str
    article: str | None
    commitment: bytes
    previous: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it was kept, with what the keeper claims about it. `salt` and `payload` are None when not at hand;
    `erased` says that this is so by a lawful erasure."""

    entry: Entry
    hash: bytes
    signature: bytes | None = None
    salt: bytes | None = None
    payload: bytes | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check: `length` good entries with head `head`, and, unless `ok`, the first broken one and why."""

    ok: bool
    length: int
    head: bytes
    broken_at: int | None = None
    reason: Reason | None = None
    detail: str = ""


def entry_hash(entry: Entry) -> bytes:
    """SHA-256 over the canonical JSON of every field."""
    fields = {
        "act": entry.act,
        "actor": entry.actor,
        "article": entry.article,
        "at": entry.at,
        "boot": entry.boot,
        "case_id": entry.case_id,
        "commitment": entry.commitment.hex(),
        "mono_ns": entry.mono_ns,
        "previous": entry.previous.hex(),
        "seq": entry.seq,
    }
    return hashlib.sha256(b"heshi entry 1\x00" + canonical(fields)).digest()


def commitment(salt: bytes, payload: bytes) -> bytes:
    """SHA-256(salt ‖ payload). The salt is 32 random bytes: a bare hash of a phone number could be guessed."""
    if len(salt) != 32:
        raise ValueError("the salt of a commitment is 32 bytes")
    return hashlib.sha256(salt + payload).digest()


def sign_head(private_key: bytes, case_id: str, seq: int, head: bytes) -> bytes:
    """The Ed25519 signature kept beside an entry, made with the raw 32-byte private key."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(_head_body(case_id, seq, head))


def head_signature_holds(public_key: bytes, signature: bytes, case_id: str, seq: int, head: bytes) -> bool:
    """Whether `signature` is one of `sign_head`."""
    return signature_holds(public_key, signature, _head_body(case_id, seq, head))


def check_chain(
    entries: Iterable[Stored],
    *,
    receipts: Sequence[Receipt] = (),
    public_key: bytes | None = None,
    payloads: bool = False,
    case_id: str | None = None,
) -> Verdict:
    """Walk a whole chain from its first entry and name the first broken one.

    With `public_key` (raw Ed25519) the signature of every entry and receipt must hold. With `payloads` an entry whose
    payload is neither at hand nor erased is broken too. A chain alone cannot show that its end was cut off or that all
    of it was rewritten: `receipts` can. `case_id` defaults to that of the first entry.
    """
    head, length = GENESIS, 0
    hashes: dict[int, bytes] = {}
    for stored in entries:
        case_id = case_id if case_id is not None else stored.entry.case_id
        problem = _problem(stored, length + 1, head, case_id, public_key, payloads)
        if problem is not None:
            reason, detail = problem
            return Verdict(False, length, head, length + 1, reason, detail)
        length, head = stored.entry.seq, stored.hash
        hashes[length] = head
    for receipt in sorted(receipts, key=lambda each: each.seq):
        problem = _receipt_problem(receipt, length, hashes, case_id, public_key)
        if problem is not None:
            reason, detail = problem
            return Verdict(False, length, head, receipt.seq, reason, detail)
    return Verdict(True, length, head)


def _problem(
    stored: Stored, expected: int, head: bytes, case_id: str, public_key: bytes | None, payloads: bool
) -> tuple[Reason, str] | None:
    entry = stored.entry
    if entry.case_id != case_id:
        return "wrong_case", f"entry {expected} belongs to another case"
    if entry.seq != expected:
        return "gap", f"entry {expected} is missing; the next one found is {entry.seq}"
    if entry.previous != head:
        return "previous_mismatch", f"entry {expected} does not follow the entry before it"
    if entry_hash(entry) != stored.hash:
        return "hash_mismatch", f"the fields of entry {expected} do not match its hash"
    if public_key is not None:
        signature = stored.signature or b""
        if not head_signature_holds(public_key, signature, entry.case_id, entry.seq, stored.hash):
            return "signature_invalid", f"the signature of entry {expected} does not hold"
    if stored.payload is not None and stored.salt is not None:
        if len(stored.salt) != 32 or commitment(stored.salt, stored.payload) != entry.commitment:
            return "payload_mismatch", f"the content of entry {expected} does not match its commitment"
    elif payloads and not stored.erased:
        return "payload_missing", f"the content of entry {expected} is missing or unreadable and was not erased"
    return None


def _receipt_problem(
    receipt: Receipt, length: int, hashes: dict[int, bytes], case_id: str | None, public_key: bytes | None
) -> tuple[Reason, str] | None:
    if public_key is not None and not receipt.verify(public_key):
        return "receipt_invalid", f"the receipt for entry {receipt.seq} was not signed by this installation's key"
    if case_id is not None and receipt.case_id != case_id:
        return "wrong_case", f"the receipt for entry {receipt.seq} belongs to another case"
    if receipt.seq > length:
        return "tail_cut", f"a receipt shows entry {receipt.seq}, the chain ends at {length}"
    if hashes.get(receipt.seq, GENESIS) != receipt.head:
        return "head_rewritten", f"a receipt shows another entry {receipt.seq} than the chain has"
    return None


def _head_body(case_id: str, seq: int, head: bytes) -> bytes:
    return b"heshi head 1\x00" + canonical([case_id, seq, head.hex()])
