"""How an encrypted blob is laid out, as pure functions.

`head (128) ‖ chunk₀ … chunkₙ ‖ tail (56)`. The head holds the blob's key wrapped by the master key, bound to id and
kind. Chunks are 64 kB of plaintext and a tag (AES-256-GCM; the nonce counts, the last one is marked in the additional
data), so any range opens alone. The tail, under a nonce of its own, holds size and SHA-256 of the whole.
"""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from formats.canonical import canonical
from vault.cipher import open_bytes, seal_bytes
from vault.errors import Unreadable

CHUNK = 64 * 1024
TAG = 16
HEAD = 128
TAIL = 8 + 32 + TAG
_MAGIC = b"HBLOB1\x00\x00"
_WRAPPED = 1 + 12 + 32 + TAG
_KIND = HEAD - len(_MAGIC) - _WRAPPED
_TAIL_NONCE = b"\xff" * 12
_TAIL = struct.Struct(">Q32s")


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A stored blob: `size` in bytes and `sha256` of its plaintext."""

    id: str
    size: int
    sha256: bytes


class Sealer:
    """Writes one blob piece by piece: `head`, then `add` with any amounts, then `end`."""

    def __init__(self, master: bytes, blob_id: str, kind: str) -> None:
        key = os.urandom(32)
        label = kind.encode("ascii")
        if not 1 <= len(label) <= _KIND:
            raise ValueError(f"kind of 1 to {_KIND} ASCII characters expected")
        self.head = _MAGIC + seal_bytes(master, key, _binding(blob_id, label)) + label.ljust(_KIND, b"\x00")
        self._cipher = AESGCM(key)
        self._hash = hashlib.sha256()
        self._rest = bytearray()
        self._index = 0
        self.size = 0

    def add(self, data: bytes) -> bytes:
        """Ciphertext that became complete; may be empty. One whole chunk is held back: it might be the last."""
        self._hash.update(data)
        self.size += len(data)
        self._rest += data
        out = bytearray()
        while len(self._rest) > CHUNK:
            out += self._seal(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return bytes(out)

    def end(self) -> bytes:
        """The last chunk and the tail."""
        last = self._seal(bytes(self._rest), last=True)
        return last + self._cipher.encrypt(_TAIL_NONCE, _TAIL.pack(self.size, self.sha256()), b"tail")

    def sha256(self) -> bytes:
        """Of all plaintext added so far."""
        return self._hash.digest()

    def _seal(self, chunk: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._index), chunk, _place(self._index, last))
        self._index += 1
        return sealed


class Opener:
    """Reads a blob from its head and tail; chunks in any order."""

    def __init__(self, master: bytes, blob_id: str, head: bytes, tail: bytes, stored_size: int) -> None:
        if len(head) != HEAD or not head.startswith(_MAGIC) or len(tail) != TAIL:
            raise Unreadable("not a blob")
        wrapped = head[len(_MAGIC) : len(_MAGIC) + _WRAPPED]
        label = head[len(_MAGIC) + _WRAPPED :].rstrip(b"\x00")
        self._cipher = AESGCM(open_bytes(master, wrapped, _binding(blob_id, label)))
        self.kind = label.decode()
        try:
            size, digest = _TAIL.unpack(self._cipher.decrypt(_TAIL_NONCE, tail, b"tail"))
        except InvalidTag as error:
            raise Unreadable("tail") from error
        self.ref = BlobRef(blob_id, size, digest)
        self.chunks = max(1, -(-size // CHUNK))
        if stored_size != HEAD + size + self.chunks * TAG + TAIL:
            raise Unreadable("stored size")

    def span(self, first: int, count: int) -> tuple[int, int]:
        """Where chunks `first` … `first + count - 1` lie in the object: (start, end)."""
        step = CHUNK + TAG
        whole = HEAD + self.ref.size + self.chunks * TAG
        return HEAD + first * step, min(HEAD + (first + count) * step, whole)

    def open(self, first: int, data: bytes) -> bytes:
        """The plaintext of consecutive whole chunks from number `first`. Raises Unreadable."""
        out = bytearray()
        step = CHUNK + TAG
        try:
            for number, start in enumerate(range(0, len(data), step), first):
                last = number == self.chunks - 1
                out += self._cipher.decrypt(_nonce(number), data[start : start + step], _place(number, last))
        except InvalidTag as error:
            raise Unreadable("chunk") from error
        return bytes(out)


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


def _place(index: int, last: bool) -> bytes:
    return canonical([index, last])


def _binding(blob_id: str, label: bytes) -> bytes:
    return canonical(["heshi blob 1", blob_id, label.hex()])
