"""Real browsers that may use nothing but a real TURN server: over UDP, over TCP and over TLS."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aioice import stun
from aioice.turn import create_turn_endpoint
from playwright.async_api import Browser, Page, async_playwright

from signaling.live.snapshots import media_setup
from signaling.turn import Turn
from tests.integration.media.bench import Bench
from tests.integration.media.test_chromium import FLAGS, served
from tests.support.coturn import HOST, SECRET, Coturn, running_coturn

COLOURS = {"a": "red", "b": "green"}

# The pair that carries the media (RTCTransportStats.selectedCandidatePairId), seen from the browser.
_PATH = """async () => {
  const stats = await pc.getStats();
  let chosen;
  stats.forEach(report => { if (report.type === "transport") chosen = report.selectedCandidatePairId; });
  const local = stats.get(stats.get(chosen).localCandidateId);
  return [local.candidateType, local.relayProtocol];
}"""


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with running_coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


def _configuration(url: str, endpoint: str) -> dict[str, Any]:
    """What the product's page makes of the media setup that its snapshot carries."""
    setup = media_setup(Turn((url,), SECRET, 3600, relay_only=True), endpoint, time.time())
    assert setup.relay_only
    return {
        "iceServers": [server.model_dump() for server in setup.ice_servers],
        "iceTransportPolicy": "relay",
    }


async def _page(browser: Browser, address: str, bench: Bench, name: str) -> Page:
    page = await (await browser.new_context()).new_page()

    async def offer(sdp: str) -> str:
        return await bench.relay.offer("room", name, 1, sdp)

    await page.expose_function("offer", offer)
    await page.goto(address)
    return page


@pytest.mark.e2e
async def test_two_browsers_meet_through_turn_alone(bench: Bench, coturn: Coturn) -> None:
    bench.table(("a", 0, "b"), ("b", 0, "a"))
    page_text = Path(__file__).with_name("page.html").read_bytes()
    chromium = os.environ.get("HESHI_CHROMIUM") or shutil.which("chromium")
    async with served(page_text) as address, async_playwright() as playwright:
        # TURN over TLS asks the browser's own judge of certificates, and this server's is its own.
        flags = [*FLAGS, "--ignore-certificate-errors"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        pages = {name: await _page(browser, address, bench, name) for name in COLOURS}
        for transport in ("udp", "tcp", "tls"):
            url = coturn.url(transport)
            begun = time.monotonic()
            await asyncio.gather(
                *(
                    pages[name].evaluate(
                        "([colour, config]) => join(colour, config)", [colour, _configuration(url, name)]
                    )
                    for name, colour in COLOURS.items()
                )
            )
            bench.note(f"connected over {transport} in {1000 * (time.monotonic() - begun):.0f} ms")
            await asyncio.gather(pages["a"].evaluate("shows(0, 'green')"), pages["b"].evaluate("shows(0, 'red')"))
            for page in pages.values():
                assert await page.evaluate(_PATH) == ["relay", transport]
        assert bench.relay.stats()["errors"] == 0
        await browser.close()


@pytest.mark.parametrize(
    ("secret", "age_s"), [("another secret", 0), (SECRET, 7200)], ids=["wrong secret", "after its time"]
)
async def test_coturn_refuses_a_credential_that_is_not_good(coturn: Coturn, secret: str, age_s: int) -> None:
    given = Turn(("turn:x",), secret, 3600).credential("endpoint_a", time.time() - age_s)
    with pytest.raises(stun.TransactionFailed, match="401"):
        await create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=(HOST, coturn.port),
            username=given.username,
            password=given.password,
        )
