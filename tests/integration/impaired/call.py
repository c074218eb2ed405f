"""Browsers in one call through the relay, some of them on bad networks, and what they counted."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from media.stats import Quality
from tests.integration.media.bench import Bench
from tests.integration.media.test_chromium import FLAGS, served
from tests.support.impairment import Conditions, ImpairedPath, through

PAGE = Path(__file__).with_name("page.html").read_bytes()
Picture = tuple[int, int, int]  # width, height, pictures a second
CAMERA: Picture = (640, 360, 15)
LOOK_S = 0.5  # between two looks at the relay's own view of the call


@dataclass(frozen=True)
class Heard:
    """What came through one slot in a stretch of time. `sound`: share of the sound played that was not made up."""

    sound: float
    frames_per_s: float
    frozen_s: float
    kbps: int
    width: int
    keys: int
    fec: int
    sound_packets_per_s: float

    def __str__(self) -> str:
        return (
            f"sound {self.sound:.3f} ({self.sound_packets_per_s:.0f}/s, fec {self.fec}), "
            f"picture {self.frames_per_s:.1f}/s {self.width} wide {self.kbps} kbit/s, "
            f"frozen {self.frozen_s:.1f} s, {self.keys} keys"
        )


@dataclass(frozen=True)
class Spoke:
    """What a browser sent in a stretch of time: kbit/s by RID or medium."""

    kbps: dict[str, int]


@dataclass(frozen=True)
class Stretch:
    """One person's side of a stretch of time; `looks`: the relay's own figures meanwhile."""

    slots: tuple[Heard, ...]
    sent: dict[str, int]
    keys_sent: int
    looks: tuple[Quality, ...]

    @property
    def pictures(self) -> list[str]:
        """Which layers it was given, one after the other, without repetition."""
        seen: list[str] = []
        for look in self.looks:
            if not seen or seen[-1] != look.picture:
                seen.append(look.picture)
        return seen


class Call:
    """A room on a relay, with one page per person."""

    def __init__(self, bench: Bench, browser: Browser, address: str, stack: AsyncExitStack, seed: int) -> None:
        self.bench = bench
        self.pages: dict[str, Page] = {}
        self.paths: dict[str, ImpairedPath] = {}
        self._browser, self._address, self._stack = browser, address, stack
        self._seed = seed + 1000 * int(os.environ.get("HESHI_ROUND", "0"))
        self._looked = asyncio.Event()
        self._looks: list[tuple[float, dict[str, Quality]]] = []

    @staticmethod
    @asynccontextmanager
    async def open(seed: int) -> AsyncIterator[Call]:
        """A relay and a browser, nobody in the room yet."""
        async with AsyncExitStack() as stack:
            bench = Bench()
            await bench.relay.start()
            stack.push_async_callback(bench.close)
            address = await stack.enter_async_context(served(PAGE))
            playwright = await stack.enter_async_context(async_playwright())
            chromium = os.environ.get("HESHI_CHROMIUM") or shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            stack.push_async_callback(browser.close)
            call = Call(bench, browser, address, stack, seed)
            watch = asyncio.create_task(call._watch())
            try:
                yield call
            finally:
                watch.cancel()
                await asyncio.wait([watch])

    async def _watch(self) -> None:
        while True:  # also keeps the lease, as a worker's server does
            self.bench.relay.renew("room", 1)
            self._looks.append((time.monotonic(), self.bench.relay.quality("room")))
            self._looked.set()
            await asyncio.sleep(LOOK_S)

    async def join(
        self, name: str, picture: Picture | None = None, *, up: Conditions | None = None, down: Conditions | None = None
    ) -> None:
        """Bring a person in; with conditions given, by way of a bad network (`paths[name]`)."""
        path: ImpairedPath | None = None
        if up is not None or down is not None:
            opened = ImpairedPath.open(
                ("127.0.0.1", self.bench.relay.port),
                up=up or Conditions(),
                down=down or Conditions(),
                seed=self._seed + 10 * len(self.pages),
            )
            path = self.paths[name] = await self._stack.enter_async_context(opened)
        page = self.pages[name] = await (await self._browser.new_context()).new_page()

        async def offer(sdp: str) -> str:
            answer = await self.bench.relay.offer("room", name, 1, sdp)
            return through(answer, path.address) if path else answer

        await page.expose_function("offer", offer)
        await page.goto(self._address)
        await page.evaluate("picture => join(picture)", picture)

    def change(self, name: str, *, up: Conditions | None = None, down: Conditions | None = None) -> None:
        """The network of that person changes."""
        if up is not None:
            self.paths[name].up.change(up)
        if down is not None:
            self.paths[name].down.change(down)

    async def during(self, seconds: float, *names: str) -> dict[str, Stretch]:
        """Let the call go on for so many seconds of sound, and tell what these people (all, by default) got."""
        chosen = names or tuple(self.pages)
        begun = time.monotonic()
        async with asyncio.timeout(3 * seconds + 20):
            found = await asyncio.gather(*(self.pages[name].evaluate("s => during(s)", seconds) for name in chosen))
        return {
            name: _stretch(before, after, tuple(look[name] for at, look in self._looks if at >= begun and name in look))
            for name, (before, after) in zip(chosen, found, strict=True)
        }

    def note(self, what: str, found: dict[str, Stretch]) -> None:
        """Print what was measured, for whoever runs with -s."""
        for name, stretch in found.items():
            self.bench.note(
                f"{what}: {name} sends {stretch.sent} with {stretch.keys_sent} keys, gets {stretch.pictures}"
            )
            for slot, heard in enumerate(stretch.slots):
                if heard.sound_packets_per_s or heard.frames_per_s:
                    self.bench.note(f"  slot {slot}: {heard}")

    async def gather(self, up: Conditions, down: Conditions, seen: Picture | None = None) -> None:
        """Anna (a) with a camera, Bao (b) with a good line, Chen (c) with the given one; all hear all, and see Anna."""
        self.bench.table(("b", 0, "a"), ("c", 0, "a"), ("a", 0, "c"), ("a", 1, "b"), ("b", 1, "c"), ("c", 1, "b"))
        await self.join("b")
        await self.join("a", CAMERA)
        await self.join("c", seen, up=up, down=down)

    async def until(self, name: str, *pictures: str, seconds: float) -> float:
        """Wait until the relay says that this person is given one of these layers; returns after how many seconds."""
        begun = time.monotonic()
        async with asyncio.timeout(seconds):
            while self.bench.relay.quality("room")[name].picture not in pictures:
                self._looked.clear()
                await self._looked.wait()
        return time.monotonic() - begun


def _stretch(before: dict[str, Any], after: dict[str, Any], looks: tuple[Quality, ...]) -> Stretch:
    passed = after["at"] - before["at"]
    slots = (_heard(old, new, passed) for old, new in zip(before["heard"], after["heard"], strict=True))
    sent = {
        name: round((report["bytesSent"] - before["sent"].get(name, {}).get("bytesSent", 0)) * 8 / passed / 1000)
        for name, report in after["sent"].items()
    }
    return Stretch(
        tuple(slots), sent, _all(after["sent"], "keyFramesEncoded") - _all(before["sent"], "keyFramesEncoded"), looks
    )


def _all(reports: dict[str, dict[str, int]], field: str) -> int:
    return sum(report.get(field, 0) for report in reports.values())


def _heard(before: dict[str, Any], after: dict[str, Any], passed: float) -> Heard:
    def grown(kind: str, field: str) -> float:
        new = after.get(kind, {}).get(field, 0)
        return float(new - before.get(kind, {}).get(field, 0))

    return Heard(
        sound=1 - grown("audio", "concealedSamples") / max(grown("audio", "totalSamplesReceived"), 1),
        frames_per_s=grown("video", "framesDecoded") / passed,
        frozen_s=grown("video", "totalFreezesDuration"),
        kbps=round(grown("video", "bytesReceived") * 8 / passed / 1000),
        width=after.get("video", {}).get("frameWidth", 0),
        keys=round(grown("video", "keyFramesDecoded")),
        fec=round(grown("audio", "fecPacketsReceived")),
        sound_packets_per_s=grown("audio", "packetsReceived") / passed,
    )
