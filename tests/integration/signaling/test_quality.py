"""How connections carry, from a worker's word to seats, the case and the monitoring; the worker is driven by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.signaling.handworker import Worker
from tests.integration.signaling.live import Live, live
from tests.integration.signaling.town import Case, Person, Town, good, settled
from tests.support.service import running_service

SDP = "v=0\r\n" * 20
TOKEN = "only-for-the-monitoring"
GOOD = {
    "up_kbps": 700,
    "up_loss": 0.0,
    "down_kbps": 1400,
    "down_loss": 0.0,
    "rtt_ms": 40,
    "down_estimate_kbps": 3000,
    "up_estimate_kbps": 1500,
    "picture": "high",
    "sending": "high",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    environ = {"HESHI_WORKERS": "0", "HESHI_TRUSTED_PROXIES": "127.0.0.1", "HESHI_METRICS_TOKEN": TOKEN}
    with running_service(tmp_path_factory.mktemp("town"), **environ) as service, settled(service) as town:
        yield town
        complaints = [line for line in service.log.read_text().splitlines() if "Traceback" in line]
        assert not complaints, service.log.read_text()


@dataclass
class Sitting:
    """The officer and both parties in a joint session."""

    case: Case
    worker: Worker
    people: dict[str, Person]
    sockets: dict[str, Live]

    async def tell(self, **changes: dict[str, Any]) -> None:
        """The worker's report: everybody is well but for `changes` by name."""
        table = self.worker.tables[-1]
        of = {seat: entry["endpoint"] for entry in table["record"] for seat in entry["seats"]}
        endpoints = {of[person.seat]: {**GOOD, **changes.get(name, {})} for name, person in self.people.items()}
        rooms = {self.case.room: {"epoch": table["epoch"], "endpoints": endpoints}}
        await self.worker.tell("quality", rooms=rooms, counters={"packets_in": 5000, "nacks_sent": 7})

    async def reconnect(self, name: str) -> None:
        """A person's media connection fails and is made anew."""
        own = self.people[name].seat
        (endpoint,) = (entry["endpoint"] for entry in self.worker.tables[-1]["record"] if own in entry["seats"])
        for state in ("failed", "connected"):
            await self.worker.tell("endpoint", room=self.case.room, endpoint=endpoint, state=state)
            await self.sockets["officer"].shown(lambda view, state=state: _media(view, own) == state)

    async def told(self, name: str, **wanted: Any) -> Any:
        """The first news of a person that is as wanted."""
        return await self.sockets[name].until(
            lambda seen: next(
                (
                    news
                    for event, news in seen
                    if event == "quality" and all(news[field] == value for field, value in wanted.items())
                ),
                None,
            )
        )


def _media(view: Any, seat: str) -> str:
    return str(next(peer["media"] for peer in view["peers"] if peer["seat"] == seat))


@asynccontextmanager
async def sitting(town: Town) -> AsyncIterator[Sitting]:
    case, worker = town.case(), Worker(f"hand-{next(town.numbers)}")
    people = {"officer": town.host(case), "a": town.party(case), "b": town.party(case, "B")}
    await worker.dial(town)
    try:
        async with live(town.service.url, *people.values()) as (officer, a, b):
            await officer.do("session.open")
            for name in ("a", "b"):
                await officer.do("seat.admit", seat=people[name].seat)
            for socket in (officer, a, b):
                await socket.do("media.offer", sdp=SDP)
            await officer.do("session.start")
            await officer.shown(lambda view: view["recorder"] == "ok")
            for entry in worker.tables[-1]["record"]:
                await worker.tell("endpoint", room=case.room, endpoint=entry["endpoint"], state="connected")
            await officer.shown(lambda view: [peer["media"] for peer in view["peers"]] == ["connected"] * 2)
            yield Sitting(case, worker, people, {"officer": officer, "a": a, "b": b})
    finally:
        await worker.close()


def _metrics(town: Town, token: str = TOKEN) -> str:
    reply = town.caller().get("/metrics", Authorization=f"Bearer {token}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return reply.text


async def test_from_a_workers_word_to_everybody_concerned(town: Town) -> None:
    async with sitting(town) as now:
        revision = town.revision(now.case)
        await now.tell(a={"picture": "none", "down_loss": 0.12, "rtt_ms": 900})
        own = await now.told("a", picture="none")
        assert own == {"grade": "poor", "picture": "none", "sending": "ok", "seats": []}
        other = await now.told("b", grade="good")
        assert other["seats"] == []
        all_of_them = await now.told("officer", grade="good")
        seen = {one["seat"]: one for one in all_of_them["seats"]}
        assert set(seen) == {now.people["a"].seat, now.people["b"].seat}
        bad = seen[now.people["a"].seat]
        assert (bad["grade"], bad["loss_percent"], bad["rtt_ms"], bad["picture"]) == ("poor", 12, 900, "none")

        # What only the browser knows reaches the mediator with the next look; lies are cut down to what can be.
        said = {"freezes": 2, "frozen_ms": 1500, "concealed": 40, "heard": 1000}
        await now.sockets["a"].do("quality.report", **said)
        assert await now.sockets["b"].refused("quality.report", **{**said, "freezes": -1}) == "malformed"
        await now.tell()
        await now.sockets["officer"].until(
            lambda seen: [
                one
                for event, news in seen
                if event == "quality"
                for one in news["seats"]
                if one["seat"] == now.people["a"].seat and (one["freezes"], one["concealed_percent"]) == (2, 4)
            ]
        )
        assert town.revision(now.case) == revision

        text = _metrics(town)
        assert "heshi_relay_packets_in_total 5000\n" in text
        assert f'heshi_worker_nacks_sent_total{{worker="{now.worker.name}"}} 7\n' in text
        assert "heshi_seats 3\n" in text
        assert 'heshi_commands_total{command="quality.report",outcome="refused"} 1\n' in text
        for personal in (now.case.id, now.case.room, now.case.number, *(one.seat for one in now.people.values())):
            assert personal not in text

        # A connection that fails and comes back counts once, however often it is looked at.
        await now.reconnect("a")
        seen_before = len(now.sockets["officer"].seen)
        for rtt in (200, 400):
            await now.tell(b={"rtt_ms": rtt})
            await now.sockets["officer"].until(
                lambda seen, rtt=rtt: [
                    one
                    for event, news in seen[seen_before:]
                    if event == "quality"
                    for one in news["seats"]
                    if one["rtt_ms"] == rtt
                ]
            )

        await now.sockets["officer"].do("session.end", outcome="suspended")
        await now.sockets["officer"].shown(lambda view: view["phase"] == "idle")
        rows = await _closed(town, now)
        assert set(rows) == {one.seat for one in now.people.values()}
        mine = rows[now.people["a"].seat]
        assert (mine["freezes"], mine["concealed"], mine["reconnects"], mine["down_loss_worst"]) == (2, 40, 1, 120)
        assert rows[now.people["b"].seat]["reconnects"] == 0
        assert rows[now.people["b"].seat]["rtt_worst_ms"] == 400
        assert 0 < mine["connected_s"] <= mine["watched_s"]


async def _closed(town: Town, now: Sitting) -> dict[str, Any]:
    """The summary on the case page, which is the timeline's."""
    entries: list[Any] = []
    async with asyncio.timeout(15):
        while not entries:
            await now.sockets["officer"].view()
            timeline = good(town.officer.get(f"/api/cases/{now.case.id}/timeline"))["entries"]
            entries = [entry["payload"] for entry in timeline if entry["act"] == "session.quality"]
    page = good(town.officer.get(f"/api/cases/{now.case.id}"))["sessions"][0]["quality"]
    assert [entry["seats"] for entry in entries] == [page]
    return {row["seat"]: row for row in page}
