"""Heads of journals, from a worker's word to the chain; the worker is driven by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from formats import manifest as manifests
from formats import timelinefile
from formats.chain import check_chain
from formats.signedheads import signed_heads
from tests.integration.signaling.handworker import Worker, sitting
from tests.integration.signaling.town import Case, Town, good, refusal, settled
from tests.support.service import running_service


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    environ = {"HESHI_WORKERS": "0", "HESHI_TRUSTED_PROXIES": "127.0.0.1"}
    with running_service(tmp_path_factory.mktemp("town"), **environ) as service, settled(service) as town:
        yield town
        complaints = [line for line in service.log.read_text().splitlines() if "Traceback" in line]
        assert not complaints, service.log.read_text()


def head(worker: Worker, chunks: int, **changes: Any) -> dict[str, Any]:
    """A head of the first recorded endpoint's sound."""
    entry = worker.tables[-1]["record"][0]
    path = f"{worker.tables[-1]['room']}/{entry['segment']}/{entry['endpoint']}.audio.hjr"
    return {"path": path, "head": f"{chunks:064x}", "chunks": chunks, **changes}


async def timeline(town: Town, case: Case, act: str, times: int) -> list[Any]:
    """The case's entries, once this act is among them so many times."""
    async with asyncio.timeout(15):
        while True:
            file = town.officer.get(f"/api/cases/{case.id}/timeline/file")
            entries = timelinefile.load(file.content).entries
            if sum(one.entry.act == act for one in entries) >= times:
                return list(entries)
            await asyncio.sleep(0.05)


async def test_what_a_worker_has_on_disk_is_signed_and_nothing_else(town: Town) -> None:
    async with sitting(town) as (case, worker, _, officer, _):
        room, epoch = case.room, worker.tables[-1]["epoch"]
        stranger = Worker(f"{worker.name}-stranger")
        await stranger.dial(town)

        await stranger.tell("heads", room=room, epoch=epoch, heads=[head(worker, 90)])
        await worker.tell("heads", room=room, epoch=epoch - 1, heads=[head(worker, 91)])
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 92, path="../x.hjr")])
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 93, head="zz")])
        await worker.tell("heads", room=room, epoch=epoch, heads="all of them")
        foreign = head(worker, 94)["path"].replace("-ses_", "-ses_0")
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 94, path=foreign)])
        await worker.tell("heads", room="room_none", epoch=epoch, heads=[head(worker, 95)])
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 5)])
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 4)])  # an old one again
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 5)])
        await worker.tell("heads", room=room, epoch=epoch, heads=[head(worker, 7)])

        entries = await timeline(town, case, "recording.heads", 2)
        (trail,) = signed_heads(
            (one.entry.seq, one.entry.at, one.entry.act, json.loads(one.payload) if one.payload else None)
            for one in entries
        ).values()
        assert [one.chunks for one in trail.heads] == [5, 7]
        shown = good(town.officer.get(f"/api/cases/{case.id}/timeline"))
        (line,) = [row for row in shown["entries"] if row["act"] == "recording.heads"]
        assert (line["times"], shown["intact"]) == (2, True)
        assert shown["length"] == len(shown["entries"]) + 1

        row = _row(worker, 9)
        last = head(worker, 8)
        await officer.do("session.end", outcome="suspended")
        await worker.tell("heads", room=room, epoch=epoch, heads=[last])
        await worker.tell("segment", **row)
        await _and_then_there_is_a_manifest(town, case, row)
        await stranger.close()


def _row(worker: Worker, chunks: int) -> dict[str, Any]:
    entry, last = worker.tables[-1]["record"][0], head(worker, chunks)
    return {
        "room": worker.tables[-1]["room"],
        "segment": entry["segment"],
        "endpoint": entry["endpoint"],
        "medium": "audio",
        "key": "joint",
        "seats": entry["seats"],
        "path": last["path"],
        "head": last["head"],
        "chunks": chunks,
        "bytes": 1000,
        "packets": 10,
        "first_arrival_utc": None,
        "last_arrival_utc": None,
        "complete": True,
    }


async def _and_then_there_is_a_manifest(town: Town, case: Case, row: dict[str, Any]) -> None:
    session = row["segment"].partition("-")[2]
    address = f"/api/cases/{case.id}/sessions/{session}/manifest"
    async with asyncio.timeout(15):
        while True:
            reply = town.officer.get(address)
            if reply.status_code == 200 and manifests.load(reply.content).journals:
                break
            await asyncio.sleep(0.05)
    manifest = manifests.load(reply.content)
    (listed,) = manifest.journals
    assert (listed.path, listed.chunks, listed.seats) == (row["path"], 9, tuple(row["seats"]))
    assert refusal(town.stranger.get(address))[0] == 404
    assert refusal(town.officer.get(address.replace("/ses_", "/ses_0"))) == (404, "recording.no_manifest")
    file = timelinefile.load(town.officer.get(f"/api/cases/{case.id}/timeline/file").content)
    assert manifest.holds(file.public_key)
    assert check_chain(file.entries, public_key=file.public_key, case_id=case.id).ok
    acts = [one.entry.act for one in file.entries]
    assert acts.count("recording.heads") == 2, "a sitting that is over gets no more heads"
    assert {"recording.manifest", "recording.manifest_taken", "timeline.taken"} <= set(acts)
    shown = {one.entry.act for one in file.entries if one.payload is not None}
    assert not {act for act in shown if act.startswith(("chat.", "case.", "identity."))}
    assert refusal(town.stranger.get(f"/api/cases/{case.id}/timeline/file"))[0] == 404
