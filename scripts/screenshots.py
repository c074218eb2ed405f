"""`make screenshots`: a whole sitting on the real service, with drawn people as cameras, kept in docs/screens.

Uses the pages and helpers of the browser tests, so a picture shows what the tests prove and nothing staged.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image, ImageOps  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from scripts.portraits import PEOPLE, handwriting, write_portrait, write_quiet  # noqa: E402
from tests.e2e import people  # noqa: E402
from tests.e2e.conftest import Street  # noqa: E402
from tests.e2e.media_probe import slots  # noqa: E402
from tests.e2e.people import PartyFacts, phase, tid  # noqa: E402
from tests.e2e.waiting import until  # noqa: E402
from tests.support.service import Service, running_service  # noqa: E402

SCREENS = ROOT / "docs" / "screens"
LIMIT = 150_000
PHONE_WIDTH, PAGE_WIDTH = 590, 800
NUMBER = "城东（治）调〔2026〕0001号"
PASSWORD = "a-long-password-for-pictures"  # noqa: S105
ZHANG = PartyFacts("A", "张桂芳", "11010519491231002X", "13800138001")
LI = PartyFacts("B", "李建国", "440524198001010013", "13900139002")
OFFICER, PARTY_A, PARTY_B, LAWYER = range(4)


def main() -> None:
    """Play the sitting and write the pictures."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(len(PEOPLE)):
            write_portrait(folder / f"{number}.y4m", number)
            write_quiet(folder / f"{number}.wav")
        with running_service(folder) as service, sync_playwright() as playwright:
            street = Street(playwright, folder)
            try:
                Sitting(service, street).play(folder)
            except Exception:
                street.keep("screenshots")
                raise
            finally:
                street.close()


class Sitting:
    """The officer, two parties and a lawyer, from the case to the sealed PDF."""

    def __init__(self, service: Service, street: Street) -> None:
        self._service = service
        self._officer = street.person("officer", OFFICER, phone=False)
        self._zhang = street.person("zhang", PARTY_A, phone=True)
        self._li = street.person("li", PARTY_B, phone=True)
        self._lawyer = street.person("lawyer", LAWYER, phone=True)
        self._everybody = (self._officer, self._zhang, self._li, self._lawyer)
        self._seats: dict[str, str] = {}

    def play(self, folder: Path) -> None:
        """All of it, in order."""
        case, parties = self._come_in()
        self._meet()
        self._caucus()
        self._sign(parties)
        _keep_pdf(self._pdf(folder / "agreement.pdf"), folder)
        self._end(case)

    def _come_in(self) -> tuple[str, list[str]]:
        officer, zhang, li, lawyer = self._everybody
        people.sign_in(officer, self._service.url, self._service.officer, PASSWORD)
        case = people.open_case(officer, NUMBER, [ZHANG, LI])
        parties = people.party_ids(officer)
        self._complete_record(case.rsplit("/", 1)[1], parties)
        officer.goto(case)
        links = [people.make_link(officer, party) for party in parties]
        code = people.make_invite(officer, "lawyer", "A")
        zhang.goto(links[0])
        expect(tid(zhang, "begin")).to_be_visible()
        _keep(zhang, "phone-welcome")
        for page, link, facts in ((zhang, links[0], ZHANG), (li, links[1], LI)):
            people.ask_for_code(page, link, facts.name)
            officer.goto(case)
            people.identify(page, people.read_code(officer), facts.id_number[-6:])
            self._seats[facts.name] = people.consent_and_wait(page)
        _keep(zhang, "phone-waiting")
        people.redeem(lawyer, self._service.url, code, "赵律师", "lawyer")
        self._seats["lawyer"] = people.consent_and_wait(lawyer)
        return case, parties

    def _complete_record(self, case: str, parties: list[str]) -> None:
        """What the short form of the tests leaves out and a printed agreement shows."""
        for facts, party, home in zip((ZHANG, LI), parties, ("201室", "302室"), strict=True):
            record = {"side": facts.side, "name": facts.name, "id_type": "resident", "id_number": facts.id_number}
            record |= {"phone": facts.phone, "address": f"城东区和平里小区3号楼{home}"}
            url = f"{self._service.url}/api/cases/{case}/parties/{party}"
            reply = self._officer.request.post(url, data=record, headers={"X-Heshi": "1"})
            assert reply.ok, reply.text()

    def _meet(self) -> None:
        officer, zhang, _, _ = self._everybody
        people.enter_room(officer)
        tid(officer, "session-open").click()
        for seat in self._seats.values():
            people.admit(officer, seat)
        for facts in (ZHANG, LI):
            people.verify(officer, self._seats[facts.name])
        tid(officer, "session-start").click()
        for page in self._everybody:
            phase(page, "joint")
            _until_pictures_move(page, len(self._everybody) - 1)
        tid(officer, "tab-chat").click()
        tid(officer, "chat-text").fill("请双方准备好医院发票，稍后核对金额。")
        tid(officer, "chat-send").click()
        expect(tid(officer, "chat-message")).to_be_visible()
        tid(officer, "tab-people").click()
        _keep(officer, "room-officer")
        _keep(zhang, "phone-joint")

    def _caucus(self) -> None:
        officer, zhang, li, _ = self._everybody
        tid(officer, "caucus-A").click()
        phase(officer, "private")
        phase(zhang, "private")
        phase(li, "elsewhere")
        _until_pictures_move(officer, 2)
        _keep(officer, "room-caucus")
        _keep(li, "phone-caucus-other-side")
        tid(officer, "caucus-leave").click()
        for page in self._everybody:
            phase(page, "joint")

    def _sign(self, parties: list[str]) -> None:
        officer, zhang, li, _ = self._everybody
        _draft(officer, *parties)
        for page in (zhang, li):
            button = tid(page, "go-agreement").or_(tid(page, "go-sign")).first
            expect(button).to_be_visible()
            button.click()
            expect(tid(page, "agreement-text")).to_contain_text("叁仟元整")
        _keep(officer, "room-agreement")
        tid(officer, "lock").click()
        tid(officer, "confirm").click()
        for page, name in ((zhang, ZHANG.name), (li, LI.name), (officer, "王")):
            tid(page, "sign-open").click()
            _write(page, name)
            if page is zhang:
                _keep(page, "phone-signing")
            tid(page, "sign-confirm").click()
            expect(tid(page, "sign-sheet")).to_have_count(0)
        tid(officer, "seal").click()
        tid(officer, "confirm").click()
        for page in (officer, zhang, li):
            expect(tid(page, "sealed")).to_be_visible()

    def _pdf(self, path: Path) -> Path:
        url = f"{self._service.url}/api/seats/{self._seats[ZHANG.name]}/agreement.pdf"
        reply = self._zhang.request.get(url)
        assert reply.ok, reply.status
        path.write_bytes(reply.body())
        return path

    def _end(self, case: str) -> None:
        officer = self._officer
        tid(officer, "session-end").click()
        tid(officer, "outcome-agreed").check()
        tid(officer, "end-confirm").click()
        expect(tid(self._zhang, "ended")).to_be_visible()
        case_id = case.rsplit("/", 1)[1]

        def filmed() -> bool:
            rows: list[dict[str, Any]] = officer.request.get(f"{self._service.url}/api/cases/{case_id}").json()[
                "recordings"
            ]
            return len(rows) > len(self._everybody) and all(row["status"] in ("ready", "sealed") for row in rows)

        until(officer, "recordings of everybody", filmed, 90)
        officer.goto(case)
        expect(tid(officer, "case-number")).to_contain_text(NUMBER)
        officer.wait_for_load_state("networkidle")
        _keep(officer, "console-case", full=True)


def _until_pictures_move(page: Page, others: int) -> None:
    before = slots(page)

    def moved() -> bool:
        pairs = zip(before, slots(page), strict=True)
        return sum(now.frames > then.frames + 5 for then, now in pairs) >= others

    until(page, "pictures of everybody", moved)


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
    tid(officer, "clause").fill("李建国当面向张桂芳赔礼道歉，双方今后互不干扰。")
    tid(officer, "clause-add").click()
    expect(tid(officer, "clause-remove")).to_be_visible()


def _write(page: Page, name: str) -> None:
    box = tid(page, "sign-pad").bounding_box()
    assert box is not None
    # Three square characters in a row, whatever the shape of the pad.
    wide = min(box["width"], 3 * box["height"])
    left, top = box["x"] + (box["width"] - wide) / 2, box["y"] + (box["height"] - wide / 3) / 2
    for stroke in handwriting(name):
        points = [(left + x * wide, top + y * wide / 3) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()


def _keep(page: Page, name: str, *, full: bool = False) -> None:
    picture = Image.open(io.BytesIO(page.screenshot(full_page=full))).convert("RGB")
    _save(picture, name, PHONE_WIDTH if name.startswith("phone-") else picture.width)


def _keep_pdf(path: Path, folder: Path) -> None:
    pdftoppm = shutil.which("pdftoppm")
    assert pdftoppm is not None, "poppler-utils is needed"
    out = folder / "page"
    subprocess.run([pdftoppm, "-r", "110", "-f", "1", "-singlefile", "-png", str(path), str(out)], check=True)  # noqa: S603
    picture = Image.open(out.with_suffix(".png")).convert("RGB")
    _save(ImageOps.expand(picture, 2, "#c8ccd2"), "sealed-pdf", PAGE_WIDTH)


def _save(picture: Image.Image, name: str, width: int) -> None:
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    path = SCREENS / f"{name}.png"
    for colours in (256, 128, 64, 32):
        # Full coverage: the small red light must not take the colour of its surroundings.
        few = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size <= LIMIT:
            break
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
