"""The monitoring's address: absent without a token, closed without showing it, and blind to callers' own words."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from signaling.http.metrics import Counted, metrics_route
from signaling.meters import Meters, gauge

TOKEN = "0123456789abcdef"


def _client(token: str, meters: Meters) -> httpx.AsyncClient:
    app = Starlette(routes=[metrics_route(token, lambda: [gauge("heshi_rooms", "rooms", 2), *meters.families()])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(Counted(app, meters)), base_url="http://heshi")


async def test_without_a_token_there_is_no_such_address() -> None:
    async with _client("", Meters()) as client:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
            assert (await client.get("/metrics", headers=headers)).status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer 密"])
async def test_who_does_not_show_it_learns_nothing(shown: str) -> None:
    async with _client(TOKEN, Meters()) as client:
        reply = await client.get("/metrics", headers={"Authorization": shown.encode()})
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert "heshi" not in reply.text


async def test_the_figures_and_what_was_asked_before() -> None:
    meters = Meters()
    async with _client(TOKEN, meters) as client:
        await client.get("/nowhere")
        await client.request("张三", "/nowhere")
        reply = await client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"})
    assert reply.status_code == 200
    assert "heshi_rooms 2\n" in reply.text
    assert 'heshi_http_requests_total{method="GET",status="4xx"} 1\n' in reply.text
    assert 'heshi_http_requests_total{method="other",status="4xx"} 1\n' in reply.text
    assert "张三" not in reply.text
