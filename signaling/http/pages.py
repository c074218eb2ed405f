"""The two pages and their assets, with the headers that keep a browser from doing more than they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONSOLE = ("/", "/console", "/console/{rest:path}")
ROOM = ("/j", "/i", "/room/{rest:path}")

HEADERS = {
    b"content-security-policy": b"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    b"media-src 'self' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    b"form-action 'self'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"permissions-policy": b"camera=(self), microphone=(self), display-capture=(self), geolocation=()",
}


class SafeHeaders:
    """Adds the headers to every reply."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], *HEADERS.items()]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def pages(dist: Path) -> list[BaseRoute]:
    """Routes of the built web pages in `dist`."""

    def page(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def serve(_: Request) -> Response:
            return FileResponse(dist / name, headers={"Cache-Control": "no-cache"})

        return serve

    async def healthy(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def no_robots(_: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    console, room = page("console.html"), page("room.html")
    return [
        *(Route(path, console) for path in CONSOLE),
        *(Route(path, room) for path in ROOM),
        Route("/healthz", healthy),
        Route("/robots.txt", no_robots),
        Mount("/assets", StaticFiles(directory=dist / "assets", check_dir=False)),
    ]
