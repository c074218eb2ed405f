"""axe-core finds nothing serious or critical on any page, from sign-in to the end of a sitting."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Street
from tests.e2e.people import (
    PartyFacts,
    admit,
    enter_room,
    identify,
    make_link,
    open_case,
    party_ids,
    phase,
    read_code,
    seat_of,
    sign_in,
    tid,
)
from tests.support.service import ROOT, Service

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
# Through the debugger, not a script tag: the pages' own content security policy stays as it is.
LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id} at ${node.target.join(" ")}: ${node.failureSummary}`))"""
NUMBER = "城东（治）调〔2026〕0110号"
PASSWORD = "he-wei-gui-2026-nian"
ZHANG = PartyFacts("A", "张三", "11010519491231002X", "13800138001")
LI = PartyFacts("B", "李四", "440524198001010013", "13900139002")


class Examiner:
    """Looks at pages and keeps what is wrong with each, so that one run tells everything."""

    def __init__(self) -> None:
        self._axe = AXE.read_text(encoding="utf-8")
        self.wrong: dict[str, list[str]] = {}

    def look(self, page: Page, name: str, shown: str) -> None:
        """Examine `page` once the element with the test id `shown` is there."""
        expect(tid(page, shown).first).to_be_visible()
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(self._axe)
        found = page.evaluate(LOOK)
        if found:
            self.wrong[name] = found


@pytest.mark.e2e
@pytest.mark.timeout(420)
def test_every_page_can_be_used_by_everyone(service: Service, street: Street) -> None:
    officer, zhang = street.person("officer", 0, phone=False), street.person("zhang", 1, phone=True)
    axe = Examiner()
    link, case = _console(axe, officer, service)
    seat = _way_in(axe, zhang, officer, link, case)
    _room(axe, officer, zhang, seat)
    officer.goto(case)
    tid(officer, "session-1-watch").click()
    axe.look(officer, "watching", "jumps")
    _other_doors(axe, zhang, service)
    assert axe.wrong == {}


def _console(axe: Examiner, officer: Page, service: Service) -> tuple[str, str]:
    officer.goto(service.url)
    axe.look(officer, "sign-in", "signin-submit")
    sign_in(officer, service.url, service.officer, PASSWORD)
    axe.look(officer, "case list", "cases")
    tid(officer, "cases-new").click()
    axe.look(officer, "new case", "new-submit")
    officer.goto(service.url)
    case = open_case(officer, NUMBER, [ZHANG, LI])
    party, _ = party_ids(officer)
    link = make_link(officer, party)
    axe.look(officer, "case page", "case-number")
    tid(officer, "invite-new").click()
    axe.look(officer, "invite dialog", "invite-submit")
    return link, case


def _way_in(axe: Examiner, zhang: Page, officer: Page, link: str, case: str) -> str:
    zhang.goto(link)
    axe.look(zhang, "welcome", "begin")
    tid(zhang, "begin").click()
    axe.look(zhang, "name", "send-code")
    tid(zhang, "name").fill(ZHANG.name)
    tid(zhang, "send-code").click()
    axe.look(zhang, "identify", "identify")
    officer.goto(case)
    identify(zhang, read_code(officer), ZHANG.id_number[-6:])
    axe.look(zhang, "notice", "notice-read")
    tid(zhang, "notice-read").click()
    for matter in ("online", "personal_data", "recording", "esign"):
        tid(zhang, f"consent-{matter}-yes").click()
    axe.look(zhang, "consents", "consents-send")
    tid(zhang, "consents-send").click()
    axe.look(zhang, "devices", "devices-open")
    tid(zhang, "devices-open").click()
    axe.look(zhang, "preview", "preview")
    tid(zhang, "devices-done").click()
    axe.look(zhang, "waiting", "waiting-room")
    return seat_of(zhang)


def _room(axe: Examiner, officer: Page, zhang: Page, seat: str) -> None:
    enter_room(officer)
    tid(officer, "session-open").click()
    axe.look(officer, "at the door", f"waiting-{seat}")
    admit(officer, seat)
    tid(officer, "session-start").click()
    for page in (officer, zhang):
        phase(page, "joint")
    axe.look(officer, "officer's room", f"person-{seat}")
    axe.look(zhang, "party's room", "stage")
    tid(zhang, "chat-open").click()
    axe.look(zhang, "party's chat", "chat-text")
    tid(zhang, "panel-close").click()
    tid(officer, "tab-agreement").click()
    tid(officer, "agreement-start").click()
    axe.look(officer, "officer's draft", "editor")
    tid(officer, "term-add").click()
    axe.look(officer, "term form", "term-save")
    tid(officer, "term-what").fill("各项损失")
    tid(officer, "term-amount").fill("3000")
    tid(officer, "term-due").fill("2026-12-31")
    tid(officer, "term-way").fill("银行转账")
    tid(officer, "term-save").click()
    tid(zhang, "go-agreement").click()
    expect(tid(zhang, "agreement-text")).to_contain_text("叁仟元整")
    axe.look(zhang, "party's draft", "agreement-text")
    tid(officer, "lock").click()
    tid(officer, "confirm").click()
    expect(tid(zhang, "document")).to_contain_text("叁仟元整")
    expect(tid(zhang, "document")).to_contain_text(NUMBER)
    axe.look(zhang, "whole text", "lock-code")
    tid(zhang, "sign-open").click()
    axe.look(zhang, "signing", "sign-pad")
    tid(zhang, "sign-close").click()
    tid(officer, "session-end").click()
    axe.look(officer, "end dialog", "end-confirm")
    tid(officer, "outcome-suspended").check()
    tid(officer, "end-confirm").click()
    expect(tid(zhang, "ended-outcome")).to_have_attribute("data-outcome", "suspended")
    axe.look(zhang, "end", "ended")


def _other_doors(axe: Examiner, page: Page, service: Service) -> None:
    page.goto(f"{service.url}/i")
    axe.look(page, "third party", "redeem")
    page.goto(service.url)
    tid(page, "signin-username").fill(service.administrator.username)
    tid(page, "signin-password").fill(service.administrator.password)
    tid(page, "signin-submit").click()
    axe.look(page, "new password", "password-old")
    tid(page, "password-old").fill(service.administrator.password)
    tid(page, "password-new").fill(PASSWORD)
    tid(page, "password-again").fill(PASSWORD)
    tid(page, "password-submit").click()
    axe.look(page, "administration", "admin")
