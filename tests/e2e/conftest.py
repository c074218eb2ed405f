"""Real browsers against a whole service. One Chromium per person: each has a camera and a voice of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.support.camera import write_camera, write_microphone
from tests.support.service import ROOT, Service, running_service

STORY = ROOT / "build" / "story"
FAILURES = ROOT / "build" / "failures"
DEADLINE_MS = 30_000
expect.set_options(timeout=DEADLINE_MS)
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


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `N.y4m` and `N.wav` for the persons 0–3."""
    folder = tmp_path_factory.mktemp("cameras")
    for person in range(4):
        write_camera(folder / f"{person}.y4m", person)
        write_microphone(folder / f"{person}.wav", person)
    return folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


class Street:
    """Everybody outside: opens a browser per person, and keeps what they saw when a test fails."""

    def __init__(self, playwright: Playwright, cameras: Path) -> None:
        self._playwright, self._cameras = playwright, cameras
        self._browsers: list[Browser] = []
        self._contexts: dict[str, BrowserContext] = {}

    def person(self, name: str, number: int, *, phone: bool) -> Page:
        """A page of a fresh browser whose fake camera and microphone are those of `number`."""
        browser = self._playwright.chromium.launch(
            executable_path=os.environ.get("HESHI_CHROMIUM") or shutil.which("chromium"),
            args=[
                *FLAGS,
                f"--use-file-for-fake-video-capture={self._cameras / f'{number}.y4m'}",
                f"--use-file-for-fake-audio-capture={self._cameras / f'{number}.wav'}",
            ],
        )
        self._browsers.append(browser)
        kind = {**self._playwright.devices["Pixel 5"], "viewport": {"width": 393, "height": 760}} if phone else {}
        if not phone:
            kind["viewport"] = {"width": 1366, "height": 820}
        context = browser.new_context(**kind, locale="zh-CN", permissions=["camera", "microphone"])
        context.set_default_timeout(DEADLINE_MS)
        # Without a film of the page: four of those at once take from the machine what the pictures need.
        context.tracing.start(screenshots=False, snapshots=False)
        self._contexts[name] = context
        return context.new_page()

    def keep(self, test: str) -> None:
        """Leave a screenshot and a trace per person in build/failures."""
        folder = FAILURES / test
        folder.mkdir(parents=True, exist_ok=True)
        for name, context in self._contexts.items():
            for number, page in enumerate(context.pages):
                page.screenshot(path=folder / f"{name}-{number}.png")
            context.tracing.stop(path=folder / f"{name}.zip")

    def close(self) -> None:
        """Everybody goes home."""
        for browser in self._browsers:
            browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture
def street(playwright: Playwright, cameras: Path, request: pytest.FixtureRequest) -> Iterator[Street]:
    everybody = Street(playwright, cameras)
    yield everybody
    if request.node.stash.get(FAILED, False):
        everybody.keep(request.node.name)
    everybody.close()


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    with running_service(tmp_path) as running:
        yield running
        if request.node.stash.get(FAILED, False):
            folder = FAILURES / request.node.name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(running.log, folder / "service.log")
