"""Processes that are killed or replaced in the middle of a sitting of four: nobody has to do anything about it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Street
from tests.e2e.films import end, film_of, let_run
from tests.e2e.gathering import OTHER, PARTY_A, Gathering, gather, sees
from tests.e2e.media_probe import nothing_came, slots
from tests.e2e.people import admit, consent_and_wait, make_invite, phase, redeem, tid
from tests.e2e.waiting import until
from tests.support.service import ROOT, Service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CONNECTED = "() => window.__heshi.pc()?.connectionState === 'connected'"
KEEP = "() => { window.__kept = window.__heshi.pc(); }"
KEPT = "() => window.__kept === window.__heshi.pc() && window.__kept.connectionState === 'connected'"


def test_four_through_a_restart_an_upgrade_and_two_deaths(service: Service, street: Street, tmp_path: Path) -> None:
    room, lawyer, seat = _four(service, street)
    pages = [page for _, page, _ in room.everybody()] + [lawyer]

    # The server is killed: media never notices.
    for page in pages:
        page.evaluate(KEEP)
    before = [sum(slot.frames for slot in slots(page)) for page in pages]
    service.kill_and_restart()
    for page in pages:
        phase(page, "joint")
    _all_see(room, lawyer, seat)
    assert all(page.evaluate(KEPT) for page in pages), "the connections of before"
    assert all(sum(slot.frames for slot in slots(page)) > old for page, old in zip(pages, before, strict=True))

    # Every worker is replaced by a new one: the picture goes on without a break.
    old = service.workers()
    began = time.time()
    drained = _heshi(service, "drain", "all")
    assert drained.returncode == 0, drained.stdout
    upgraded = time.time()
    until(room.officer, "the end of the old processes", lambda: not set(service.workers()) & set(old))
    _all_see(room, lawyer, seat)
    let_run(room, 20)

    # All workers are killed: all four are back, and so they are when it happens behind a wall.
    killed = time.time()
    _kill_workers(service)
    _all_see(room, lawyer, seat)
    for page in pages:
        phase(page, "joint")
        expect(tid(page, "recorder")).to_have_attribute("data-state", "on")
    tid(room.officer, "caucus-A").click()
    for page in (room.officer, room.zhang, lawyer):
        phase(page, "private")
    outside = slots(room.li)
    _kill_workers(service)
    for page in (room.officer, room.zhang, lawyer):
        sees(
            page, room.seats["zhang"] if page is not room.zhang else seat, PARTY_A if page is not room.zhang else OTHER
        )
        phase(page, "private")
    phase(room.li, "elsewhere")
    until(
        room.li,
        "a new connection",
        lambda: room.li.evaluate("() => window.__heshi.pc()?.connectionState === 'connected'"),
    )
    assert nothing_came([type(slot)(0, 0, 0) for slot in outside], slots(room.li)), "nothing over the wall"
    tid(room.officer, "caucus-leave").click()
    _all_see(room, lawyer, seat)
    let_run(room, 10)
    end(room)

    _gaps_are_told(service, room)
    film, start = film_of(service, room, "张三", tmp_path)
    assert film.persons == {PARTY_A}
    times = [at for at, _, _ in film.marks if began - start - 1 < at < min(upgraded, killed) - start]
    assert len(times) > 10
    hole = max(b - a for a, b in itertools.pairwise(times))
    assert hole < 1.2, f"{hole:.2f} s of the recording are missing at the upgrade"


def _four(service: Service, street: Street) -> tuple[Gathering, Page, str]:
    room = gather(street, service)
    lawyer = street.person("lawyer", OTHER, phone=True)
    desk = room.officer.context.new_page()
    desk.goto(room.case)
    redeem(lawyer, service.url, make_invite(desk, "lawyer", "A"), "赵律师", "lawyer")
    desk.close()
    seat = consent_and_wait(lawyer)
    admit(room.officer, seat)
    _all_see(room, lawyer, seat)
    return room, lawyer, seat


def _all_see(room: Gathering, lawyer: Page, seat: str) -> None:
    room.see_each_other()
    for _, page, person in room.everybody():
        sees(page, seat, OTHER)
        name = next(name for name, other, _ in room.everybody() if other is page)
        sees(lawyer, room.seats[name], person)


def _kill_workers(service: Service) -> None:
    for pid in service.workers():
        os.kill(pid, signal.SIGKILL)


def _heshi(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "HESHI_DATA": str(service.data), "HESHI_PORT": service.url.rsplit(":", 1)[1]}
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
    )


def _gaps_are_told(service: Service, room: Gathering) -> None:
    case_id = room.case.rsplit("/", 1)[1]
    entries = room.officer.request.get(f"{service.url}/api/cases/{case_id}/timeline").json()["entries"]
    gaps = [entry["payload"] for entry in entries if entry["act"] == "recording.gap"]
    assert len(gaps) >= 5, "each person at the two deaths"
    assert room.seats["zhang"] in {seat for gap in gaps for seat in gap["seats"]}
    assert all(gap["from"] <= gap["until"] and gap["segment"] != gap["next"] for gap in gaps)
    desk = room.officer.context.new_page()
    desk.goto(room.case)
    tid(desk, "timeline-all").click()
    line = desk.locator('[data-act="recording.gap"]').first
    expect(line).to_contain_text("录像缺了一段")
    expect(line).to_contain_text("秒")
    line.scroll_into_view_if_needed()
    desk.screenshot(path=str(Path("build") / "gap.png"))
    desk.close()
