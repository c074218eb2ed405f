"""Sockets that break off, and a server that is killed: what still carries goes on carrying, and nobody hears unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.signaling.handworker import SDP, Worker, sitting
from tests.integration.signaling.live import Live, auth_of, live
from tests.integration.signaling.town import Case, Person, Town, settled
from tests.support.service import running_service


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A service that may be killed."""
    environ = {"HESHI_WORKERS": "0", "HESHI_TRUSTED_PROXIES": "127.0.0.1", "HESHI_LOG_LEVEL": "WARNING"}
    with running_service(tmp_path_factory.mktemp("own"), **environ) as service, settled(service) as town:
        yield town


async def connected(case: Case, worker: Worker, officer: Live) -> dict[str, str]:
    """Have the worker tell that every recorded endpoint is connected; they are returned by seat."""
    record = worker.tables[-1]["record"]
    for row in record:
        await worker.tell("endpoint", room=case.room, endpoint=row["endpoint"], state="connected")
    await officer.shown(lambda view: view["peers"][0]["media"] == "connected")
    return {row["seats"][0]: row["endpoint"] for row in record}


def holdings(case: Case, worker: Worker, endpoints: dict[str, str]) -> dict[str, Any]:
    """What a real worker would say that it holds."""
    table = worker.tables[-1]
    states = dict.fromkeys(endpoints.values(), "connected")
    return {case.room: {"epoch": table["epoch"], "revision": table["revision"], "endpoints": states}}


async def again(town: Town, person: Person) -> Live:
    """The person's page is back."""
    socket = Live()
    await socket.connect(town.service.url, auth_of(person.seat), person.device.cookie_header())
    return socket


async def test_a_socket_that_breaks_off_and_returns_changes_nothing(town: Town) -> None:
    async with sitting(town) as (case, worker, a, officer, party):
        await connected(case, worker, officer)
        revision, told = town.revision(case), len(worker.tables)
        await party.break_off()
        async with asyncio.timeout(10):
            await party.gone.wait()
        back = await again(town, a)
        view = await back.view()
        assert (view["phase"], view["media_epoch"]) == ("joint", worker.tables[-1]["epoch"])
        assert town.revision(case) == revision
        assert all(table["rows"] for table in worker.tables[told:])
        assert not [event for event, _ in back.seen if event == "media.lost"]
        await back.close()


async def test_nothing_flows_to_a_lost_socket_that_may_still_show_the_private_sign(town: Town) -> None:
    async with sitting(town) as (case, worker, a, officer, party):
        endpoints = await connected(case, worker, officer)
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        await party.break_off()
        async with asyncio.timeout(10):
            await party.gone.wait()
        # Inside the wall nothing changes for who is only looking for a network.
        assert (await officer.view())["peers"][0]["online"] is True
        told = len(worker.tables)
        await officer.do("caucus.leave")
        await officer.shown(lambda view: view["phase"] == "joint" and not view["peers"][0]["online"])
        joint = [table for table in worker.tables[told:] if table["record"] and table["record"][0]["key"] == "joint"]
        assert joint
        assert not any(endpoints[a.seat] in (row["to"], row["from"]) for table in joint for row in table["rows"])
        back = await again(town, a)
        await officer.shown(lambda view: view["peers"][0]["online"])
        assert (await back.view())["private"] is False
        await back.close()


async def test_a_page_that_is_closed_is_not_waited_for(town: Town) -> None:
    async with sitting(town) as (case, worker, a, officer, party):
        endpoints = await connected(case, worker, officer)
        await party.break_off()
        async with asyncio.timeout(10):
            await party.gone.wait()
        await worker.tell("endpoint", room=case.room, endpoint=endpoints[a.seat], state="closed")
        await officer.shown(lambda view: not view["peers"][0]["online"])


async def test_who_does_not_return_is_offline_and_hung_up(town: Town) -> None:
    """Nobody listens unseen: the moment of grace over, the device's media is ended."""
    async with sitting(town) as (case, worker, a, officer, party):
        endpoints = await connected(case, worker, officer)
        await party.break_off()
        assert await worker.told("close") == {"endpoint": endpoints[a.seat]}
        await officer.shown(lambda view: not view["peers"][0]["online"])


async def test_signaling_died(own: Town) -> None:
    """Killed with -9 in a caucus: worker and pages dial in again, and neither epoch nor connection nor sign changes."""
    async with sitting(own) as (case, worker, a, officer, party):
        endpoints = await connected(case, worker, officer)
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        host = own.host(case)
        await asyncio.to_thread(own.service.kill_and_restart)
        fresh = Worker(worker.name)
        fresh.holds = holdings(case, worker, endpoints)
        await fresh.dial(own)
        renewed = await fresh.told("table")
        assert (renewed["epoch"], renewed["revision"]) == (worker.tables[-1]["epoch"], worker.tables[-1]["revision"])
        assert renewed["rows"] == worker.tables[-1]["rows"]
        async with live(own.service.url, host, a) as (officer_again, party_again):
            view = (await party_again.shown(lambda view: view["private"]))["view"]
            assert view["media_epoch"] == worker.tables[-1]["epoch"]
            assert (await officer_again.view())["peers"][0]["media"] == "connected"
            assert not [p for socket in (officer_again, party_again) for e, p in socket.seen if e == "media.lost"]
        await fresh.close()


async def test_signaling_died_and_the_worker_knows_older_orders(own: Town) -> None:
    """The end of a caucus did not reach the relay: who is not back may still show the sign, so is not heard."""
    async with sitting(own) as (case, worker, a, officer, party):
        endpoints = await connected(case, worker, officer)
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        held = holdings(case, worker, endpoints)
        await officer.do("caucus.leave")
        await party.shown(lambda view: view["phase"] == "joint")
        host = own.host(case)
        await asyncio.to_thread(own.service.kill_and_restart)
        fresh = Worker(worker.name)
        fresh.holds = held
        async with live(own.service.url, host) as (officer_again,):
            await fresh.dial(own)
            await officer_again.shown(lambda view: not view["peers"][0]["online"])
            await fresh.told("table")
            assert not any(endpoints[a.seat] in (r["to"], r["from"]) for table in fresh.tables for r in table["rows"])
        await fresh.close()


async def test_signaling_died_and_the_worker_with_it(own: Town) -> None:
    """A worker that does not come back is not waited for longer than a moment."""
    async with sitting(own) as (case, worker, a, _, _):
        host = own.host(case)
        epoch = worker.tables[-1]["epoch"]
        await asyncio.to_thread(own.service.kill_and_restart)
        second = Worker("second")
        await second.dial(own)
        async with live(own.service.url, host, a) as (officer_again, party_again):
            for socket in (officer_again, party_again):
                await socket.do("media.offer", sdp=SDP)
            assert (await party_again.view())["media_epoch"] > epoch
            await party_again.shown(lambda view: view["recorder"] == "ok")
        await second.close()


async def test_what_a_worker_should_not_hold_is_dropped(town: Town) -> None:
    case, stale = town.case(), Worker("stale")
    stale.holds = {room: {"epoch": 3, "revision": 9, "endpoints": {}} for room in (case.room, "room_of_elsewhere")}
    await stale.dial(town)
    for room in stale.holds:
        await stale.told("drop_room", room=room)
    await stale.close()
