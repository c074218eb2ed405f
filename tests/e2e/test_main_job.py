"""The one story: case, room, link and code, admitted, heard and seen, recorded, agreed, signed, sealed, closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import STORY, Street
from tests.e2e.media_probe import Slot, mark_of, nothing_came, slots
from tests.e2e.people import (
    PartyFacts,
    admit,
    ask_for_code,
    consent_and_wait,
    enter_room,
    identify,
    make_invite,
    make_link,
    open_case,
    party_ids,
    phase,
    read_code,
    redeem,
    sign,
    sign_in,
    tid,
    verify,
)
from tests.e2e.waiting import until
from tests.e2e.watching import watch_the_signature
from tests.support.playback import Film, watch
from tests.support.service import ROOT, Service

NUMBER = "城东（治）调〔2026〕0107号"
PASSWORD = "he-wei-gui-2026-nian"
ZHANG = PartyFacts("A", "张㛃", "11010519491231002X", "13800138001")
LI = PartyFacts("B", "李䶮", "440524198001010013", "13900139002")
OFFICER, PARTY_A, PARTY_B, LAWYER = range(4)


@pytest.mark.e2e
@pytest.mark.timeout(420)
def test_main_job(service: Service, street: Street) -> None:
    officer = street.person("officer", OFFICER, phone=False)
    zhang = street.person("zhang", PARTY_A, phone=True)
    li = street.person("li", PARTY_B, phone=True)
    lawyer = street.person("lawyer", LAWYER, phone=True)

    # A case gets its one room; links and a code are handed out.
    sign_in(officer, service.url, service.officer, PASSWORD)
    case = open_case(officer, NUMBER, [ZHANG, LI])
    a, b = party_ids(officer)
    links = {a: make_link(officer, a), b: make_link(officer, b)}
    code = make_invite(officer, "lawyer", "A")

    # The parties prove who they are, consent and wait.
    seats: dict[str, str] = {}
    for name, page, party, facts in (("zhang", zhang, a, ZHANG), ("li", li, b, LI)):
        ask_for_code(page, links[party], facts.name)
        officer.goto(case)
        identify(page, read_code(officer), facts.id_number[-6:])
        expect(tid(page, "step-notice")).to_be_visible()
        _keep(page, f"notice-{name}")
        seats[name] = consent_and_wait(page)
    redeem(lawyer, service.url, code, "赵律师", "lawyer")
    seats["lawyer"] = consent_and_wait(lawyer)
    _keep(zhang, "waiting")

    # The officer lets them in, one by one, and begins.
    seats["officer"] = enter_room(officer)
    tid(officer, "session-open").click()
    for name in ("zhang", "li", "lawyer"):
        admit(officer, seats[name])
    for name in ("zhang", "li"):
        verify(officer, seats[name])
    tid(officer, "session-start").click()

    # Everybody hears and sees everybody else: frames decoded, the right camera in each tile, sound.
    everybody = {"officer": officer, "zhang": zhang, "li": li, "lawyer": lawyer}
    persons = dict(zip(everybody, range(4), strict=True))
    for page in everybody.values():
        phase(page, "joint")
    for name, page in everybody.items():
        for other in everybody:
            if other != name:
                _sees(page, seats[other], persons[other])
        _hears(page, 3)
    expect(tid(zhang, "recorder")).to_have_attribute("data-state", "on")
    for name, page in everybody.items():
        _keep(page, f"joint-{name}")

    # Apart with one side: the other side's pictures and sound stop, the private sign appears.
    tid(officer, "caucus-A").click()
    phase(officer, "private")
    phase(zhang, "private")
    phase(li, "elsewhere")
    before = slots(li)
    inside = slots(zhang)
    _say(zhang, "只跟您说：三千元可以接受")
    tid(officer, "tab-chat").click()
    expect(tid(officer, "chat-message").last).to_contain_text("三千元可以接受")
    until(zhang, "pictures go on inside the caucus", lambda: _frames(zhang) >= _total(inside) + 20)
    assert nothing_came(before, slots(li)), "something reached the other side"
    assert mark_of(li, seats["officer"]) is None
    assert mark_of(li, seats["zhang"]) is None
    assert "三千元" not in li.content()
    _keep(officer, "caucus-officer")
    _keep(li, "caucus-li")
    tid(officer, "caucus-leave").click()
    for page in everybody.values():
        phase(page, "joint")
    _sees(li, seats["zhang"], PARTY_A)
    assert "三千元" not in li.content()

    # A reload brings a person back to the same seat in the same state, without a tap.
    li.reload()
    phase(li, "joint")
    _sees(li, seats["officer"], OFFICER)
    _sees(officer, seats["li"], PARTY_B)

    # The agreement is drafted live, locked, signed by each on their own screen, and sealed.
    _draft(officer, a, b)
    for page in (zhang, li):
        _panel(page)
        expect(tid(page, "agreement-text")).to_contain_text("叁仟元整")
    tid(officer, "lock").click()
    tid(officer, "confirm").click()
    codes = {tid(page, "lock-code").inner_text() for page in (zhang, li)}
    assert len(codes) == 1
    _keep(zhang, "locked-zhang")
    sign(zhang)
    sign(li)
    sign(officer)
    tid(officer, "seal").click()
    tid(officer, "confirm").click()
    for page in (officer, zhang, li):
        expect(tid(page, "sealed")).to_be_visible()
    _keep(officer, "sealed-officer")
    _keep(zhang, "sealed-zhang")
    pdf = _fetch(zhang, f"{service.url}/api/seats/{seats['zhang']}/agreement.pdf", STORY / "agreement.pdf")

    # The sitting ends; the case shows everything and is closed.
    tid(officer, "session-end").click()
    tid(officer, "outcome-agreed").check()
    tid(officer, "end-confirm").click()
    expect(tid(zhang, "ended")).to_be_visible()
    _keep(zhang, "ended-zhang")
    officer.goto(case)
    films = _films(service, officer, case)
    _plays(officer)
    _keep(officer, "case", full=True)
    watch_the_signature(officer, ZHANG.name)
    _keep(officer, "watch", full=True)
    officer.goto(case)
    tid(officer, "case-close").click()
    tid(officer, "close-outcome-agreed").check()
    tid(officer, "close-submit").click()
    tid(officer, "close-confirm").click()
    expect(tid(officer, "case-status").first).to_contain_text("已结案")

    _check_pdf(service, pdf)
    _check_films(films)
    _check_timeline(service, officer, case)


def _sees(page: Page, seat: str, person: int) -> None:
    """The tile shows that person's camera, and its frame number moves."""

    def moving() -> bool:
        now = mark_of(page, seat)
        return now is not None and now[1] == person and now[0] != first[0]

    def there() -> tuple[int, int] | None:
        mark = mark_of(page, seat)
        return mark if mark is not None and mark[1] == person else None

    first = until(page, f"the picture of person {person}", there)
    until(page, f"person {person} moves", moving)


def _hears(page: Page, others: int) -> None:
    """As many slots as there are others gain sound energy and decoded frames."""
    before = slots(page)

    def louder() -> bool:
        gained = zip(before, slots(page), strict=True)
        return sum(n.energy > o.energy and n.frames > o.frames + 5 for o, n in gained) >= others

    until(page, "sound and pictures of everybody", louder)


def _total(slots_: list[Slot]) -> int:
    return sum(slot.frames for slot in slots_)


def _frames(page: Page) -> int:
    return _total(slots(page))


def _say(page: Page, text: str) -> None:
    if not tid(page, "chat-text").is_visible():
        tid(page, "chat-open").click()
    tid(page, "chat-text").fill(text)
    tid(page, "chat-send").click()


def _panel(page: Page) -> None:
    """On a phone the agreement is behind a button."""
    text = tid(page, "agreement-text")
    button = tid(page, "go-agreement").or_(tid(page, "go-sign")).first
    expect(text.or_(button).first).to_be_visible()
    if not text.is_visible():
        button.click()


def _draft(officer: Page, a: str, b: str) -> None:
    tid(officer, "tab-agreement").click()
    tid(officer, "agreement-start").click()
    tid(officer, "term-add").click()
    tid(officer, "term-debtor").select_option(b)
    tid(officer, "term-creditor").select_option(a)
    tid(officer, "term-what").fill("医疗费、营养费等各项损失")
    tid(officer, "term-amount").fill("3000")
    tid(officer, "term-due").fill("2026-12-31")
    tid(officer, "term-way").fill("银行转账")
    tid(officer, "term-save").click()
    expect(tid(officer, "term-0")).to_be_visible()
    tid(officer, "clause").fill("李䶮当面向张㛃赔礼道歉，双方今后互不干扰。")
    tid(officer, "clause-add").click()
    expect(tid(officer, "clause-remove")).to_be_visible()


def _fetch(page: Page, url: str, to: Path) -> bytes:
    reply = page.request.get(url)
    assert reply.ok, reply.status
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(reply.body())
    return reply.body()


def _films(service: Service, officer: Page, case: str) -> dict[str, Film]:
    """Every seat's joint recording, once the jobs have made it."""
    case_id = case.rsplit("/", 1)[1]

    def ready() -> list[dict[str, object]] | None:
        found = officer.request.get(f"{service.url}/api/cases/{case_id}").json()["recordings"]
        joint = [row for row in found if row["status"] != "sealed"]
        return joint if len(joint) == 4 and all(row["status"] == "ready" for row in joint) else None

    rows = until(officer, "four recordings", ready, 60)
    films = {}
    for row in rows:
        name = str(row["seats"][0])  # type: ignore[index]
        path = STORY / f"recording-{name}.webm"
        _fetch(officer, f"{service.url}/api/recordings/{row['id']}/content", path)
        films[name] = watch(path)
    return films


def _plays(officer: Page) -> None:
    """The officer plays a recording on the case page and jumps about in it (by HTTP ranges)."""
    officer.reload()
    officer.locator('[data-testid^="recording-"][data-testid$="-play"]').first.click()
    video = officer.locator('[data-testid^="recording-"][data-testid$="-video"]').first
    expect(video).to_be_visible()
    until(officer, "the recording plays", lambda: video.evaluate("v => v.readyState >= 2 && v.duration > 5"))
    video.evaluate("v => { v.currentTime = v.duration - 2; }")
    until(officer, "the jump to its end", lambda: video.evaluate("v => !v.seeking && v.readyState >= 2"))
    assert video.evaluate("v => v.currentTime > v.duration - 3 && v.videoWidth > 0 && !v.error")


def _check_films(films: dict[str, Film]) -> None:
    """The right camera and voice in each; frame numbers in step with time; the caucus is a gap, not in the film."""
    persons = {"王警官": OFFICER, "张㛃": PARTY_A, "李䶮": PARTY_B, "赵律师": LAWYER}
    assert set(films) == set(persons)
    for name, film in films.items():
        assert film.persons == {persons[name]}
        assert film.unreadable <= len(film.marks) // 10
        assert film.voice == persons[name]
        # A reload starts the reloaded phone's fake camera anew: the one step that is not in time.
        assert len(film.steps_out_of_time) <= (name == LI.name), film.steps_out_of_time
        assert film.longest_gap_s > 1.5, "the caucus should be missing"
        assert film.audio_s == pytest.approx(film.video_s, abs=3)


def _check_pdf(service: Service, pdf: bytes) -> None:
    path = STORY / "agreement.pdf"
    told = _heshi(service, "verify", "pdf", str(path))
    assert told.returncode == 0, told.stdout
    assert "VALID" in told.stdout
    shown = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in shown
    assert "Total document signed" in shown
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for word in ("治安调解协议书", "张㛃", "李䶮", "叁仟元整", NUMBER):
        assert word in text.replace(" ", ""), word
    subprocess.run(["pdftoppm", "-r", "80", "-png", str(path), str(STORY / "agreement")], check=True)
    changed = bytearray(pdf)
    changed[len(pdf) // 3] ^= 1
    spoilt = service.data / "spoilt.pdf"
    spoilt.write_bytes(changed)
    assert _heshi(service, "verify", "pdf", str(spoilt)).returncode == 1
    shown = subprocess.run(["pdfsig", str(spoilt)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" not in shown


def _check_timeline(service: Service, officer: Page, case: str) -> None:
    told = _heshi(service, "verify", "case", NUMBER)
    assert told.returncode == 0, told.stdout
    case_id = case.rsplit("/", 1)[1]
    timeline = officer.request.get(f"{service.url}/api/cases/{case_id}/timeline").json()
    assert timeline["intact"]
    acts = [entry["act"] for entry in timeline["entries"]]
    story = ["case.created", "link.made", "identity.confirmed", "consent.given", "seat.admitted", "session.started"]
    story += [
        "caucus.entered",
        "caucus.left",
        "agreement.locked",
        "agreement.signed",
        "agreement.sealed",
        "session.ended",
    ]
    story += ["recording.viewed", "recording.watched", "case.closed"]
    assert _in_order(acts, story), acts
    (STORY / "timeline.json").write_text(json.dumps(timeline, ensure_ascii=False, indent=1), encoding="utf-8")


def _in_order(acts: list[str], wanted: list[str]) -> bool:
    rest: Callable[[], str | None] = iter(acts).__next__
    try:
        for act in wanted:
            while rest() != act:
                pass
    except StopIteration:
        return False
    return True


def _heshi(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={**os.environ, "HESHI_DATA": str(service.data), "HESHI_LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )


def _keep(page: Page, name: str, *, full: bool = False) -> None:
    (STORY / "screens").mkdir(parents=True, exist_ok=True)
    page.screenshot(path=STORY / "screens" / f"{name}.png", full_page=full)
