"""Where rooms go, and how they come off a worker that is hung, or is to be replaced."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from formats.errors import HeshiError
from server.draining import drain
from server.settings import Settings
from signaling.live.handshake import NAMESPACE
from tests.integration.signaling.handworker import SDP, Worker, secret_of, sitting
from tests.integration.signaling.live import live
from tests.integration.signaling.town import Town


async def operator(town: Town, worker: str) -> Any:
    """What `heshi drain` asks of the service."""
    hand = Worker("operator")
    await hand.connect(town)
    await hand.greet()
    asked = {"proof": hand.proof(secret_of(town), "operator"), "worker": worker}
    answer = await hand.sio.call("drain", asked, namespace=NAMESPACE, timeout=60)
    await hand.close()
    return answer


async def test_worker_died_silently(town: Town) -> None:
    """A hung worker answers nothing and keeps its socket: it is found out by its beats, and its rooms go elsewhere."""
    async with sitting(town) as (_, worker, _, officer, party):
        second = Worker("alive")
        await second.dial(town)
        worker.obeys.clear()
        worker.silent()
        asked = asyncio.create_task(officer.do("caucus.enter", side="A"))
        lost = await party.until(
            lambda seen: [p for event, p in seen if event == "media.lost" and p["why"] == "worker"]
        )
        assert lost
        await asked
        async with asyncio.timeout(10):
            await worker.ended.wait()
        for socket in (officer, party):
            await socket.do("media.offer", sdp=SDP)
        # The caucus is still one, and private again once the new worker obeys.
        await party.shown(lambda view: view["private"] and view["caucus"] == "member")
        assert second.tables[-1]["record"][0]["key"] == "caucus"
        worker.obeys.set()
        await second.close()


async def test_worker_died_with_everything_pending(town: Town) -> None:
    """Whatever waits on a worker is settled when it dies: an offer, a table, the end of a sitting."""
    async with sitting(town) as (_, worker, _, officer, party):
        worker.dies_on = "finish"
        await officer.do("session.end", outcome="suspended")
        await party.shown(lambda view: view["phase"] == "idle" and view["media_epoch"] == 0)
    async with sitting(town) as (_, worker, _, officer, party):
        worker.dies_on = "table"
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["media_epoch"] == 0 and view["caucus"] == "member" and not view["private"])


async def test_rooms_go_to_the_least_loaded(town: Town) -> None:
    busy, idle = Worker("a-busy"), Worker("b-idle")
    busy.load, idle.load = 0.9, 0.1
    for worker in (busy, idle):
        await worker.dial(town)
        await worker.tell("beat", load=worker.load)
    case = town.case()
    async with live(town.service.url, town.host(case)) as (officer,):
        await officer.do("session.open")
        await officer.do("media.offer", sdp=SDP)
        assert [name for name, _ in idle.calls if name == "offer"] == ["offer"]
        assert not busy.calls
    for worker in (busy, idle):
        await worker.close()


async def test_draining_makes_before_it_breaks(town: Town) -> None:
    async with sitting(town) as (case, old, _, officer, party):
        endpoints = {row["endpoint"] for row in old.tables[-1]["record"]}
        for endpoint in endpoints:
            await old.tell("endpoint", room=case.room, endpoint=endpoint, state="connected")
        await officer.shown(lambda view: view["peers"][0]["media"] == "connected")
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        before = old.tables[-1]
        new = Worker("fresh")
        await new.dial(town)
        draining = asyncio.create_task(operator(town, old.name))
        seen = await party.shown(lambda view: view["media_former"] == before["epoch"])
        # Nobody's sign goes out, nobody's connection counts as lost, and the old worker has its orders still.
        assert seen["view"]["private"] is True
        assert seen["view"]["media_epoch"] == before["epoch"] + 1
        assert seen["view"]["peers"][0]["media"] == "connected"
        assert ("drop_room", {"room": case.room}) not in old.calls
        for socket in (officer, party):
            await socket.do("media.offer", sdp=SDP)
        record = new.tables[-1]["record"]
        assert {row["key"] for row in record} == {"caucus"}
        assert {row["segment"] for row in record}.isdisjoint({row["segment"] for row in before["record"]})
        for endpoint in endpoints:
            await new.tell("endpoint", room=case.room, endpoint=endpoint, state="connected")
            await old.tell("endpoint", room=case.room, endpoint=endpoint, state="closed")
        await old.told("release")
        await old.close()
        assert await draining == {"workers": [old.name], "rooms": 1}
        assert [name for name, _ in old.calls][-2:] == ["drop_room", "release"]
        # Kept by a short lease: were this server to die, the old worker would be silent in seconds.
        last = [data for name, data in old.calls if name == "table"][-1]
        assert (last["rows"], last["epoch"]) == (before["rows"], before["epoch"])
        assert last["lease_s"] <= 5
        assert (await party.view())["private"] is True
        assert not [p for event, p in party.seen if event == "media.lost" and p["why"] != "unknown"]
        await new.close()


async def test_orders_that_change_during_a_move_stop_the_old_worker_at_once(town: Town) -> None:
    async with sitting(town) as (case, old, _, officer, party):
        for row in old.tables[-1]["record"]:
            await old.tell("endpoint", room=case.room, endpoint=row["endpoint"], state="connected")
        await officer.shown(lambda view: view["peers"][0]["media"] == "connected")
        new = Worker("fresh")
        await new.dial(town)
        draining = asyncio.create_task(operator(town, old.name))
        await party.shown(lambda view: view["media_former"] != 0)
        told = len(new.tables)
        await officer.do("caucus.enter", side="A")
        await party.shown(lambda view: view["private"])
        # Private shows after the new worker's word, and that was asked after the old one had let go.
        walls = [table for table in new.tables[told:] if table["record"] and table["record"][0]["key"] == "caucus"]
        assert walls
        assert ("drop_room", {"room": case.room}) in old.calls
        await old.told("release")
        await old.close()
        await draining
        await new.close()


async def test_without_another_worker_nothing_is_moved(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting(town) as (_, worker, _, _, party):
        assert (await operator(town, "nobody"))["error"]["code"] == "worker.unknown"
        with pytest.raises(HeshiError, match="There is no such worker"):
            port = int(town.service.url.rsplit(":", 1)[1])
            await drain(Settings(data=town.service.data, port=port), "nobody")
        assert not [name for name, _ in worker.calls if name == "drain"]
        assert (await party.view())["media_former"] == 0
