"""Workers that are slow, die in the middle, or whose recorder fails: told over the workers' own protocol."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cases import Scope
from cases.inputs import NewOfficer
from cases.organs import all_organs
from rooms.rules import system
from server.migrate import migrate
from server.settings import Settings
from server.wiring import open_house
from signaling.live.holders import Holders
from signaling.live.presence import Presence
from tests.integration.signaling.handworker import SDP, Worker, sitting
from tests.integration.signaling.town import Town
from tests.support.casework import new_case
from vault import Transaction


async def test_private_shows_only_when_the_relay_has_obeyed(town: Town) -> None:
    async with sitting(town) as (_, worker, _, officer, party):
        worker.obeys.clear()
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["caucus"] == "member")
        assert (await party.view())["private"] is False
        worker.obeys.set()
        await party.shown(lambda view: view["private"])


async def test_who_keeps_the_private_sign_is_cut_off_before_anybody_hears(town: Town) -> None:
    async with sitting(town) as (_, worker, _, officer, party):
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        silent = asyncio.Event()

        async def says_nothing(_: object) -> None:
            await silent.wait()

        party.sio.on("snapshot", says_nothing)
        endpoints = {row["to"] for row in worker.tables[-1]["rows"]}
        assert len(endpoints) == 2
        told = len(worker.tables)
        worker.heard.clear()
        await officer.do("caucus.leave")
        async with asyncio.timeout(10):
            await party.gone.wait()
        await officer.shown(lambda view: view["phase"] == "joint" and not view["peers"][0]["online"])
        async with asyncio.timeout(10):
            await worker.heard.wait()
        assert all(table["rows"] == [] for table in worker.tables[told:])
        silent.set()


async def test_having_asked_is_no_word_that_the_private_sign_is_out(town: Town) -> None:
    async with sitting(town) as (_, worker, _, officer, party):
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        silent = asyncio.Event()

        async def says_nothing(_: object) -> None:
            await silent.wait()

        party.sio.on("snapshot", says_nothing)
        # The relay is slow with one table, so that the end of the caucus finds the room busy and the seat asks first.
        worker.obeys.clear()
        worker.heard.clear()
        await party.do("media.state", mic=False, camera=True)
        async with asyncio.timeout(10):
            await worker.heard.wait()
        told = len(worker.tables)
        await officer.do("caucus.leave")
        await party.do("room.sync")
        worker.obeys.set()
        async with asyncio.timeout(10):
            await party.gone.wait()
        await officer.shown(lambda view: view["phase"] == "joint" and not view["peers"][0]["online"])
        assert all(table["rows"] == [] for table in worker.tables[told:])
        silent.set()


async def test_a_failed_recorder_is_asked_again_when_the_session_goes_on(town: Town) -> None:
    async with sitting(town) as (case, worker, _, officer, party):
        await worker.tell("recorder", room=case.room, state="failed", reason="disk.low")
        await party.shown(lambda view: view["waiting_hint"] == "recorder_failed" and view["phase"] == "paused")
        worker.health = "failed"
        assert await officer.refused("session.resume") == "room.recorder_down"
        worker.health = "idle"
        await officer.do("session.resume")
        await party.shown(lambda view: view["phase"] == "joint" and view["recorder"] == "ok")
        # The same at the start of the next sitting.
        await worker.tell("recorder", room=case.room, state="failed", reason="disk.low")
        await party.shown(lambda view: view["phase"] == "paused")
        await officer.do("session.end", outcome="suspended")
        await officer.do("session.open")
        await officer.do("session.start")


async def test_a_worker_that_dies_on_an_offer(town: Town) -> None:
    async with sitting(town) as (_, worker, _, officer, party):
        worker.dies_on = "offer"
        assert await party.refused("media.offer", sdp=SDP) == "media.no_worker"
        for socket in (officer, party):
            lost = await socket.until(lambda seen: [payload for event, payload in seen if event == "media.lost"])
            assert lost == [{"why": "worker", "epoch": worker.tables[-1]["epoch"]}]
        await officer.shown(lambda view: view["media_epoch"] == 0)
        second = Worker("second")
        await second.dial(town)
        try:
            await party.do("media.offer", sdp=SDP)
            await officer.do("media.offer", sdp=SDP)
            await party.shown(lambda view: view["recorder"] == "ok" and view["media_epoch"] > 1)
            assert second.tables[-1]["epoch"] > worker.tables[-1]["epoch"]
            # Told once, whoever noticed: a second word would break off what was begun at the first.
            assert all([event for event, _ in one.seen].count("media.lost") == 1 for one in (officer, party))
        finally:
            await second.close()


async def test_what_a_worker_tells_is_taken_in_order(town: Town) -> None:
    async with sitting(town) as (case, worker, a, officer, _):
        (endpoint,) = (entry["endpoint"] for entry in worker.tables[-1]["record"] if a.seat in entry["seats"])
        for _ in range(10):
            for state in ("connecting", "failed", "connected"):
                await worker.tell("endpoint", room=case.room, endpoint=endpoint, state=state)
        await worker.tell("recorder", room=case.room, state="failed", reason="disk.low")
        await officer.shown(lambda view: view["phase"] == "paused")
        assert (await officer.view())["peers"][0]["media"] == "connected"


async def test_after_a_crash_nobody_is_online(tmp_path: Path) -> None:
    """A host whom a killed process left online would bar every other officer for ever."""
    settings = Settings(data=tmp_path / "data")
    await migrate(settings.database_url)
    async with open_house(settings) as house:
        services = house.services

        async def prepare(tx: Transaction) -> str:
            first = await services.officers.ensure_first_administrator(tx, organ="城东派出所")
            assert first is not None
            organs = await all_organs(tx)
            new = NewOfficer(
                organ_id=first.officer.organ_id, username="wang", name="王警官", post="民警", role="officer"
            )
            issued = await services.officers.add(tx, Scope.of(first.officer, organs), new)
            scope = Scope.of(issued.officer, organs)
            case = await services.cases.create(tx, scope, new_case())
            return (await services.rooms.enter_as_mediator(tx, scope, case.id))[0].id

        room_id = await services.db.transact(prepare)
        (endpoint,) = (await services.room(room_id)).endpoints
        await services.system(room_id, lambda room, _: system.endpoint_online(room, endpoint))

        async def hang_up(room: str, endpoint: str) -> None:
            raise AssertionError("nobody had media")

        await Presence(services, Holders(), hang_up).recover()
        assert (await services.room(room_id)).endpoints[endpoint].online is False
