"""What a route is, and what its handler is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.responses import Response

from cases import Officer, Scope
from signaling.messages.base import Message
from signaling.services import Services

Who = Literal["anyone", "officer", "administrator", "device"]


@dataclass(slots=True)
class Call:
    """One request, parsed and authenticated. `officer` and `scope` are set on officers' routes only."""

    services: Services
    body: Any
    path: Mapping[str, str]
    query: Mapping[str, str]
    address: str
    cookies: Mapping[str, str]
    headers: Mapping[str, str]
    officer: Officer | None = None
    scope: Scope | None = None
    set_cookies: dict[str, str | None] = field(default_factory=dict)
    """Cookies to set on the reply; `None` clears one."""

    @property
    def who(self) -> Officer:
        """The signed-in officer."""
        assert self.officer is not None
        return self.officer

    @property
    def sight(self) -> Scope:
        """What the signed-in officer may see."""
        assert self.scope is not None
        return self.scope


Handler = Callable[[Call], Awaitable[Message | Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the HTTP table; `docs/protocol.md` is made from it."""

    method: Literal["GET", "POST"]
    path: str
    who: Who
    request: type[Message] | None
    reply: type[Message] | str
    """The reply's model, or the media type of a file."""
    summary: str
    handler: Handler
    limit: int = 100_000
    """Greatest body in bytes."""
