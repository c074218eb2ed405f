"""Signed heads, cut and changed journals, and manifests, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from formats.framing import Batch
from formats.manifest import Manifest, load, proof_holds
from recording import Evidence, Recordings, Spools
from recording.damage import Found
from recording.evidence import NoManifest
from recording.manifesting import Header, Sitting
from recording.model import ReportedHead
from recording.sink import Medium
from tests.integration.recording.packets import SECOND, audio, video
from tests.integration.recording.studio import START, Studio
from tests.support.casework import Bureau
from tests.support.clock import ManualClock
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, Timeline, Transaction

SESSION = "ses_1"
END = "2026-03-01T01:01:00.000Z"


class House:
    """One case with a sitting, one spool, and what proves its recording."""

    def __init__(
        self, evidence: Evidence, recordings: Recordings, studio: Studio, bureau: Bureau, jobs: Jobs, case_id: str
    ) -> None:
        self.evidence, self.recordings, self.studio = evidence, recordings, studio
        self.bureau, self.jobs, self.case_id = bureau, jobs, case_id

    def journal(self, medium: Medium = "audio", segment: str = "seg_1-ses_1", key: str = "joint") -> dict[str, Any]:
        """A closed journal of some chunks."""
        packets, rate = (audio(100), 48_000) if medium == "audio" else (video(40), 90_000)
        sink = self.studio.recorder().open("room_1", "end_1", segment, key, medium, ("seat_1",), rate)
        for arrival_ns, packet in packets:
            sink.write(Batch.of([(arrival_ns + self.studio.now_ns, packet)]))
        return sink.close()

    async def sign(self, *rows: dict[str, Any]) -> None:
        """The heads of these journals as if they had been told just before they were closed."""
        heads = [ReportedHead(row["path"], row["head"], row["chunks"]) for row in rows]
        await self.bureau.db.transact(lambda tx: self.evidence.note_heads(tx, self.case_id, SESSION, heads))

    async def close(self, *rows: dict[str, Any]) -> Manifest | None:
        """All that closing a sitting does to its recording; `rows` are a worker's, the rest is found in the spool."""
        found = await self.evidence.look(self.case_id, "room_1")
        left = [dict(one.row) for one in found if one.row is not None]

        async def work(tx: Transaction) -> Manifest | None:
            for row in [*rows, *left]:
                await self.recordings.note_segment(tx, self.case_id, SESSION, row)
            for damage in [one.damage for one in found if one.damage is not None]:
                if await self.evidence.note_damage(tx, self.case_id, SESSION, damage):
                    await self.recordings.damaged(tx, self.case_id, SESSION, damage.path)
            await self.recordings.session_closed(tx, self.case_id, SESSION, START)
            sitting = Sitting(self.case_id, "room_1", SESSION, START, END)
            headers = {one.path: Header(one.clock_rate, one.origin) for one in found if one.row is not None}
            return await self.evidence.close(tx, sitting, headers)

        return await self.bureau.db.transact(work)

    async def found(self) -> list[Found]:
        return await self.evidence.look(self.case_id, "room_1")

    async def films(self) -> list[tuple[str, str]]:
        """Status and reason of every recording, once the jobs are done."""
        while (job := await self.jobs.claim(["playback"])) is not None:
            await self.recordings.run_job(job)
            await self.jobs.finish(job)
        listed = await self.bureau.db.read(lambda tx: self.recordings.list(tx, self.case_id))
        return [(row.status, row.reason) for row in listed]

    async def acts(self, act: str) -> list[dict[str, Any]]:
        return [payload for name, payload in await self.bureau.acts(self.case_id) if name == act]


@pytest.fixture
async def house(
    db: Database,
    jobs: Jobs,
    timeline: Timeline,
    cipher: Cipher,
    keys: KeyStore,
    clock: ManualClock,
    tmp_path: Path,
) -> AsyncIterator[House]:
    vault_public, supervisor_public = keys.recording_public()
    studio = Studio(tmp_path / "spool", vault=(b"", vault_public), supervisor=(b"", supervisor_public))
    bureau = await Bureau.build(db, cipher, timeline, clock)
    case = await bureau.open_case()
    recordings = Recordings(
        db, BlobStore(f"file://{tmp_path}/blobs", keys), jobs, timeline, keys, clock, Spools(studio.folder)
    )
    evidence = Evidence(db, cipher, timeline, keys, clock, Spools(studio.folder))
    yield House(evidence, recordings, studio, bureau, jobs, case.id)
    for recorder in studio.recorders:
        recorder.close()


async def test_a_sound_sitting_gets_one_signed_manifest(house: House, keys: KeyStore) -> None:
    rows = [house.journal("audio"), house.journal("video"), house.journal("audio", "seg_2-ses_1", "caucus")]
    await house.sign(*rows)
    assert [one.damage for one in await house.found()] == [None] * 3
    made = await house.close(*rows)
    assert made is not None
    assert made.holds(keys.chain_public)
    assert load(made.dump()) == made
    assert [(one.path, one.state, one.key) for one in made.journals] == [
        ("room_1/seg_1-ses_1/end_1.audio.hjr", "complete", "joint"),
        ("room_1/seg_1-ses_1/end_1.video.hjr", "complete", "joint"),
        ("room_1/seg_2-ses_1/end_1.audio.hjr", "complete", "caucus"),
    ]
    for listed, row in zip(made.journals, rows, strict=True):
        assert (listed.head, listed.chunks, listed.size) == (row["head"], row["chunks"], row["bytes"])
        assert listed.clock_rate == (90_000 if listed.medium == "video" else 48_000)
        assert len(listed.origin) == 64
        assert proof_holds(listed, made.prove(listed.path), made.root)
    (told,) = await house.acts("recording.manifest")
    assert told == {"session": SESSION, "number": 1, "root": made.root.hex(), "sha256": made.sha256, "journals": 3}
    assert await house.close() is None, "closing again says nothing new"
    read = await house.bureau.db.read(lambda tx: house.evidence.manifest(tx, house.case_id, SESSION))
    assert read == made
    with pytest.raises(NoManifest):
        await house.bureau.db.read(lambda tx: house.evidence.manifest(tx, house.case_id, "ses_2"))
    assert await house.acts("recording.damaged") == []
    assert (await house.films())[0] == ("ready", "")


async def test_a_segment_salvaged_later_gives_a_manifest_with_a_higher_number(house: House) -> None:
    first = await house.close(house.journal("audio"))
    house.studio.now_ns += 10 * SECOND
    late = house.journal("audio", "seg_3-ses_1")
    path = house.studio.folder / late["path"]
    path.write_bytes(path.read_bytes()[:-21])
    second = await house.close()
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    assert [one.state for one in second.journals] == ["complete", "recovered"]
    assert [entry["number"] for entry in await house.acts("recording.manifest")] == [1, 2]


async def test_a_tail_cut_after_a_crash_is_found_by_the_signed_head(house: House) -> None:
    row = house.journal("video")
    await house.sign(row)
    path = house.studio.folder / row["path"]
    # To a whole record's end, and without the final one: by itself the file looks like an honest crash.
    (whole,) = (one.row for one in await house.found() if one.row)
    with path.open("rb") as file:
        header = file.readline()
        length = int.from_bytes(file.read(4), "big")
    path.write_bytes(path.read_bytes()[: len(header) + 5 + length])
    made = await house.close()
    (told,) = await house.acts("recording.damaged")
    assert (told["path"], told["kind"], told["chunk"]) == (row["path"], "cut", 1)
    assert told["since"] == ""
    assert told["until"]
    assert made is not None
    (listed,) = made.journals
    assert (listed.state, listed.chunks, listed.head) == ("damaged", row["chunks"], whole["head"])
    assert await house.films() == [("partial", "recording.damaged")]
    assert await house.close() is None
    assert len(await house.acts("recording.damaged")) == 1


async def test_a_change_after_the_close_has_the_film_made_anew_and_a_new_manifest(house: House) -> None:
    row = house.journal("audio")
    await house.sign(row)
    await house.close(row)
    assert await house.films() == [("ready", "")]
    path = house.studio.folder / row["path"]
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    made = await house.close()
    assert made is not None
    assert (made.number, [one.state for one in made.journals]) == (2, ["damaged"])
    assert [entry["kind"] for entry in await house.acts("recording.damaged")] == ["changed"]
    assert await house.films() == [("failed", "recording.damaged")], "its only chunk is spoilt"


async def test_a_journal_gone_before_it_was_noted_is_missing_and_no_film_passes_over_it(house: House) -> None:
    kept, gone = house.journal("audio"), house.journal("video")
    await house.sign(kept, gone)
    (house.studio.folder / gone["path"]).unlink()
    made = await house.close()
    assert made is not None
    assert [(one.medium, one.state) for one in made.journals] == [("audio", "complete"), ("video", "missing")]
    assert (made.journals[1].head, made.journals[1].chunks) == (gone["head"], gone["chunks"])
    assert [entry["kind"] for entry in await house.acts("recording.damaged")] == ["missing"]
    assert await house.films() == [("partial", "recording.missing")]


async def test_what_was_noted_and_then_put_elsewhere_is_not_missing(house: House) -> None:
    row = house.journal("audio")
    await house.sign(row)
    await house.close(row)
    (house.studio.folder / row["path"]).unlink()
    assert await house.close() is None
    assert await house.acts("recording.damaged") == []


async def test_a_file_that_a_crash_left_empty_accuses_nobody(house: House) -> None:
    row = house.journal("audio")
    for name in ("end_2.audio.hjr", "stray.hjr"):
        (house.studio.folder / "room_1" / "seg_1-ses_1" / name).write_bytes(b"")
    made = await house.close(row)
    assert made is not None
    assert len(made.journals) == 1
    assert await house.acts("recording.damaged") == []
