"""Idempotency: a command sent twice with one key acts once, and the second sender gets the first one's reply.

A reply may hold what is stored nowhere else in clear (a fresh link), so it lies under a key derived from the caller's
own idempotency key; the row holds only a hash of that. Clients make the key from at least 64 random bits.
"""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, insert, select

from formats.canonical import JSON, canonical
from formats.errors import Invalid
from vault.cipher import open_bytes, seal_bytes
from vault.database import Transaction
from vault.tables import replies
from vault.utc import now

MAX_KEY = 200


class BadKey(Invalid):
    """The idempotency key is empty or too long."""

    code = "repeat.bad_key"


async def recall(tx: Transaction, actor: str, key: str) -> JSON:
    """The reply that `actor` got for `key` before, or None (so an empty reply is `{}`, not None). Raises BadKey."""
    row = await tx.one(select(replies.c.sealed).where(replies.c.lookup == _lookup(actor, key)))
    if row is None:
        return None
    value: JSON = json.loads(open_bytes(_secret(actor, key), row["sealed"], b"reply"))
    return value


async def remember(tx: Transaction, actor: str, key: str, reply: JSON) -> None:
    """Keep the reply in the same transaction as the act. Of two at once one wins; the other's transaction runs again
    and recalls. Raises BadKey."""
    text = json.dumps(reply, ensure_ascii=False, allow_nan=False)
    sealed = seal_bytes(_secret(actor, key), text.encode(), b"reply")
    await tx.execute(insert(replies).values(lookup=_lookup(actor, key), sealed=sealed, at=now()))


async def forget(tx: Transaction, before: str) -> int:
    """Drop replies older than `before` (stored text); returns how many."""
    return (await tx.execute(delete(replies).where(replies.c.at < before))).rowcount


def _lookup(actor: str, key: str) -> bytes:
    return hashlib.sha256(b"heshi reply lookup\x00" + _material(actor, key)).digest()


def _secret(actor: str, key: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"heshi reply 1").derive(_material(actor, key))


def _material(actor: str, key: str) -> bytes:
    if not 1 <= len(key) <= MAX_KEY:
        raise BadKey
    return canonical([actor, key])
