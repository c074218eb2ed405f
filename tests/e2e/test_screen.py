"""Somebody shows their screen: who sees it, who never does, and how it ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Street
from tests.e2e.gathering import gather
from tests.e2e.media_probe import screen_slot
from tests.e2e.people import phase, tid
from tests.e2e.test_accessibility import Examiner
from tests.e2e.waiting import until
from tests.support.service import Service

FRAMES = 4
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_shared_screen_is_seen_by_its_audience_and_by_nobody_else(service: Service, street: Street) -> None:
    """The officer's for all; in a caucus a party's for the mediator alone, who stops it; each a film of its own."""
    room = gather(street, service, phones={"li"})
    officer, zhang, li = room.officer, room.zhang, room.li

    tid(officer, "screen-share").click()
    expect(tid(officer, "screen-mine")).to_contain_text("您正在共享屏幕")
    for page in (zhang, li):
        expect(tid(page, "screen")).to_contain_text("王警官 正在共享屏幕")
        expect(tid(page, "screen")).to_have_attribute("data-state", "live")
        more_frames(page, FRAMES)
        expect(tid(page, "screen-stop-other")).to_have_count(0)
    axe = Examiner()
    axe.look(officer, "sharing", "screen-mine")
    axe.look(li, "a shared screen", "screen")
    assert axe.wrong == {}
    assert screen_slot(li).width >= 1280, "whole and sharp"
    expect(tid(li, "screen-share")).to_have_count(0)
    tid(zhang, "screen-share").click()
    expect(zhang.get_by_text("请等对方停止后再共享")).to_be_visible()

    tid(officer, "caucus-A").click()
    phase(zhang, "private")
    for page in (zhang, li):
        expect(tid(page, "screen")).to_have_count(0)
    expect(tid(officer, "screen-mine")).to_have_count(0)
    until(officer, "the officer's screen is let go", lambda: sends_no_screen(officer))

    outside = screen_slot(li)
    tid(zhang, "screen-share").click()
    expect(tid(zhang, "screen-mine")).to_be_visible()
    expect(tid(officer, "screen")).to_contain_text("张三 正在共享屏幕")
    more_frames(officer, FRAMES)
    expect(tid(li, "screen")).to_have_count(0)
    assert screen_slot(li).packets == outside.packets, "not a packet of it leaves the caucus"
    tid(officer, "screen-stop-other").click()
    expect(tid(officer, "screen")).to_have_count(0)
    expect(tid(zhang, "screen-mine")).to_have_count(0)
    until(zhang, "the party's screen is let go", lambda: sends_no_screen(zhang))

    tid(officer, "caucus-leave").click()
    phase(zhang, "joint")
    tid(zhang, "screen-share").click()
    expect(tid(li, "screen")).to_have_attribute("data-state", "live")
    more_frames(li, FRAMES)
    zhang.reload()
    expect(tid(li, "screen")).to_have_count(0)
    phase(zhang, "joint")
    expect(tid(zhang, "screen-mine")).to_have_count(0)

    tid(officer, "session-end").click()
    tid(officer, "outcome-suspended").check()
    tid(officer, "end-confirm").click()
    expect(tid(li, "ended")).to_be_visible()
    officer.goto(room.case)
    sealed = officer.locator('li[data-status="sealed"]', has_text="张三 共享的屏幕")
    expect(sealed).to_have_count(1)
    for name in ("王警官", "张三"):
        play(officer, officer.locator('li[data-status="ready"]', has_text=f"{name} 共享的屏幕"))


def more_frames(page: Page, count: int) -> None:
    """Wait until so many more frames of the shared screen were decoded."""
    before = screen_slot(page).frames
    until(page, f"{count} frames of the screen", lambda: screen_slot(page).frames >= before + count)


def play(page: Page, film: Locator) -> None:
    """Play the film of a screen, whole and sharp."""
    film.get_by_role("button").click()
    running = "video => video.videoWidth >= 1280 && video.currentTime > 0"
    until(page, "the film of the screen runs", lambda: bool(film.locator("video").evaluate(running)))


def sends_no_screen(page: Page) -> bool:
    """Whether this page's connection carries no screen."""
    held: bool = page.evaluate("() => window.__heshi.pc().getSenders()[2].track === null")
    return held
