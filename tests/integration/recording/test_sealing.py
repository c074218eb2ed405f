"""What was said in a caucus reaches nobody but the two who opened it, with the supervisor's key, for its time."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.errors import NoSuchCase
from formats.framing import unpack_records
from formats.journal import read_journal
from formats.sealedbox import BoxBroken, open_sealed
from recording.errors import DamagedJournal, NoRecording, SealedSegment
from recording.playback import render
from recording.scratch import ScratchFile
from recording.sealed import store
from recording.sealed.errors import (
    Lapsed,
    NoSuchUnsealing,
    NotApproved,
    NotForYou,
    NothingSealed,
    NotOpen,
    NotToAsk,
    NotToDecide,
    SamePerson,
)
from server.unsealing import unseal
from signaling.http.routes import ROUTES
from tests.integration.recording.bureau import Custody, custody
from tests.integration.recording.packets import SECOND, audio, video
from tests.integration.recording.studio import START
from tests.integration.recording.watching import Watched, watch
from vault import BlobStore, Cipher, Database, KeyStore
from vault.errors import Erased, NoBlob, Unreadable
from vault.utc import later

BRIGHT = 118
"""Pictures 0 … 19 are darker, 20 … 39 brighter: those were shown in the caucus alone."""
LOUD = 0.05
"""Nothing sounds in the joint session, a tone does in the caucus."""
OPEN_HEART = "seg_2-ses_1"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Custody]:
    async with custody(tmp_path / "data") as made:
        yield made


async def sitting(desk: Custody) -> None:
    """A joint minute dark and silent, then a caucus bright and loud."""
    pictures = video(40, key_every=20)
    dark = [packet for packet in pictures if packet[0] < SECOND]
    bright = [packet for packet in pictures if packet[0] >= SECOND]
    for packets, medium in ((audio(100, loud=range(0)), "audio"), (dark, "video")):
        await desk.note(desk.journal(packets, medium))  # type: ignore[arg-type]
    desk.studio.now_ns += 10 * SECOND
    for packets, medium in ((audio(100), "audio"), (bright, "video")):
        await desk.note(desk.journal(packets, medium, OPEN_HEART, "caucus"))  # type: ignore[arg-type]
    await desk.close()
    await desk.work()


def private(seen: Watched) -> bool:
    """Whether anything of the caucus is in it."""
    return any(bright > BRIGHT for _, bright in seen.pictures) or any(loud > LOUD for _, loud in seen.sounds)


async def opened(desk: Custody, request: str, hours: int = 72) -> int:
    key = desk.settings.data / "keys" / "supervisor.json"
    return await unseal(desk.settings, request, key, hours)


async def film_of(desk: Custody, request: str, who: str) -> bytes:
    unsealings = desk.house.services.unsealings
    scope = await desk.scope(who)

    async def look(tx: Any) -> Any:
        _, films = await unsealings.of_case(tx, desk.case_id)
        (mine,) = [film for film in films if film.unsealing_id == request]
        return await unsealings.film(tx, scope, mine.id)

    film = await desk.house.services.db.transact(look)
    await desk.house.services.db.transact(lambda tx: unsealings.viewed(tx, film, scope.officer_id))
    return b"".join([piece async for piece in unsealings.read(film, 0, film.size)])


async def test_two_people_and_the_key_open_one_line_for_a_time(desk: Custody) -> None:
    await sitting(desk)
    (line,) = await desk.sealed()
    one = await desk.ask([line.id])
    assert [r.id for r in await desk.bureau.act("east.chief", desk.house.services.unsealings.waiting)] == [one.id]
    assert await desk.bureau.act("east.officer", desk.house.services.unsealings.waiting) == []
    assert await desk.bureau.act("west.chief", desk.house.services.unsealings.waiting) == []
    await desk.decide(one.id)
    assert await opened(desk, one.id) == 0
    await desk.work()
    for who in ("east.officer", "east.chief"):
        seen = watch(await film_of(desk, one.id, who))
        assert private(seen), "so the tests that find nothing private could fail"
        assert len(seen.pictures) == 20
    for who, refused in (("city.chief", NotForYou), ("east.other", NotForYou), ("west.chief", NoSuchCase)):
        with pytest.raises(refused):
            await film_of(desk, one.id, who)
    assert (await desk.acts("recording.uns"))[-5:] == [
        "recording.unsealing_requested",
        "recording.unsealing_approved",
        "recording.unsealed",
        "recording.unsealed_viewed",
        "recording.unsealed_viewed",
    ]
    (still,) = await desk.sealed()
    assert still.id == line.id, "in the officers' ordinary list it stays what it was"


async def test_its_end_takes_key_and_film_with_it(desk: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    await sitting(desk)
    one = await desk.ask([(await desk.sealed())[0].id])
    await desk.decide(one.id)
    await opened(desk, one.id, 1)
    await desk.work()
    services = desk.house.services
    _, films = await services.db.read(lambda tx: services.unsealings.of_case(tx, desk.case_id))
    assert await services.unsealings.sweep() == 0
    now = later(services.clock.now(), timedelta(hours=1).total_seconds())
    monkeypatch.setattr(services.clock, "now", lambda: now)
    with pytest.raises(Lapsed):
        await services.db.read(lambda tx: _film(desk, tx, films[0].id))
    assert await services.unsealings.sweep() == 1
    assert await services.unsealings.sweep() == 0
    with pytest.raises(NoBlob):
        await services.blobs.get(films[0].blob_id or "")
    with pytest.raises(Erased):
        await services.db.read(lambda tx: store.viewing_keys(tx, Cipher(desk.house.keys), one.id))
    assert await services.db.read(lambda tx: store.boxes(tx, one.id)) == {}
    assert (await desk.acts())[-1] == "recording.unsealing_expired"


async def _film(desk: Custody, tx: Any, film_id: str) -> Any:
    return await desk.house.services.unsealings.film(tx, await desk.scope("east.officer"), film_id)


async def test_every_short_cut_is_refused_and_leaves_nothing(desk: Custody) -> None:
    await sitting(desk)
    (line,) = await desk.sealed()
    recordings = await desk.house.services.db.read(lambda tx: desk.house.services.recordings.list(tx, desk.case_id))
    joint = next(row for row in recordings if row.status != "sealed")
    before = await desk.acts("")
    for lines, who, refused in (
        ([line.id], "east.other", NotToAsk),
        ([line.id], "west.officer", NoSuchCase),
        ([line.id], "west.chief", NoSuchCase),
        ([line.id], "east.admin", NoSuchCase),
        ([], "east.officer", NothingSealed),
        ([joint.id], "east.officer", NothingSealed),
        ([line.id, "sgm_made_up"], "east.officer", NothingSealed),
    ):
        with pytest.raises(refused):
            await desk.ask(lines, who)
    assert await desk.acts("") == before
    own = await desk.ask([line.id], "east.chief")
    with pytest.raises(SamePerson):
        await desk.decide(own.id, "east.chief")
    for who, refused in (("east.officer", NotToDecide), ("west.chief", NoSuchCase), ("east.admin", NoSuchCase)):
        with pytest.raises(refused):
            await desk.decide(own.id, who)
    with pytest.raises(NotApproved):
        await opened(desk, own.id)
    with pytest.raises(NoSuchUnsealing):
        await opened(desk, "uns_none")
    await desk.decide(own.id, "city.chief", approve=False)
    with pytest.raises(NotApproved):
        await opened(desk, own.id)
    with pytest.raises(NotOpen):
        await desk.decide(own.id, "city.chief")
    assert await desk.acts("recording.unsealed") == []


async def test_another_key_or_another_journal_opens_nothing(desk: Custody, tmp_path: Path) -> None:
    await sitting(desk)
    one = await desk.ask([(await desk.sealed())[0].id])
    await desk.decide(one.id)
    KeyStore.open(tmp_path / "elsewhere")
    with pytest.raises(BoxBroken):
        await unseal(desk.settings, one.id, tmp_path / "elsewhere" / "supervisor.json", 72)
    path = next(desk.studio.folder.glob(f"*/{OPEN_HEART}/*.audio.hjr"))
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(DamagedJournal):
        await opened(desk, one.id)
    path.write_bytes(next(desk.studio.folder.glob("*/seg_1-ses_1/*.audio.hjr")).read_bytes())
    with pytest.raises(SealedSegment):
        await opened(desk, one.id)
    path.write_bytes(kept)
    assert await opened(desk, one.id) == 0


def everything_opened(folder: Path, keys: list[bytes]) -> Iterator[Watched]:
    """Every journal below a folder played with each key that the thief holds."""
    for path in folder.rglob("*.hjr"):
        for key in keys:
            for kind in ("joint", "caucus"):
                with ScratchFile(folder) as out:
                    try:
                        render([path], key, START, out, kind=kind)  # type: ignore[arg-type]
                    except (DamagedJournal, SealedSegment, NoRecording):
                        continue
                    out.seek(0)
                    yield watch(out.read())


async def test_nothing_that_others_can_reach_holds_a_frame_or_a_sample_of_the_caucus(
    desk: Custody, tmp_path: Path
) -> None:
    await sitting(desk)
    services, data = desk.house.services, desk.settings.data
    supervisor = KeyStore.open_supervisor(data / "keys")

    rows = await services.db.read(lambda tx: services.recordings.list(tx, desk.case_id))
    ordinary = [row for row in rows if row.playable]
    assert len(ordinary) == 1
    for row in ordinary:
        seen = watch(b"".join([piece async for piece in await services.recordings.read(row.id)]))
        assert (len(seen.pictures), private(seen)) == (20, False)
    for row in rows:
        if row.status == "sealed":
            with pytest.raises(NoRecording):
                await services.recordings.read(row.id)

    # Stolen at the worst moment: while one line is unsealed for the two who may watch it.
    one = await desk.ask([(await desk.sealed())[0].id])
    await desk.decide(one.id)
    await opened(desk, one.id)
    await desk.work()
    backup = tmp_path / "backup"
    shutil.copytree(data, backup, ignore=shutil.ignore_patterns("keys"))
    thief = KeyStore.open(tmp_path / "thief")
    stolen = BlobStore((backup / "blobs").as_uri(), thief)
    for blob in [path for path in (backup / "blobs").rglob("blob_*") if path.is_file()]:
        with pytest.raises(Unreadable):
            await stolen.get(blob.name)
    db = await Database.open(f"sqlite:///{backup / 'heshi.db'}")
    boxes = await db.read(lambda tx: store.boxes(tx, one.id))
    with pytest.raises(Unreadable):
        await db.read(lambda tx: store.viewing_keys(tx, Cipher(thief), one.id))
    await db.close()
    assert boxes
    for box in boxes.values():
        with pytest.raises(BoxBroken):
            open_sealed(thief.recording_private, box)
    assert list(everything_opened(backup, [thief.recording_private])) == []

    disk = tmp_path / "disk"
    shutil.copytree(desk.settings.spool, disk)
    told = list(desk.house.keys.recording_public())
    assert list(everything_opened(disk, told)) == []

    # Even the service's own keys open the joint journals only; the supervisor's opens the rest.
    for key, found in ((desk.house.keys.recording_private, False), (supervisor, True)):
        seen_all = list(everything_opened(disk, [key]))
        assert seen_all
        assert {private(one) for one in seen_all} == {found}
    assert {route.who for route in ROUTES if "recording" in route.path or "unseal" in route.path} == {"officer"}
    for path in disk.rglob(f"{OPEN_HEART}/*.hjr"):
        with path.open("rb") as file:
            assert any(list(unpack_records(chunk)) for chunk in read_journal(file, supervisor))
