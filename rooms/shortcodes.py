"""Short secrets that people read and type: six digits for a phone, eight characters for an invitation.

Both could be found by trying all forms against a plain hash, so they are stored as HMAC under a key of the key store.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final, Protocol

KEY_NAME: Final = "entry_codes"
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0/O, 1/I/L."""
LENGTH: Final = 8


class EntryKey(Protocol):
    """What the door needs of the key store."""

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret of a name, made at the first call."""
        ...


class Codes:
    """Makes and compares short secrets. All comparisons take the same time whatever was given."""

    def __init__(self, keys: EntryKey) -> None:
        self._key = keys.get_or_create(KEY_NAME, lambda: secrets.token_bytes(32))

    def phone_code(self) -> str:
        """Six random digits."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def phone_hash(self, party_id: str, code: str) -> bytes:
        """What is stored of a phone code."""
        return self._hash("phone", party_id, code)

    def invite_code(self) -> str:
        """Eight random characters, shown as XXXX-XXXX."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        return f"{code[:4]}-{code[4:]}"

    def invite_hash(self, code: str) -> bytes:
        """What is stored of an invite code; typing it in small letters, with spaces or without the dash is the same."""
        plain = "".join(character for character in code.upper() if character.isalnum())
        return self._hash("invite", "", plain)

    def _hash(self, kind: str, owner: str, code: str) -> bytes:
        return hmac.new(
            self._key, f"{kind}\x00{owner}\x00{code}".encode(errors="surrogatepass"), hashlib.sha256
        ).digest()


def same(given: str, true: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), true.encode())
