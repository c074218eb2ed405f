"""How a worker and the server prove to each other that they share the secret, without sending it.

The worker connects with its name, the version and a nonce. Its first call, `greet`, answers with the server's nonce and
proof; the worker obeys nothing before it has checked that. Its second call, `hello`, carries its own proof; the server
places nothing on it before that. A proof is HMAC-SHA-256 (RFC 2104) over the side, the name and both nonces: one that
was overheard fits no other connection, and one side's cannot be given back as the other's. Whoever can change what is
on the wire is not kept out by this: between hosts the server's address is to be an `https` one.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Final, Literal

from formats.canonical import canonical
from formats.errors import HeshiError

NAMESPACE: Final = "/worker"
VERSION: Final = "2"
NONCE: Final = 32
"""Length of a nonce: hexadecimal digits."""

Side = Literal["server", "worker", "operator"]


class WorkerRefused(HeshiError):
    """Who dials in as a worker is not let in."""

    code = "worker.refused"
    zh = "媒体服务进程未能通过核验。"
    en = "The media worker could not be let in."
    status = 403


class WrongSecret(WorkerRefused):
    """The two sides do not share a secret; what was proven is another's."""

    code = "worker.wrong_secret"
    zh = "媒体服务进程的密钥与服务器不一致。"
    en = "The worker's secret is not the server's."


class WrongVersion(WorkerRefused):
    """The two sides speak different versions of the workers' protocol; `detail` is the server's."""

    code = "worker.wrong_version"
    zh = "媒体服务进程的版本与服务器不一致，请一并升级。"
    en = "The worker's version is not the server's; upgrade them together."


def fresh_nonce() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(NONCE // 2)


def proof(secret: str, side: Side, name: str, nonce: str, answer: str) -> str:
    """What `side` shows for the connection of `name` with these nonces (the dialling side's, the server's)."""
    said = canonical(["heshi-worker", VERSION, side, name, nonce, answer])
    return hmac.new(secret.encode(), said, "sha256").hexdigest()


def check(given: object, secret: str, side: Side, name: str, nonce: str, answer: str) -> None:
    """Raises `WrongSecret` unless `given` is that side's proof."""
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode(), proof(secret, side, name, nonce, answer).encode()
    ):
        raise WrongSecret


def opening(auth: object) -> tuple[str, str]:
    """Name and nonce of who connects. Raises `WrongVersion`, or `WorkerRefused` for anything misshapen."""
    given: Mapping[str, object] = auth if isinstance(auth, dict) else {}
    if given.get("version") != VERSION:
        raise WrongVersion(VERSION)
    name, nonce = given.get("worker"), given.get("nonce")
    if not (isinstance(name, str) and 0 < len(name) <= 200 and isinstance(nonce, str) and len(nonce) == NONCE):
        raise WorkerRefused("auth")
    return name, nonce
