"""The officer watches a sitting afterwards: from a signature to its second, by keys, by lane, in full screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import tid
from tests.e2e.waiting import until

NEAR_S = 1.0


def watch_the_signature(officer: Page, name: str) -> None:
    """From the case page, at its agreement, to the moment at which `name` signed, and about in that sitting."""
    signer = officer.locator('[data-testid^="signer-"]').filter(has_text=name)
    signer.get_by_test_id("signer-watch").click()
    signed = officer.locator('[data-act="agreement.signed"]').filter(has_text=name)
    expect(signed).to_be_visible()
    second = int(signed.get_attribute("data-ms") or "") / 1000
    video = tid(officer, "watch-video")
    _stands_at(video, second)
    assert video.evaluate("v => v.videoWidth > 0 && !v.error && !v.controls")
    # A signer's own film, and the viewer's name across it.
    chosen = officer.locator('[aria-pressed="true"][data-testid^="film-"]')
    expect(chosen).to_have_text(name)
    expect(tid(officer, "watermark")).to_contain_text("王警官")
    # Another seat's film goes on at the same moment.
    officer.locator('[aria-pressed="false"][data-testid^="film-"]').first.click()
    _stands_at(video, second)
    officer.keyboard.press("ArrowLeft")
    _stands_at(video, max(0, second - 5))
    officer.keyboard.press("Shift+ArrowLeft")
    _stands_at(video, max(0, second - 35))
    tid(officer, "watch-play").click()
    before = video.evaluate("v => v.currentTime")
    until(officer, "the film runs", lambda: video.evaluate("v => v.currentTime") > before + 1.5)
    tid(officer, "watch-play").click()
    # Who spoke when: each voice in its own lane, and a press leads there.
    lane = officer.locator('[data-testid^="lane-"]').first
    assert "v" in (lane.locator("path").get_attribute("d") or ""), "nobody was heard"
    expect(tid(officer, "apart").first).to_contain_text("背靠背")
    box = lane.bounding_box()
    assert box is not None
    length = int(tid(officer, "watch-time").inner_text().split("/")[1].strip().split(":")[0]) * 60
    length += int(tid(officer, "watch-time").inner_text().split(":")[-1])
    lane.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    _stands_at(video, length / 2)
    # What fills the screen is the stage, with the mark in it.
    tid(officer, "watch-fill").click()
    inside: Callable[[], bool] = lambda: officer.evaluate(  # noqa: E731
        "() => document.fullscreenElement?.querySelector('[data-testid=watermark]')?.isConnected === true"
    )
    until(officer, "the mark in full screen", inside)
    tid(officer, "watch-fill").click()


def _stands_at(video: Locator, second: float) -> None:
    def there() -> bool:
        state = video.evaluate("v => [v.currentTime, v.readyState >= 2 && !v.seeking]")
        return bool(state[1]) and state[0] == pytest.approx(second, abs=NEAR_S)

    until(video.page, f"the film at {second:.1f} s", there)
