"""Chains made for tests: as an honest writer would, with a key from a seed."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from formats.chain import GENESIS, Entry, Stored, commitment, entry_hash, sign_head
from formats.receipt import Receipt

PRIVATE = bytes(range(32))
PUBLIC = Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
CASE = "case_a"


def chain(length: int, case_id: str = CASE, tag: str = "") -> list[Stored]:
    """An honest chain of `length` entries; another `tag` gives other contents."""
    head, made = GENESIS, []
    for seq in range(1, length + 1):
        salt = hashlib.sha256(f"salt {seq}".encode()).digest()
        payload = f'{{"n":{seq},"tag":"{tag}"}}'.encode()
        at = f"2026-03-01T01:00:{seq % 60:02}.000Z"
        entry = Entry(case_id, seq, at, seq * 10, "boot", "seat_1", "said", None, commitment(salt, payload), head)
        head = entry_hash(entry)
        made.append(Stored(entry, head, sign_head(PRIVATE, case_id, seq, head), salt, payload))
    return made


def receipt(stored: Stored) -> Receipt:
    """The receipt that was given out at this entry."""
    entry = stored.entry
    return Receipt(entry.case_id, "〔2026〕1号", entry.seq, stored.hash, entry.at, "").signed(PRIVATE)
