"""Serve the route table: parse, authenticate, call one handler, reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from formats.errors import Forbidden, NotFound
from signaling.errors import Malformed, SignInNeeded, TooLarge, to_reply
from signaling.http.route import Call, Route
from signaling.messages.base import Message
from signaling.services import Services

OFFICER_COOKIE = "heshi_officer"
ALWAYS_OPEN = {"/api/officer/me", "/api/officer/password", "/api/officer/sign-out"}
"""What an officer with a one-time password may still reach."""


def http_app(services: Services, routes: Sequence[Route], pages: Sequence[BaseRoute]) -> Starlette:
    """The ASGI application of the API routes, with the pages behind them."""
    served: list[BaseRoute] = [
        StarletteRoute(route.path, _endpoint(services, route), methods=[route.method]) for route in routes
    ]
    return Starlette(routes=[*served, *pages], exception_handlers={HTTPException: _no_route})


async def _no_route(request: Request, error: Exception) -> Response:
    """An address or method that is not in the table: under `/api` answered like every refusal."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    if not request.url.path.startswith("/api"):
        return PlainTextResponse(str(status), status)
    return _json(to_reply(NotFound())[1], status)


def _endpoint(services: Services, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            call = await _parse(services, route, request)
            reply = await route.handler(call)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # the one place where refusals become replies
            status, body = to_reply(error)
            return _json(body, status)
        response = reply if isinstance(reply, Response) else _json(reply)
        _set_cookies(services, call, response)
        return response

    return endpoint


async def _parse(services: Services, route: Route, request: Request) -> Call:
    # A form or a foreign page cannot set this header, so a cookie alone never changes anything (CSRF).
    if route.method != "GET" and request.headers.get("x-heshi") != "1":
        raise Forbidden("x-heshi")
    call = Call(
        services=services,
        body=None,
        path=dict(request.path_params),
        query=dict(request.query_params),
        address=services.address_of(request.client.host if request.client else "", request.headers),
        cookies=request.cookies,
        headers=request.headers,
    )
    if route.who in ("officer", "administrator"):
        await _authenticate(call, route)
    if route.request is not None:
        call.body = route.request.model_validate_json(await _body(request, route.limit))
    return call


async def _authenticate(call: Call, route: Route) -> None:
    token = call.cookies.get(OFFICER_COOKIE, "")
    if not token:
        raise SignInNeeded
    session = await call.services.officers.session(token, one_time=route.path in ALWAYS_OPEN)
    call.officer, call.scope = session.officer, session.scope
    if route.who == "administrator" and call.officer.role != "administrator":
        raise Forbidden(route.path)


async def _body(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge(str(limit))
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(str(limit))
        parts.append(part)
    if not parts:
        raise Malformed("empty")
    return b"".join(parts)


def _json(message: Message, status: int = 200) -> JSONResponse:
    response = JSONResponse(message.model_dump(mode="json"), status_code=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _set_cookies(services: Services, call: Call, response: Response) -> None:
    for name, value in call.set_cookies.items():
        if value is None:
            response.delete_cookie(name, path="/")
        else:
            response.set_cookie(
                name,
                value,
                path="/",
                httponly=True,
                samesite="strict",
                secure=services.secure_cookies,
                max_age=7 * 86400,
            )
