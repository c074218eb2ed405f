"""Passwords: argon2id in a thread, and one-time passwords people can read out."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cases.errors import PasswordWeak
from cases.rules.text import readable

SHORTEST, LONGEST = 10, 200
# No 0/o, 1/l/i: these are read from a screen and typed on another.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class HashCost:
    """argon2id parameters; the defaults are those of RFC 9106's second recommendation (64 MiB, three passes)."""

    passes: int = 3
    memory_kib: int = 65536
    lanes: int = 4


class Passwords:
    """Hashes and verifies, at most two at a time so that a burst of guesses cannot take all memory and cores."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._gate = asyncio.Semaphore(2)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash, with its parameters and salt."""
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits; without a hash the same work is done against nobody's, and the answer is no."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        async with self._gate:
            fits = await asyncio.to_thread(self._verify, encoded or self._nobody, password[: LONGEST + 1])
        return fits and encoded is not None

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def one_time_password() -> str:
    """Four groups of four characters, 79 random bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def check_password(password: str, username: str) -> None:
    """Refuse a password that is too short, too long, unreadable, or the user name. Raises `PasswordWeak`."""
    if not SHORTEST <= len(password) <= LONGEST or not all(map(readable, password)):
        raise PasswordWeak("password")
    if username in password.lower() and len(password) < len(username) + SHORTEST:
        raise PasswordWeak("password")
