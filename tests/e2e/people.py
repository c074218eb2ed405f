"""What people do, as they do it: through the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.support.service import Account


@dataclass(frozen=True)
class PartyFacts:
    """A party as the officer types it."""

    side: str
    name: str
    id_number: str
    phone: str


def tid(page: Page, testid: str) -> Locator:
    """By data-testid."""
    return page.get_by_test_id(testid)


def sign_in(page: Page, url: str, account: Account, new_password: str) -> None:
    """First sign-in with a one-time password, which has to be changed."""
    page.goto(url)
    tid(page, "signin-username").fill(account.username)
    tid(page, "signin-password").fill(account.password)
    tid(page, "signin-submit").click()
    tid(page, "password-old").fill(account.password)
    tid(page, "password-new").fill(new_password)
    tid(page, "password-again").fill(new_password)
    tid(page, "password-submit").click()
    expect(tid(page, "cases")).to_be_visible()


def open_case(page: Page, number: str, parties: list[PartyFacts]) -> str:
    """Fill in the form of a new case; the case page's address."""
    tid(page, "cases-new").click()
    tid(page, "new-number").fill(number)
    tid(page, "new-track").select_option("ZA")
    tid(page, "new-cause").fill("邻里纠纷引发的殴打他人")
    tid(page, "new-happened-at").fill("2026-11-20T19:40")
    tid(page, "new-place").fill("和平里小区3号楼楼道")
    tid(page, "new-facts").fill("双方因楼道堆放杂物发生口角，一方推搡致另一方左前臂软组织挫伤。")
    for index, party in enumerate(parties):
        tid(page, f"new-party-{index}-name").fill(party.name)
        tid(page, f"new-party-{index}-id-number").fill(party.id_number)
        tid(page, f"new-party-{index}-phone").fill(party.phone)
    tid(page, "new-submit").click()
    expect(tid(page, "case-number")).to_contain_text(number)
    return page.url


def party_ids(page: Page) -> list[str]:
    """The ids of the case page's parties, in order."""
    cards = page.locator('[data-testid^="party-"][data-testid$="-name"]')
    expect(cards.first).to_be_visible()
    found = [card.get_attribute("data-testid") or "" for card in cards.all()]
    return [name.removeprefix("party-").removesuffix("-name") for name in found]


def make_link(page: Page, party: str) -> str:
    """The party's link, as shown once."""
    tid(page, f"party-{party}-link").click()
    address = _shown(tid(page, "link-address"))
    tid(page, "link-done").click()
    return address


def make_invite(page: Page, role: str, side: str) -> str:
    """An invite code, as shown once."""
    tid(page, "invite-new").click()
    tid(page, "invite-role").select_option(role)
    tid(page, "invite-side").select_option(side)
    tid(page, "invite-submit").click()
    code = _shown(tid(page, "invite-code"))
    tid(page, "invite-done").click()
    return code


def _shown(place: Locator) -> str:
    expect(place).to_be_visible()
    field = place.evaluate("e => e.value ?? ''")
    return (field or place.inner_text()).strip()


def read_code(page: Page) -> str:
    """The newest code sent to a phone, read on the officer's case page."""
    tid(page, "notices").get_by_test_id("notice-read").first.click()
    found = tid(page, "notices").get_by_test_id("notice-code").first
    expect(found).to_be_visible()
    match = re.search(r"\d{6}", found.inner_text())
    assert match is not None
    return match.group()


def ask_for_code(page: Page, link: str, name: str) -> None:
    """Open the link and have the code sent."""
    page.goto(link)
    tid(page, "begin").click()
    tid(page, "name").fill(name)
    tid(page, "send-code").click()
    expect(tid(page, "step-identify")).to_be_visible()


def identify(page: Page, code: str, last6: str) -> None:
    """Prove who one is."""
    tid(page, "code").fill(code)
    tid(page, "id-last6").fill(last6)
    tid(page, "identify").click()


def consent_and_wait(page: Page, *, again: bool = False) -> str:
    """Read the notice, say yes to each matter (done before, if `again`), check the devices, wait; the seat."""
    if not again:
        tid(page, "notice-read").click()
        for matter in ("online", "personal_data", "recording", "esign"):
            tid(page, f"consent-{matter}-yes").click()
        tid(page, "consents-send").click()
    check_devices(page)
    expect(tid(page, "waiting-room")).to_be_visible()
    return seat_of(page)


def check_devices(page: Page) -> None:
    """Try camera and microphone, and say that all is right."""
    tid(page, "devices-open").click()
    expect(tid(page, "preview")).to_be_visible()
    tid(page, "devices-done").click()


def redeem(page: Page, url: str, code: str, name: str, role: str) -> None:
    """Come in by invite code."""
    page.goto(f"{url}/i")
    tid(page, "invite-code").fill(code)
    tid(page, "name").fill(name)
    tid(page, "role").select_option(role)
    tid(page, "redeem").click()


def seat_of(page: Page) -> str:
    """The seat that the page's address names."""
    return page.url.rsplit("/", 1)[1]


def enter_room(page: Page) -> str:
    """The officer goes in from the case page; the seat."""
    tid(page, "case-enter").click()
    page.wait_for_url("**/room/*")
    devices = tid(page, "devices-open")
    expect(devices.or_(tid(page, "session-open"))).to_be_visible()
    if devices.is_visible():
        devices.click()
        tid(page, "devices-done").click()
    expect(tid(page, "session-open")).to_be_visible()
    return seat_of(page)


def admit(page: Page, seat: str) -> None:
    """Let a waiting person in."""
    tid(page, f"waiting-{seat}").get_by_test_id("admit").click()
    expect(tid(page, f"waiting-{seat}")).to_have_count(0)


def verify(page: Page, seat: str) -> None:
    """Record that the officer is satisfied who this is."""
    person = tid(page, f"person-{seat}")
    person.get_by_test_id("verify").click()
    tid(page, "verify-id_document").click()
    expect(person.get_by_test_id("verified")).to_be_visible()


def phase(page: Page, kind: str) -> None:
    """Wait for the banner to say so."""
    expect(tid(page, "phase")).to_have_attribute("data-phase", kind)


def sign(page: Page) -> None:
    """Sign with a finger."""
    tid(page, "sign-open").click()
    pad = tid(page, "sign-pad")
    expect(pad).to_be_visible()
    box = pad.bounding_box()
    assert box is not None
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    for line in ([(0.2, 0.3), (0.5, 0.25), (0.45, 0.7)], [(0.3, 0.5), (0.7, 0.45)], [(0.6, 0.2), (0.75, 0.8)]):
        page.mouse.move(x + line[0][0] * width, y + line[0][1] * height)
        page.mouse.down()
        for across, down in line[1:]:
            page.mouse.move(x + across * width, y + down * height, steps=8)
        page.mouse.up()
    tid(page, "sign-confirm").click()
    expect(tid(page, "sign-sheet")).to_have_count(0)
