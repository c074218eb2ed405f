"""Holds and deletions on a whole house: two people, a tombstone, and nothing left that could be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cases.errors import NoSuchCase
from recording.errors import NotReady
from recording.keeping.errors import (
    AlreadyDeleted,
    KeptForGood,
    NoSuchSitting,
    NotOpen,
    NotYours,
    SamePerson,
    StillHeld,
    TooEarly,
)
from recording.keeping.shredding import shred
from recording.spools import Spools
from tests.integration.recording.bureau import SESSION, Custody, custody
from tests.integration.recording.packets import SECOND, audio, video
from vault.utc import later

HALF_YEAR_S = 185 * 86400.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Custody]:
    async with custody(tmp_path / "data") as made:
        yield made


async def sitting(desk: Custody, outcome: str = "withdrawn") -> None:
    """A recorded sitting with a caucus, in a case that was then closed."""
    await desk.note(desk.journal(audio(50), "audio"))
    await desk.note(desk.journal(video(20), "video"))
    desk.studio.now_ns += 10 * SECOND
    await desk.note(desk.journal(audio(50), "audio", "seg_2-ses_1", "caucus"))
    await desk.close()
    await desk.work()
    await desk.bureau.act("east.officer", desk.bureau.cases.close, desk.case_id, outcome)


async def kept(desk: Custody) -> Any:
    (one,) = await desk.bureau.act("east.officer", desk.house.services.keeping.of_case, desk.case_id)
    return one


async def ask(desk: Custody, who: str = "east.officer") -> Any:
    return await desk.bureau.act(who, desk.house.services.keeping.ask, desk.case_id, SESSION, "已过保存期")


async def decide(desk: Custody, deletion: str, who: str = "east.chief", approve: bool = True) -> None:
    await desk.bureau.act(who, desk.house.services.keeping.decide, deletion, approve, "已核对")


def half_a_year_on(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = desk.house.services.clock
    now = later(clock.now(), HALF_YEAR_S)
    monkeypatch.setattr(clock, "now", lambda: now)


async def test_two_people_delete_what_is_out_of_time_and_a_tombstone_stays(
    desk: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sitting(desk)
    services = desk.house.services
    assert (await kept(desk)).kept.state == "until"
    with pytest.raises(TooEarly):
        await ask(desk)
    half_a_year_on(desk, monkeypatch)
    assert (await kept(desk)).kept.state == "free"
    row = (await services.db.read(lambda tx: services.recordings.list(tx, desk.case_id)))[0]
    assert row.playable
    deletion = await ask(desk)
    assert await desk.bureau.act("west.chief", services.keeping.waiting) == []
    assert [one.id for one in await desk.bureau.act("east.chief", services.keeping.waiting)] == [deletion]
    await decide(desk, deletion)
    assert len(list(desk.studio.folder.rglob("*.hjr"))) == 3
    await desk.work()
    assert list(desk.studio.folder.rglob("*.hjr")) == []
    assert [path for path in (desk.settings.data / "blobs").rglob("blob_*") if path.is_file()] == []
    with pytest.raises(NotReady):
        await services.recordings.stat(row.id)
    assert (await kept(desk)).kept.state == "deleted"
    ((_, tomb),) = [act for act in await desk.bureau.acts(desk.case_id) if act[0] == "recording.deleted"]
    noted = [payload for act, payload in await desk.bureau.acts(desk.case_id) if act == "recording.segment"]
    assert {one["head"] for one in tomb["journals"]} == {one["head"] for one in noted}
    people = desk.bureau.people
    assert (tomb["requested_by"], tomb["approved_by"]) == (people["east.officer"].id, people["east.chief"].id)
    assert (tomb["reason"], tomb["rule"]) == ("已过保存期", "retention.least")
    for again in (ask(desk), decide(desk, deletion)):
        with pytest.raises((AlreadyDeleted, NotOpen)):
            await again


async def test_a_hold_blocks_until_a_supervisor_lifts_it(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    await sitting(desk)
    half_a_year_on(desk, monkeypatch)
    keeping = desk.house.services.keeping
    deletion = await ask(desk)
    await decide(desk, deletion)
    await desk.bureau.act("east.officer", keeping.hold, desk.case_id, SESSION, "法院调取")
    await desk.work()
    assert len(list(desk.studio.folder.rglob("*.hjr"))) == 3, "a hold counts until the last moment"
    one = await kept(desk)
    assert (one.kept.state, one.deletion.state, one.hold.reason) == ("held", "stopped", "法院调取")
    with pytest.raises(StillHeld):
        await ask(desk)
    with pytest.raises(NotYours):
        await desk.bureau.act("east.officer", keeping.lift, desk.case_id, one.hold.id, "已归还")
    await desk.bureau.act("east.chief", keeping.lift, desk.case_id, one.hold.id, "已归还")
    with pytest.raises(NoSuchSitting):
        await desk.bureau.act("east.chief", keeping.lift, desk.case_id, one.hold.id, "已归还")
    assert (await desk.acts("recording."))[-5:] == [
        "recording.deletion_requested",
        "recording.deletion_approved",
        "recording.held",
        "recording.deletion_stopped",
        "recording.hold_lifted",
    ]
    second = await ask(desk)
    await decide(desk, second, approve=False)
    await desk.work()
    assert (await kept(desk)).kept.state == "free"


async def test_every_short_cut_is_refused_and_leaves_nothing(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    await sitting(desk)
    half_a_year_on(desk, monkeypatch)
    before = await desk.acts("")
    for who, refused in (("east.other", NotYours), ("west.chief", NoSuchCase), ("east.admin", NoSuchCase)):
        with pytest.raises(refused):
            await ask(desk, who)
        with pytest.raises(refused):
            await desk.bureau.act(who, desk.house.services.keeping.hold, desk.case_id, SESSION, "法院调取")
    with pytest.raises(NoSuchSitting):
        await desk.bureau.act("east.chief", desk.house.services.keeping.ask, desk.case_id, "ses_none", "过期")
    assert await desk.acts("") == before
    deletion = await ask(desk, "east.chief")
    with pytest.raises(NotOpen):
        await ask(desk)
    for who, refused in (("east.chief", SamePerson), ("east.officer", NotYours), ("west.chief", NoSuchCase)):
        with pytest.raises(refused):
            await decide(desk, deletion, who)
    assert len(list(desk.studio.folder.rglob("*.hjr"))) == 3


async def test_what_is_in_a_case_file_stays(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    await sitting(desk, "not_agreed")
    half_a_year_on(desk, monkeypatch)
    assert (await kept(desk)).kept.state == "permanent"
    with pytest.raises(KeptForGood):
        await ask(desk, "east.chief")


async def test_a_deletion_cut_short_is_finished(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    await sitting(desk)
    half_a_year_on(desk, monkeypatch)
    deletion = await ask(desk)
    await decide(desk, deletion)
    services = desk.house.services
    delete = services.blobs.delete

    async def out_of_reach(blob_id: str) -> None:
        raise OSError("out of reach")

    monkeypatch.setattr(services.blobs, "delete", out_of_reach)
    with pytest.raises(OSError, match="out of reach"):
        await desk.work()
    assert (await kept(desk)).kept.state == "deleting"
    assert (await desk.acts())[-1] == "recording.deleted"
    monkeypatch.setattr(services.blobs, "delete", delete)
    assert await services.keeping.sweep() == 1
    assert await services.keeping.sweep() == 0
    assert (await kept(desk)).kept.state == "deleted"
    assert (await desk.acts()).count("recording.deleted") == 1


def test_a_shredded_journal_is_noise_even_while_somebody_holds_it_open(tmp_path: Path) -> None:
    path = tmp_path / "room" / "seg" / "end.audio.hjr"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"key":"box"}\n' + b"records")
    with path.open("rb") as held:
        assert shred(Spools(tmp_path), "room/seg/end.audio.hjr")
        assert held.read() == bytes(14) + b"records"
    assert not path.parent.parent.exists()
    assert not shred(Spools(tmp_path), "room/seg/end.audio.hjr")
