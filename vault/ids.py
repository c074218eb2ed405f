"""Names of rows and secrets of people."""

from __future__ import annotations

import base64
import hashlib
import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_id(prefix: str) -> str:
    """`prefix_` and 20 characters of lower-case base32: 100 random bits, safe in URLs and file names."""
    number = secrets.randbits(100)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 100, 5))


def new_secret() -> str:
    """128 random bits as 22 characters of base64url, for links and session cookies. Store only its `secret_hash`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def secret_hash(secret: str) -> bytes:
    """SHA-256 of a secret of full entropy (never of a password), 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
