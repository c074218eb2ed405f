"""What goes wrong in a sitting, and that nobody has to do anything about it that they would not know to do."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Street
from tests.e2e.films import end, film_of, let_run
from tests.e2e.gathering import LI, PARTY_A, PARTY_B, Gathering, gather, sees
from tests.e2e.media_probe import nothing_came, slots
from tests.e2e.people import (
    admit,
    ask_for_code,
    check_devices,
    consent_and_wait,
    identify,
    party_ids,
    phase,
    read_code,
    tid,
)
from tests.e2e.waiting import until
from tests.support.service import Service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LOST_S = 1.5
"""A second of capture, and what was still on its way."""


def test_worker_died(service: Service, street: Street, tmp_path: Path) -> None:
    """Killed with -9 in mid-session: all see each other again without a tap; what was captured is kept and playable."""
    room = gather(street, service)
    tid(room.officer, "caucus-A").click()
    phase(room.zhang, "private")
    tid(room.officer, "caucus-leave").click()
    phase(room.zhang, "joint")
    room.see_each_other()
    let_run(room, 40)
    killed = time.time()
    for worker in service.children("worker"):
        os.kill(worker, signal.SIGKILL)
    room.see_each_other()
    for _, page, _ in room.everybody():
        phase(page, "joint")
        expect(tid(page, "recorder")).to_have_attribute("data-state", "on")
    let_run(room, 20)
    end(room)
    film, began = film_of(service, room, "张三", tmp_path)
    assert film.persons == {PARTY_A}
    at = killed - began
    before = [mark[0] for mark in film.marks if mark[0] < at]
    after = [mark[0] for mark in film.marks if mark[0] > at]
    assert before[-1] > at - LOST_S, f"killed at {at:.2f} s, kept until {before[-1]:.2f} s"
    assert len(after) > 10, "recording goes on after the death"


def test_signaling_died(service: Service, street: Street) -> None:
    """The server killed with -9 and started again: everybody is back in the same seat and state by themselves."""
    room = gather(street, service)
    tid(room.officer, "caucus-B").click()
    phase(room.li, "private")
    service.kill_and_restart()
    phase(room.li, "private")
    phase(room.officer, "private")
    phase(room.zhang, "elsewhere")
    sees(room.li, room.seats["officer"], 0)
    tid(room.officer, "caucus-leave").click()
    room.see_each_other()


def test_recorder_failed(service: Service, street: Street) -> None:
    """No disk for the recording: the room pauses for all and says so; with the cause gone the officer goes on."""
    room = gather(street, service)
    workers = service.children("worker")
    for worker in workers:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    for _, page, _ in room.everybody():
        phase(page, "recorder_failed")
    before = slots(room.zhang)
    until(room.zhang, "a beat of the server passes", lambda: _stood_still(room))
    assert nothing_came(before, slots(room.zhang)), "nothing may flow unrecorded"
    for worker in workers:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tid(room.officer, "session-resume").click()
    room.see_each_other()
    expect(tid(room.zhang, "recorder")).to_have_attribute("data-state", "on")


def test_two_tabs_and_a_new_device(service: Service, street: Street) -> None:
    """Two tabs cannot hold one seat; a new device with the same link waits until the officer lets it in."""
    room = gather(street, service)
    second = room.li.context.new_page()
    second.goto(room.li.url)
    check_devices(second)
    expect(tid(room.li, "replaced")).to_be_visible()
    phase(second, "joint")
    sees(second, room.seats["officer"], 0)
    tid(room.li, "use-here").click()
    expect(tid(second, "replaced")).to_be_visible()
    phase(room.li, "joint")
    sees(room.officer, room.seats["li"], PARTY_B)

    other = street.person("li's other phone", 3, phone=True)
    ask_for_code(other, room.links["li"], LI.name)
    desk = room.officer.context.new_page()
    desk.goto(room.case)
    assert party_ids(desk)
    identify(other, read_code(desk), LI.id_number[-6:])
    assert consent_and_wait(other, again=True) == room.seats["li"]
    assert "王警官" not in other.content()
    admit(room.officer, room.seats["li"])
    phase(other, "joint")
    sees(room.officer, room.seats["li"], 3)
    expect(tid(room.li, "replaced")).to_be_visible()


def _stood_still(room: Gathering) -> bool:
    """True after two looks a good second apart (by the page's own clock)."""
    room.zhang.evaluate("() => new Promise(done => setTimeout(done, 1500))")
    return True
