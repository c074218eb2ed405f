"""Journals in the blob store, in a folder and over S3: byte for byte, resumed, and cleared only once confirmed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from recording import Archive, Recordings
from recording.errors import DamagedJournal
from recording.spools import Spools
from tests.contract.test_recordings import SESSION, Desk
from tests.contract.test_recordings import desk as desk
from tests.support.clock import ManualClock
from tests.support.s3 import S3
from vault import Database, KeyStore
from vault.objects import ObjectStore

_numbers = itertools.count(1)
PART = 2000


class Torn(Exception):
    """The line went down."""


class Flaky(ObjectStore):
    """Takes so many parts and then breaks; counts what it was given."""

    left = 1_000_000
    taken = 0

    async def put(self, name: str, data: bytes) -> None:
        if self.left == 0:
            raise Torn
        self.left -= 1
        self.taken += 1
        await super().put(name, data)


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Flaky:
    """A folder and a bucket."""
    if request.param == "folder":
        return Flaky(f"file://{tmp_path}/archive")
    running: S3 = request.getfixturevalue("s3")
    url = running.create_bucket(f"archive-{next(_numbers)}")
    return Flaky(url, access_key_id="test", secret_access_key="test")


@pytest.fixture
def archive(desk: Desk, db: Database, objects: Flaky, clock: ManualClock) -> Archive:
    return Archive(db, objects, clock, Spools(desk.studio.folder), 24, PART)


def later_by(clock: ManualClock, monkeypatch: pytest.MonkeyPatch, now: str = "2026-12-01T00:00:00.000Z") -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def recorded(desk: Desk) -> dict[str, bytes]:
    """A settled sitting; its journals by path."""
    for row in (desk.journal("audio"), desk.journal("video"), desk.journal("audio", "seg_2", "caucus")):
        await desk.note(row)
    await desk.close()
    await desk.work()
    spool = desk.studio.folder
    return {str(path.relative_to(spool)): path.read_bytes() for path in spool.rglob("*.hjr")}


async def test_a_settled_sittings_journals_move_and_come_back(
    desk: Desk, archive: Archive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, keys: KeyStore
) -> None:
    before = await recorded(desk)
    later_by(clock, monkeypatch, "2026-03-01T02:00:00.000Z")
    assert await archive.sweep() == 0, "its day is not over"
    later_by(clock, monkeypatch)
    assert [await archive.sweep() for _ in range(4)] == [1, 1, 1, 0]
    assert not list(desk.studio.folder.rglob("*.hjr"))
    await archive.bring(list(before))
    await archive.bring([*before, "room_1/seg_9/end_9.audio.hjr"])
    for path, content in before.items():
        assert (desk.studio.folder / path).read_bytes() == content
    assert await archive.sweep() == 0, "what was brought back is not moved again"
    await archive.drop(SESSION, list(before))
    for path in before:
        (desk.studio.folder / path).unlink()
    await archive.bring(list(before))
    assert not list(desk.studio.folder.rglob("*.hjr"))


async def test_a_sitting_under_way_stays(
    desk: Desk, archive: Archive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.note(desk.journal("audio"))
    later_by(clock, monkeypatch)
    assert await archive.sweep() == 0
    await desk.close()
    assert await archive.sweep() == 0


async def test_an_upload_cut_short_goes_on_where_it_was(
    desk: Desk, archive: Archive, objects: Flaky, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await recorded(desk)
    later_by(clock, monkeypatch)
    first = sorted(before)[0]
    parts = -(-len(before[first]) // PART)
    assert parts > 3
    objects.left = 3
    with pytest.raises(Torn):
        await archive.sweep()
    assert (desk.studio.folder / first).read_bytes() == before[first]
    objects.left = 1000
    assert await archive.sweep() == 1
    assert objects.taken == parts, "nothing went up twice"
    assert not (desk.studio.folder / first).exists()


async def test_the_local_copy_stays_until_the_store_gives_back_the_same(
    desk: Desk, archive: Archive, objects: Flaky, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await recorded(desk)
    later_by(clock, monkeypatch)
    first = sorted(before)[0]
    await objects.put(f"journals/{first}/00001", bytes(PART))
    with pytest.raises(DamagedJournal):
        await archive.sweep()
    assert (desk.studio.folder / first).read_bytes() == before[first]
    assert await archive.sweep() == 1
    await objects.put(f"journals/{first}/00001", bytes(PART))
    with pytest.raises(DamagedJournal):
        await archive.bring([first])
    assert not list(desk.studio.folder.rglob("seg_1/*.part"))
    assert not (desk.studio.folder / first).exists()


async def test_a_film_is_made_from_journals_brought_back(
    desk: Desk, archive: Archive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    await recorded(desk)
    later_by(clock, monkeypatch)
    while await archive.sweep():
        pass
    parts: dict[str, Any] = {
        name: request.getfixturevalue(name) for name in ("db", "blobs", "jobs", "timeline", "keys", "clock")
    }
    desk.recordings = Recordings(*parts.values(), Spools(desk.studio.folder), archive.bring)
    desk.studio.now_ns += 10_000_000_000
    await desk.note(desk.journal("audio", "seg_3"))
    assert await desk.work() == 1
    made = (await desk.listed())[0]
    assert (made.status, made.reason) == ("ready", "")
