"""How the network carries: real figures on the officer's tiles, a poor network told calmly, a summary afterwards."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import Street
from tests.e2e.gathering import gather
from tests.e2e.people import tid
from tests.e2e.test_accessibility import Examiner
from tests.support.service import Service

NEWS = '42["quality",'
WELL = {"grade": "good", "picture": "high", "sending": "ok", "seats": []}


class Eavesdropper(Street):
    """Opens everybody's browsers with a hand on their sockets, so that a page can be told that its network is poor."""

    @classmethod
    def beside(cls, street: Street) -> Eavesdropper:
        """Shares the browsers, which `street` closes."""
        listener = cls(street._playwright, street._cameras)
        listener._browsers, listener._contexts = street._browsers, street._contexts
        listener._routes, listener._held = {}, set()
        return listener

    _routes: dict[Page, WebSocketRoute]
    _held: set[Page]

    def person(self, name: str, number: int, *, phone: bool) -> Page:
        page = super().person(name, number, phone=phone)
        page.route_web_socket(re.compile("socket.io"), lambda route: self._join(page, route))
        return page

    def _join(self, page: Page, route: WebSocketRoute) -> None:
        def pass_on(said: str | bytes) -> None:
            if not (page in self._held and isinstance(said, str) and said.startswith(NEWS)):
                route.send(said)

        route.connect_to_server().on_message(pass_on)
        self._routes[page] = route

    def tell(self, page: Page, **news: Any) -> None:
        """This, and no longer what the server says, is the page's news."""
        self._held.add(page)
        self._routes[page].send(f"{NEWS}{json.dumps({**WELL, **news})}]")


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_everybody_is_told_in_words_how_the_network_carries(service: Service, street: Street) -> None:
    listener, axe = Eavesdropper.beside(street), Examiner()
    room = gather(listener, service)
    officer, zhang = room.officer, room.zhang

    # The relay's own figures: a mark on everybody's tile for the officer, nothing of anybody for a party.
    for name in ("zhang", "li"):
        mark = tid(officer, f"tile-{room.seats[name]}").get_by_test_id("quality")
        expect(mark).to_have_attribute("data-grade", re.compile("good|fair"))
    assert tid(zhang, "quality").count() == 0
    expect(tid(zhang, "quality-own")).to_have_attribute("data-trouble", "none")

    # A thin network: in words, on the page and on the tile whose picture does not come any more.
    officer.evaluate("() => window.__heshi.pc().getSenders()[1].replaceTrack(null)")
    tile = tid(zhang, f"tile-{room.seats['officer']}")
    expect(tile).to_contain_text("画面暂时没有传过来")
    listener.tell(zhang, grade="poor", picture="none")
    expect(tile).to_contain_text("网络较差，已转为语音")
    expect(tid(zhang, "quality-own")).to_contain_text("网络较差，已转为语音")
    axe.look(zhang, "voice only", "quality-own")
    listener.tell(zhang, grade="fair", sending="weak")
    expect(tid(zhang, "quality-own")).to_contain_text("对方可能看不清您")
    listener.tell(zhang)
    expect(tid(zhang, "quality-own")).to_have_text("")

    figures = {"layer": "low", "up_kbps": 200, "down_kbps": 250, "loss_percent": 3, "rtt_ms": 120, "freezes": 2}
    thin = {"seat": room.seats["zhang"], **WELL, "picture": "none", "grade": "poor", "concealed_percent": 4, **figures}
    del thin["seats"]
    listener.tell(officer, seats=[thin])
    mark = tid(officer, f"tile-{room.seats['zhang']}").get_by_test_id("quality")
    expect(mark).to_have_text("已转语音")
    mark.click()
    for words in ("丢包 3%", "延迟 120 毫秒", "看到的画面：仅语音", "自己的画面：流畅", "卡顿 2 次"):
        expect(tid(officer, "quality-figures")).to_contain_text(words)
    axe.look(officer, "figures", "quality-figures")

    tid(officer, "session-end").click()
    tid(officer, "outcome-suspended").check()
    tid(officer, "end-confirm").click()
    expect(tid(zhang, "ended")).to_be_visible()
    officer.goto(room.case)
    summary = tid(officer, "sitting-quality")
    expect(summary).to_contain_text("通话质量")
    summary.locator("summary").click()
    expect(tid(officer, f"quality-{room.seats['li']}")).to_contain_text("在线")
    axe.look(officer, "summary", "sitting-quality")
    assert axe.wrong == {}
