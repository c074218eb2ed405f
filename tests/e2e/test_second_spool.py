"""The first place for recordings fails in mid-session, and there is a second one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Street
from tests.e2e.films import end, film_of, let_run
from tests.e2e.gathering import PARTY_A, gather
from tests.e2e.people import phase, tid
from tests.support.service import Service, running_service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def twofold(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, HESHI_SPOOL_SECOND=str(tmp_path / "second")) as running:
        yield running


def test_recording_goes_on_in_the_second_place(twofold: Service, street: Street, tmp_path: Path) -> None:
    """Nobody is interrupted, the host is told, the parties see nothing alarming, and the film has it."""
    room = gather(street, twofold)
    let_run(room, 20)
    gone = time.time()
    shutil.rmtree(twofold.data / "spool")
    expect(tid(room.officer, "recorder")).to_have_attribute("data-state", "degraded")
    for _, page, _ in room.everybody():
        phase(page, "joint")
    expect(tid(room.zhang, "recorder")).to_have_attribute("data-state", "on")
    room.see_each_other()
    let_run(room, 60)
    end(room)
    film, began = film_of(twofold, room, "张三", tmp_path)
    assert film.persons == {PARTY_A}
    assert any(mark[0] > gone - began for mark in film.marks)
