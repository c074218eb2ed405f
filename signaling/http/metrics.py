"""`GET /metrics` for Prometheus, and the counting of requests. Without a token set the address does not exist."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.meters import CONTENT_TYPE, Family, Meters, exposition

METHODS = frozenset({"GET", "HEAD", "POST"})


def metrics_route(token: str, gather: Callable[[], Iterable[Family]]) -> Route:
    """The route; the caller must show `token` as a bearer (RFC 6750, section 2.1)."""

    async def metrics(request: Request) -> Response:
        if not token:
            return PlainTextResponse("404", 404)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
            return PlainTextResponse("401", 401, {"WWW-Authenticate": "Bearer"})
        return Response(exposition(gather()), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return Route("/metrics", metrics)


class Counted:
    """Counts every answered HTTP request."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A method is the caller's own word: an unknown one must not become a label.
                method = scope["method"] if scope["method"] in METHODS else "other"
                self._meters.count("heshi_http_requests_total", method=method, status=f"{message['status'] // 100}xx")
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)
