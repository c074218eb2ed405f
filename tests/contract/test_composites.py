"""The film of a sitting as a job: ordered, made piece by piece, gone on with after a death, made anew, watched."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import pytest

from agreements import FontChain, default_folders
from formats.framing import Batch
from recording import Composites, Recordings
from recording.clock import from_utc
from recording.composite import Chapter, Script
from recording.errors import NoRecording, NotReady
from recording.sink import Medium
from recording.spools import Spools
from server.wiring import ROOT
from tests.integration.recording.packets import SECOND, audio, video
from tests.integration.recording.studio import START, Studio
from tests.support.casework import Bureau
from tests.support.clock import ManualClock
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, Timeline

SESSION = "ses_1"
PART = 48
"""Ticks in a piece: not quite two seconds."""


class Told:
    """What the case says, fixed."""

    async def script(self, case_id: str, session_id: str, started_at: str) -> Script:
        return Script(from_utc(started_at), {"seat_1": "张三"}, (), (Chapter(from_utc(started_at), "开始调解"),))


class Cinema:
    """One case, one spool, and the services over both."""

    def __init__(
        self,
        made: Callable[[], Composites],
        recordings: Recordings,
        studio: Studio,
        bureau: Bureau,
        jobs: Jobs,
        case_id: str,
    ) -> None:
        self.made, self.recordings, self.studio, self.bureau, self.jobs = made, recordings, studio, bureau, jobs
        self.case_id = case_id
        self.composites = made()

    async def note(self, medium: Medium, segment: str = "seg_1", key: str = "joint") -> None:
        packets, rate = (audio(100), 48_000) if medium == "audio" else (video(40), 90_000)
        sink = self.studio.recorder().open("room_1", "end_1", segment, key, medium, ("seat_1",), rate)
        for arrival_ns, packet in packets:
            sink.write(Batch.of([(arrival_ns + self.studio.now_ns, packet)]))
        row = sink.close()
        await self.bureau.db.transact(lambda tx: self.recordings.note_segment(tx, self.case_id, SESSION, row))

    async def close(self) -> None:
        await self.bureau.db.transact(lambda tx: self.recordings.session_closed(tx, self.case_id, SESSION, START))

    async def work(self) -> None:
        while (job := await self.jobs.claim(["composite"])) is not None:
            await self.composites.run_job(job)
            await self.jobs.finish(job)

    async def films(self) -> list[Any]:
        return await self.bureau.db.read(lambda tx: self.composites.of_case(tx, self.case_id))

    async def file(self) -> bytes:
        (film,) = await self.films()
        return b"".join([piece async for piece in await self.composites.read(film.id)])


@pytest.fixture
async def cinema(
    db: Database, jobs: Jobs, timeline: Timeline, cipher: Cipher, keys: KeyStore, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Cinema]:
    studio = Studio(
        tmp_path / "spool", vault=(b"", keys.recording_public()[0]), supervisor=(b"", keys.recording_public()[1])
    )
    studio.now_ns = 0
    blobs = BlobStore(f"file://{tmp_path}/blobs", keys)
    bureau = await Bureau.build(db, cipher, timeline, clock)
    case = await bureau.open_case()
    fonts = FontChain(default_folders(ROOT)).files

    def made() -> Composites:
        return Composites(db, blobs, jobs, timeline, keys, Spools(studio.folder), Told(), fonts, part_ticks=PART)

    yield Cinema(
        made, Recordings(db, blobs, jobs, timeline, keys, clock, Spools(studio.folder)), studio, bureau, jobs, case.id
    )
    for recorder in studio.recorders:
        recorder.close()


def blobs_of(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "blobs").rglob("*"))


async def test_a_closed_sitting_becomes_one_film_that_is_watched_on_record(cinema: Cinema, tmp_path: Path) -> None:
    await cinema.note("audio")
    await cinema.note("video")
    await cinema.note("audio", "seg_2", "caucus")
    assert await cinema.films() == []
    await cinema.close()
    await cinema.close()
    (film,) = await cinema.films()
    assert (film.status, film.permille) == ("processing", 0)
    with pytest.raises(NotReady):
        await cinema.composites.stat(film.id)
    await cinema.work()
    (film,) = await cinema.films()
    assert (film.status, film.reason, film.permille) == ("ready", "", 1000)
    assert film.duration_ms == pytest.approx(2480, abs=120)
    assert blobs_of(tmp_path) == 1, "the pieces are gone"
    data = await cinema.file()
    stat = await cinema.composites.stat(film.id)
    assert (stat.size, stat.content_type) == (len(data), "video/mp4")
    with av.open(io.BytesIO(data), "r") as container:
        assert [mark["metadata"]["title"] for mark in container.chapters()] == ["开始调解"]
        assert sum(1 for _ in container.decode(video=0)) == film.duration_ms // 40
    officer = cinema.bureau.people["east.officer"].id
    await cinema.bureau.db.transact(lambda tx: cinema.composites.viewed(tx, film.id, officer))
    viewed = [payload for act, payload in await cinema.bureau.acts(cinema.case_id) if act == "recording.viewed"]
    assert viewed == [{"recording": film.id, "session": SESSION}]
    with pytest.raises(NoRecording):
        await cinema.composites.stat("cmp_none")


async def test_running_a_job_twice_makes_one_film(cinema: Cinema) -> None:
    await cinema.note("audio")
    await cinema.close()
    job = await cinema.jobs.claim(["composite"])
    assert job is not None
    await cinema.composites.run_job(job)
    first = await cinema.file()
    await cinema.composites.run_job(job)
    assert await cinema.file() == first


async def test_a_journal_found_later_has_the_film_made_anew(cinema: Cinema, tmp_path: Path) -> None:
    await cinema.note("audio")
    await cinema.close()
    await cinema.work()
    cinema.studio.now_ns += 6 * SECOND
    await cinema.note("video", "seg_3")
    (film,) = await cinema.films()
    assert film.status == "processing"
    await cinema.work()
    (film,) = await cinema.films()
    assert film.status == "ready"
    assert film.duration_ms == pytest.approx(8_480, abs=120)
    assert blobs_of(tmp_path) == 1


async def test_what_can_never_be_shown_is_said_plainly(cinema: Cinema) -> None:
    await cinema.note("audio")
    (journal,) = cinema.studio.folder.rglob("*.hjr")
    journal.write_bytes(b"nonsense")
    await cinema.close()
    await cinema.work()
    (film,) = await cinema.films()
    assert (film.status, film.reason) == ("failed", "recording.damaged")
