"""Envelope encryption per subject: all about a person (or a case) lies under one data key, which can be destroyed.

The data key is wrapped by the master key (AES-256-GCM) in table `data_keys`. A ciphertext is
`version (1) ‖ nonce (12) ‖ ciphertext and tag`; subject and purpose are its additional data, so that a value copied to
another person's row or another column does not open.
"""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert, select, update

from formats.canonical import JSON, canonical
from vault.database import Transaction
from vault.errors import Erased, Unreadable
from vault.tables import data_keys
from vault.utc import Clock, SystemClock

_VERSION = b"\x01"
_CACHE_SIZE = 1024
# Another process may erase a subject; this one forgets an unwrapped key soon by itself.
_CACHE_SECONDS = 60.0


class MasterKey(Protocol):
    """What the cipher needs of the key store."""

    @property
    def master(self) -> bytes:
        """32 bytes."""
        ...


class Cipher:
    """Encrypts and decrypts for subjects. Safe to share between tasks; keys are cached only once they are committed."""

    def __init__(self, keys: MasterKey, clock: Clock | None = None) -> None:
        self._master = AESGCM(keys.master)
        self._clock = clock or SystemClock()
        self._cache: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._gone: set[str] = set()

    async def encrypt(self, tx: Transaction, subject: str, plaintext: bytes, purpose: str) -> bytes:
        """Encrypt under the subject's key, made at the first use. Raises Erased when it was destroyed."""
        return seal_bytes(await self._key(tx, subject, create=True), plaintext, _extra(subject, purpose))

    async def decrypt(self, tx: Transaction, subject: str, ciphertext: bytes, purpose: str) -> bytes:
        """What `encrypt` was given. Raises Erased, or Unreadable for altered, moved or foreign data."""
        key = await self._key(tx, subject, create=False)
        return open_bytes(key, ciphertext, _extra(subject, purpose))

    async def encrypt_text(self, tx: Transaction, subject: str, text: str, purpose: str) -> bytes:
        """`encrypt` for text."""
        return await self.encrypt(tx, subject, text.encode(), purpose)

    async def decrypt_text(self, tx: Transaction, subject: str, ciphertext: bytes, purpose: str) -> str:
        """`decrypt` for text."""
        return (await self.decrypt(tx, subject, ciphertext, purpose)).decode()

    async def encrypt_json(self, tx: Transaction, subject: str, value: object, purpose: str) -> bytes:
        """`encrypt` for any JSON value. Text is not normalised: a name must come back as it was written."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return await self.encrypt_text(tx, subject, text, purpose)

    async def decrypt_json(self, tx: Transaction, subject: str, ciphertext: bytes, purpose: str) -> JSON:
        """`decrypt` for what `encrypt_json` made."""
        value: JSON = json.loads(await self.decrypt(tx, subject, ciphertext, purpose))
        return value

    async def erase(self, tx: Transaction, subject: str) -> None:
        """Destroy the subject's key for ever: all that lies under it is gone. Idempotent; also bars a future key."""
        at = self._clock.now()
        erased = update(data_keys).where(data_keys.c.subject == subject, data_keys.c.wrapped.is_not(None))
        if (await tx.execute(erased.values(wrapped=None, erased_at=at))).rowcount == 0:
            row = await tx.one(select(data_keys.c.subject).where(data_keys.c.subject == subject))
            if row is None:
                await tx.execute(insert(data_keys).values(subject=subject, created_at=at, erased_at=at))
        tx.memo[self, subject] = None
        tx.after_commit(lambda: self._forget(subject))

    async def _key(self, tx: Transaction, subject: str, *, create: bool) -> bytes:
        remembered = self._remembered(tx, subject)
        if remembered is not None:
            return remembered
        row = await tx.one(select(data_keys.c.wrapped).where(data_keys.c.subject == subject))
        if row is None and create:
            key = os.urandom(32)
            wrapped = seal_bytes(self._master, key, _extra(subject, "data key"))
            values = {"subject": subject, "wrapped": wrapped, "created_at": self._clock.now()}
            await tx.execute(insert(data_keys).values(values))
        elif row is None:
            raise Unreadable("no data key")
        elif row["wrapped"] is None:
            raise Erased
        else:
            key = open_bytes(self._master, row["wrapped"], _extra(subject, "data key"))
        tx.memo[self, subject] = key
        tx.after_commit(lambda: self._keep(subject, key))
        return key

    def _remembered(self, tx: Transaction, subject: str) -> bytes | None:
        if (self, subject) in tx.memo:
            key: bytes | None = tx.memo[self, subject]
            if key is None:
                raise Erased
            return key
        until, cached = self._cache.get(subject, (0.0, None))
        if time.monotonic() < until:
            self._cache.move_to_end(subject)
            return cached
        return None

    def _keep(self, subject: str, key: bytes) -> None:
        # A reader that began before an erasure may end after it.
        if subject not in self._gone:
            self._cache[subject] = (time.monotonic() + _CACHE_SECONDS, key)
            self._cache.move_to_end(subject)
            if len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)

    def _forget(self, subject: str) -> None:
        self._gone.add(subject)
        self._cache.pop(subject, None)


def seal_bytes(key: bytes | AESGCM, plaintext: bytes, extra: bytes) -> bytes:
    """`version ‖ nonce ‖ ciphertext and tag` under a 32-byte key, with a random nonce."""
    cipher = key if isinstance(key, AESGCM) else AESGCM(key)
    nonce = os.urandom(12)
    return _VERSION + nonce + cipher.encrypt(nonce, plaintext, _VERSION + extra)


def open_bytes(key: bytes | AESGCM, data: bytes, extra: bytes) -> bytes:
    """The plaintext of `seal_bytes`. Raises Unreadable."""
    cipher = key if isinstance(key, AESGCM) else AESGCM(key)
    if data[:1] != _VERSION or len(data) < 29:
        raise Unreadable("version or length")
    try:
        return cipher.decrypt(data[1:13], data[13:], _VERSION + extra)
    except InvalidTag as error:
        raise Unreadable from error


def _extra(subject: str, purpose: str) -> bytes:
    return canonical(["heshi cipher 1", subject, purpose])
