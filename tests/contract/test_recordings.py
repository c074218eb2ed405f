"""Manifests, playable files and viewings, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from formats.errors import Invalid
from formats.framing import Batch
from recording import Recordings, Spools
from recording.errors import NoRecording, NotReady
from recording.salvage import salvage
from recording.sink import Medium
from tests.integration.recording.packets import SECOND, audio, video
from tests.integration.recording.studio import START, Studio
from tests.integration.recording.watching import watch
from tests.support.casework import Bureau
from tests.support.clock import ManualClock
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, Timeline

SESSION = "ses_1"


class Desk:
    """One case, one spool, and the service over both."""

    def __init__(self, recordings: Recordings, studio: Studio, bureau: Bureau, jobs: Jobs, case_id: str) -> None:
        self.recordings, self.studio, self.bureau, self.jobs, self.case_id = recordings, studio, bureau, jobs, case_id

    def journal(self, medium: Medium, segment: str = "seg_1", key: str = "joint") -> dict[str, Any]:
        packets, rate = (audio(100), 48_000) if medium == "audio" else (video(40), 90_000)
        recorder = self.studio.recorder()
        sink = recorder.open("room_1", "end_1", segment, key, medium, ("seat_1",), rate)
        for arrival_ns, packet in packets:
            sink.write(Batch.of([(arrival_ns + self.studio.now_ns, packet)]))
        return sink.close()

    async def note(self, row: dict[str, Any]) -> bool:
        return await self.bureau.db.transact(lambda tx: self.recordings.note_segment(tx, self.case_id, SESSION, row))

    async def close(self) -> list[str]:
        return await self.bureau.db.transact(
            lambda tx: self.recordings.session_closed(tx, self.case_id, SESSION, START)
        )

    async def work(self) -> int:
        done = 0
        while (job := await self.jobs.claim(["playback"])) is not None:
            await self.recordings.run_job(job)
            await self.jobs.finish(job)
            done += 1
        return done

    async def listed(self) -> list[Any]:
        return await self.bureau.db.read(lambda tx: self.recordings.list(tx, self.case_id))

    async def acts(self, act: str) -> list[dict[str, Any]]:
        return [payload for name, payload in await self.bureau.acts(self.case_id) if name == act]

    async def file(self, recording_id: str, start: int = 0, end: int | None = None) -> bytes:
        return b"".join([piece async for piece in await self.recordings.read(recording_id, start, end)])


@pytest.fixture
def blobs(tmp_path: Path, keys: KeyStore) -> BlobStore:
    """A folder; that S3 is the same is the blob store's own contract."""
    return BlobStore(f"file://{tmp_path}/blobs", keys)


@pytest.fixture
async def desk(
    db: Database,
    blobs: BlobStore,
    jobs: Jobs,
    timeline: Timeline,
    cipher: Cipher,
    keys: KeyStore,
    clock: ManualClock,
    tmp_path: Path,
) -> Any:
    vault_public, supervisor_public = keys.recording_public()
    studio = Studio(tmp_path / "spool", vault=(b"", vault_public), supervisor=(b"", supervisor_public))
    bureau = await Bureau.build(db, cipher, timeline, clock)
    case = await bureau.open_case()
    recordings = Recordings(db, blobs, jobs, timeline, keys, clock, Spools(studio.folder))
    yield Desk(recordings, studio, bureau, jobs, case.id)
    for recorder in studio.recorders:
        recorder.close()


async def test_a_sessions_joint_journals_become_one_file_and_its_caucus_stays_sealed(desk: Desk) -> None:
    rows = [desk.journal("audio"), desk.journal("video"), desk.journal("audio", "seg_2", "caucus")]
    for row in rows:
        assert await desk.note(row)
        assert not await desk.note(row), "noting twice changes nothing"
    assert len(await desk.acts("recording.segment")) == 3
    first = (await desk.listed())[0]
    assert first.status == "capturing"
    with pytest.raises(NotReady):
        await desk.recordings.stat(first.id)
    assert await desk.close() == [first.id]
    assert await desk.close() == []
    assert await desk.work() == 1
    ready, sealed = await desk.listed()
    assert (ready.status, ready.seats, ready.started_at) == ("ready", ("seat_1",), START)
    assert (sealed.status, sealed.duration_ms) == ("sealed", None)
    whole = await desk.file(ready.id)
    seen = watch(whole)
    assert (len(seen.pictures), abs(seen.pictures[0][0] - 5000) <= 2) == (40, True)
    assert ready.duration_ms == pytest.approx(7000, abs=60)
    assert (await desk.recordings.stat(ready.id)).size == len(whole)
    assert await desk.file(ready.id, 1000, 9000) == whole[1000:9000]
    with pytest.raises(NoRecording):
        await desk.recordings.stat(sealed.id)


async def test_a_shared_screen_is_a_film_of_its_own_and_sealed_in_a_caucus(desk: Desk) -> None:
    for row in (desk.journal("audio"), desk.journal("video"), desk.journal("screen")):
        assert await desk.note(row)
    desk.studio.now_ns += 10 * SECOND
    assert await desk.note(desk.journal("screen")), "shared again, later in the same segment"
    for medium in ("audio", "screen"):
        assert await desk.note(desk.journal(medium, "seg_2", "caucus"))
    await desk.close()
    assert await desk.work() == 2
    listed = await desk.listed()
    assert [(row.screen, row.status) for row in listed] == [
        (False, "ready"), (True, "ready"), (False, "sealed"), (True, "sealed"),
    ]  # fmt: skip
    assert {(row.endpoint, row.seats) for row in listed} == {("end_1", ("seat_1",))}
    seen = watch(await desk.file(listed[1].id))
    assert (len(seen.pictures), len(seen.sounds)) == (80, 0)


async def test_a_segment_salvaged_after_the_close_has_the_file_made_anew(desk: Desk) -> None:
    await desk.note(desk.journal("audio"))
    await desk.close()
    await desk.work()
    (before,) = await desk.listed()
    desk.studio.now_ns += 10 * SECOND
    late = desk.journal("video", "seg_3")
    path = desk.studio.folder / late["path"]
    path.write_bytes(path.read_bytes()[:-10])
    await desk.note(salvage(desk.studio.folder, path))
    assert (await desk.listed())[0].status == "processing"
    assert await desk.work() == 1
    (after,) = await desk.listed()
    assert (after.id, after.status, after.reason) == (before.id, "partial", "recording.incomplete")
    assert len(watch(await desk.file(after.id)).pictures) == 40
    noted = await desk.acts("recording.segment")
    assert [(one["complete"], one["recovered"]) for one in (noted[0], noted[-1])] == [(True, False), (False, True)]


async def test_a_journal_changed_since_its_head_was_noted_makes_the_file_partial(desk: Desk) -> None:
    row, other = desk.journal("audio"), desk.journal("audio", "seg_3")
    await desk.note(row)
    await desk.note(other)
    path = desk.studio.folder / row["path"]
    path.write_bytes(path.read_bytes()[:-21])
    await desk.close()
    await desk.work()
    (listed,) = await desk.listed()
    assert (listed.status, listed.reason) == ("partial", "recording.damaged")
    assert listed.playable


async def test_unreadable_and_missing_journals_do_not_take_the_others_with_them(desk: Desk) -> None:
    for segment in ("seg_1", "seg_2", "seg_3"):
        await desk.note(desk.journal("audio", segment))
    folder = desk.studio.folder / "room_1"
    (folder / "seg_1" / "end_1.audio.hjr").write_bytes(b"nonsense")
    (folder / "seg_2" / "end_1.audio.hjr").unlink()
    await desk.close()
    await desk.work()
    (listed,) = await desk.listed()
    assert (listed.status, listed.reason) == ("partial", "recording.damaged")
    assert listed.duration_ms == pytest.approx(7000, abs=20)


async def test_what_can_never_be_played_is_said_plainly(desk: Desk) -> None:
    silent = desk.studio.capture([], "audio")
    await desk.note(salvage(desk.studio.folder, silent))
    await desk.close()
    await desk.work()
    assert [row.status for row in await desk.listed()] == ["empty"]
    silent.unlink()
    await desk.note(desk.journal("video") | {"endpoint": "end_2", "path": "room_1/seg_1/end_2.video.hjr"})
    await desk.close()
    await desk.work()
    assert {row.endpoint: (row.status, row.reason) for row in await desk.listed()} == {
        "end_1": ("empty", "recording.not_found"),
        "end_2": ("failed", "recording.damaged"),
    }


async def test_running_a_job_twice_makes_one_file(desk: Desk) -> None:
    await desk.note(desk.journal("audio"))
    await desk.close()
    job = await desk.jobs.claim(["playback"])
    assert job is not None
    await desk.recordings.run_job(job)
    made = await desk.file((await desk.listed())[0].id)
    await desk.recordings.run_job(job)
    assert await desk.file((await desk.listed())[0].id) == made


async def test_every_viewing_is_on_the_timeline(desk: Desk) -> None:
    await desk.note(desk.journal("audio"))
    (row,) = await desk.listed()
    officer = desk.bureau.people["east.officer"].id
    await desk.bureau.db.transact(lambda tx: desk.recordings.viewed(tx, row.id, officer))
    assert await desk.acts("recording.viewed") == [{"recording": row.id, "session": SESSION, "endpoint": "end_1"}]
    with pytest.raises(NoRecording):
        await desk.bureau.db.transact(lambda tx: desk.recordings.viewed(tx, "rec_none", officer))


async def test_a_malformed_manifest_row_changes_nothing(desk: Desk) -> None:
    row = desk.journal("audio")
    with pytest.raises(Invalid):
        await desk.note(row | {"path": "../" + row["path"]})
    assert not await desk.note(row | {"path": None})
    assert await desk.listed() == []
    assert await desk.acts("recording.segment") == []
