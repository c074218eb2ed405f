"""A sitting under way, for tests of what can go wrong in one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.conftest import Street
from tests.e2e.media_probe import mark_of
from tests.e2e.people import (
    PartyFacts,
    admit,
    ask_for_code,
    consent_and_wait,
    enter_room,
    identify,
    make_link,
    open_case,
    party_ids,
    phase,
    read_code,
    sign_in,
    tid,
)
from tests.e2e.waiting import until
from tests.support.service import Service

NUMBER = "城东（治）调〔2026〕0108号"
PASSWORD = "he-wei-gui-2026-nian"
ZHANG = PartyFacts("A", "张三", "11010519491231002X", "13800138001")
LI = PartyFacts("B", "李四", "440524198001010013", "13900139002")
OFFICER, PARTY_A, PARTY_B, OTHER = range(4)


@dataclass(frozen=True)
class Gathering:
    """The officer and both parties, seen and heard; `seats` by name."""

    case: str
    officer: Page
    zhang: Page
    li: Page
    seats: dict[str, str]
    links: dict[str, str]

    def everybody(self) -> list[tuple[str, Page, int]]:
        """Name, page and camera number of each."""
        return [("officer", self.officer, OFFICER), ("zhang", self.zhang, PARTY_A), ("li", self.li, PARTY_B)]

    def see_each_other(self) -> None:
        """Wait until everybody's tile of everybody else shows that person's camera, moving."""
        for name, page, _ in self.everybody():
            for other, _, person in self.everybody():
                if other != name:
                    sees(page, self.seats[other], person)


def sees(page: Page, seat: str, person: int) -> None:
    """Wait until the tile shows that person's camera and its frame number moves."""

    def there() -> tuple[int, int] | None:
        mark = mark_of(page, seat)
        return mark if mark is not None and mark[1] == person else None

    def moved() -> bool:
        mark = there()
        return mark is not None and mark[0] != first[0]

    first = until(page, f"the picture of person {person}", there)
    until(page, f"person {person} moves", moved)


def gather(street: Street, service: Service, *, phones: Collection[str] = ("zhang", "li")) -> Gathering:
    """A joint session of the officer and two parties, seeing each other; the parties named in `phones` are at one."""
    officer = street.person("officer", OFFICER, phone=False)
    numbers = {"zhang": PARTY_A, "li": PARTY_B}
    pages = {name: street.person(name, number, phone=name in phones) for name, number in numbers.items()}
    sign_in(officer, service.url, service.officer, PASSWORD)
    case = open_case(officer, NUMBER, [ZHANG, LI])
    seats, links = {}, {}
    for (name, page), party, facts in zip(pages.items(), party_ids(officer), (ZHANG, LI), strict=True):
        links[name] = make_link(officer, party)
        ask_for_code(page, links[name], facts.name)
        officer.goto(case)
        identify(page, read_code(officer), facts.id_number[-6:])
        seats[name] = consent_and_wait(page)
    seats["officer"] = enter_room(officer)
    tid(officer, "session-open").click()
    for name in pages:
        admit(officer, seats[name])
    tid(officer, "session-start").click()
    gathering = Gathering(case, officer, pages["zhang"], pages["li"], seats, links)
    for _, page, _ in gathering.everybody():
        phase(page, "joint")
    gathering.see_each_other()
    return gathering
