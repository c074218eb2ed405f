"""A worker's line to signaling: dialled, proven both ways, and dialled again whenever it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

import aiohttp
import socketio

from formats.errors import HeshiError
from signaling.live import handshake
from signaling.live.handshake import NAMESPACE

log = logging.getLogger("heshi.worker")

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

REDIAL_S: Final = 0.3
LONGEST_REDIAL_S: Final = 1.0
"""Unreachable: soon again, for the leases run out."""
REFUSED_S: Final = 5.0
LONGEST_REFUSED_S: Final = 60.0
"""Refused: only a person can help, so there is no hurry."""
ANSWER_S: Final = 10.0


class Refused(Exception):
    """The server refuses us, or is not ours; the sentence says why."""


class Line:
    """One at a time. `handlers` answer the server's calls, and only once it has proven that it knows the secret."""

    def __init__(
        self, name: str, url: str, secret: str, handlers: Mapping[str, Handler], hello: Callable[[], dict[str, Any]]
    ) -> None:
        """`hello` makes what is told after each dialling: what we hold."""
        self._name, self._url, self._secret = name, url, secret
        self._handlers, self._hello = handlers, hello
        self._client: socketio.AsyncClient | None = None
        self._up = asyncio.Event()
        self.refused = asyncio.Event()
        """Set while the last dialling was refused."""

    @property
    def up(self) -> bool:
        """Whether the server is there, and proven."""
        return self._up.is_set()

    async def keep(self) -> None:
        """Dial, for ever; cancel to hang up."""
        unreachable = refusals = 0
        while True:
            try:
                await self._once()
                unreachable = refusals = 0
            except Refused as error:
                refusals += 1
                pause = min(REFUSED_S * 2 ** (refusals - 1), LONGEST_REFUSED_S)
                log.error("signaling at %s: %s Next try in %.0f s.", self._url, error, pause)
                self.refused.set()
                await asyncio.sleep(pause)
            except (socketio.exceptions.SocketIOError, TimeoutError, OSError) as error:
                log.info("signaling is not there yet: %s", error)
                await asyncio.sleep(min(REDIAL_S * 2**unreachable, LONGEST_REDIAL_S))
                unreachable = min(unreachable + 1, 8)

    async def say(self, event: str, data: dict[str, Any]) -> None:
        """Tell the server. Raises SocketIOError when it is not there."""
        if not self.up or self._client is None:
            raise socketio.exceptions.BadNamespaceError(NAMESPACE)
        await self._client.emit(event, data, namespace=NAMESPACE)

    async def ready(self) -> None:
        """Wait until the server is there."""
        await self._up.wait()

    async def _once(self) -> None:
        # A session of our own: the library leaves its own open when the other side hangs up.
        async with aiohttp.ClientSession() as http:
            await self._with(socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=http))

    async def _with(self, client: socketio.AsyncClient) -> None:
        self._client = client
        broken = asyncio.Event()
        nonce = handshake.fresh_nonce()
        why: list[Any] = []

        async def ended(*_: object) -> None:
            broken.set()

        async def refused(data: object = None) -> None:
            why.append(data)

        client.on("disconnect", ended, namespace=NAMESPACE)
        client.on("connect_error", refused, namespace=NAMESPACE)
        for event, handler in self._handlers.items():
            client.on(event, self._answering(handler), namespace=NAMESPACE)
        auth = {"worker": self._name, "version": handshake.VERSION, "nonce": nonce}
        try:
            try:
                await client.connect(
                    self._url, auth=auth, namespaces=[NAMESPACE], transports=["websocket"], wait_timeout=ANSWER_S
                )
            except socketio.exceptions.ConnectionError as error:
                if why and isinstance(why[-1], dict):
                    raise Refused(_sentence(why[-1])) from error
                raise
            await _unless(broken, self._prove(client, nonce))
            self.refused.clear()
            self._up.set()
            log.info("signaling at %s is proven, and so are we", self._url)
            await broken.wait()
        finally:
            self._up.clear()
            with contextlib.suppress(Exception):
                await client.shutdown()

    async def _prove(self, client: socketio.AsyncClient, nonce: str) -> None:
        greeting = await client.call("greet", {}, namespace=NAMESPACE, timeout=ANSWER_S)
        answer = str(greeting.get("nonce", "")) if isinstance(greeting, dict) else ""
        try:
            handshake.check(greeting.get("proof"), self._secret, "server", self._name, nonce, answer)
        except (HeshiError, AttributeError) as error:
            raise Refused("it does not know our secret, so it is not obeyed.") from error
        self._up.set()  # from here on its calls are answered: it asks before `hello` has returned
        shown = handshake.proof(self._secret, "worker", self._name, nonce, answer)
        reply = await client.call("hello", {"proof": shown, **self._hello()}, namespace=NAMESPACE, timeout=ANSWER_S)
        if not isinstance(reply, dict) or "error" in reply:
            raise Refused(_sentence(reply))

    def _answering(self, handler: Handler) -> Handler:
        async def answer(data: dict[str, Any]) -> dict[str, Any]:
            try:
                if not self.up:
                    raise handshake.WrongSecret
                return await handler(data)
            except HeshiError as error:
                return {"error": {"code": error.code, "zh": error.zh, "en": error.en, "detail": error.detail}}
            except Exception:
                log.exception("a call from signaling failed")
                return {"error": {"code": "internal", "zh": HeshiError.zh, "en": HeshiError.en, "detail": ""}}

        return answer


async def _unless(broken: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do it, but no longer than the connection lasts. Raises SocketIOError when that ends first."""
    doing, ending = asyncio.create_task(work), asyncio.create_task(broken.wait())
    try:
        await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise socketio.exceptions.DisconnectedError
        await doing
    finally:
        doing.cancel()
        ending.cancel()


def _sentence(said: object) -> str:
    """The server's reason, in its own words."""
    known = said if isinstance(said, dict) else {}
    body = known.get("error", known.get("data", known))
    if not isinstance(body, dict):
        return "it refuses us without a reason."
    why = body.get("en") or body.get("message") or "without a reason."
    return f"it refuses us: {why} {body.get('detail', '')}".strip()
