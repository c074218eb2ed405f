"""Three real browsers through the relay: pictures, sound, walls and reconnection, proven by decoded frames."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.integration.media.bench import Bench

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
COLOURS = {"a": "red", "b": "green", "c": "blue"}


@asynccontextmanager
async def served(page: bytes) -> AsyncIterator[str]:
    """A web server with one page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + page)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.mark.e2e
async def test_three_browsers_meet_part_and_return(bench: Bench) -> None:
    everyone = [("a", 0, "b"), ("a", 1, "c"), ("b", 0, "a"), ("b", 1, "c"), ("c", 0, "a"), ("c", 1, "b")]
    bench.table(*everyone)
    page_text = Path(__file__).with_name("page.html").read_bytes()
    chromium = os.environ.get("HESHI_CHROMIUM") or shutil.which("chromium")
    async with served(page_text) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        pages: dict[str, Page] = {}
        for name, colour in COLOURS.items():
            page = pages[name] = await (await browser.new_context()).new_page()

            async def offer(sdp: str, name: str = name) -> str:
                return await bench.relay.offer("room", name, 1, sdp)

            await page.expose_function("offer", offer)
            await page.goto(address)
            begun = time.monotonic()
            await page.evaluate("colour => join(colour)", colour)
            bench.note(f"{name} connected in {1000 * (time.monotonic() - begun):.0f} ms")

        async def shows(name: str, slot: int, source: str) -> float:
            wait = await pages[name].evaluate("([slot, colour]) => shows(slot, colour)", [slot, COLOURS[source]])
            return float(wait)

        async def counts(name: str, slot: int) -> dict[str, float]:
            found: list[dict[str, float]] = await pages[name].evaluate("counts()")
            return found[slot]

        async def excluded() -> list[tuple[float, float]]:
            found = [await counts(*place) for place in (("c", 0), ("c", 1), ("a", 1), ("b", 1))]
            return [(one["frames"], one["packets"]) for one in found]

        # Everyone sees and hears everyone.
        await asyncio.gather(*(shows(*row) for row in everyone))
        for to, slot, _ in everyone:
            assert (await counts(to, slot))["energy"] > 0

        # Lips match: sound and picture of a slot run by one clock.
        for lag in await asyncio.gather(pages["a"].evaluate("lag(0)"), pages["b"].evaluate("lag(1)")):
            bench.note(f"sound against picture: {lag:.0f} ms")
            assert abs(lag) < 1000  # its exactness is a unit test; a loaded machine delays one of them

        # A caucus of a and b: by the time the table is acknowledged, c is outside.
        bench.table(("a", 0, "b"), ("b", 0, "a"))
        before = {name: bench.sent_to(name) for name in COLOURS}
        inside = await counts("a", 0)
        # The first round gives the pages time to decode what had already reached them.
        await asyncio.gather(shows("a", 0, "b"), shows("b", 0, "a"))
        outside = await excluded()
        await asyncio.gather(shows("a", 0, "b"), shows("b", 0, "a"))
        assert await excluded() == outside
        assert bench.sent_to("c") == before["c"]
        assert bench.sent_to("a") > before["a"]
        assert (await counts("a", 0))["frames"] > inside["frames"]

        # A slot takes another source and back; broken continuity would freeze it for seconds.
        for source in ("c", "b", "c"):
            bench.table(("a", 0, source), ("b", 0, "a"))
            took = await shows("a", 0, source)
            bench.note(f"switch to {source}: {took:.0f} ms")
        assert (await counts("a", 0))["frozen"] < 2.5

        # A new offer takes the endpoint's place, both as receiver and as publisher.
        bench.table(*everyone)
        await asyncio.gather(*(shows(*row) for row in everyone))
        await pages["b"].evaluate("colour => join(colour)", COLOURS["b"])
        await asyncio.gather(*(shows(*row) for row in everyone))
        assert [event.state for event in bench.events if event.endpoint == "b"] == ["connected", "connected"]
        assert bench.relay.stats()["connections"] == 3
        assert bench.relay.stats()["errors"] == 0
        await browser.close()
