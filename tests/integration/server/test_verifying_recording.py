"""`verify recording`: in the installation by a session's id, and anywhere by files and papers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cases import Scope
from cases.inputs import NewOfficer
from cases.organs import all_organs
from formats.framing import Batch
from recording import Recorder
from recording.errors import NoRecording
from recording.manifesting import Header, Sitting
from server.cli import main
from server.demo import SAMPLE
from server.migrate import migrate
from server.settings import Settings
from server.verifying_recording import verify_recording
from server.wiring import open_house
from vault import Transaction

SESSION = "ses_one"
START, END = "2026-03-01T01:00:00.000Z", "2026-03-01T01:10:00.000Z"


@dataclass(frozen=True)
class Kept:
    """An installation with one recorded sitting, and its papers as files."""

    settings: Settings
    journals: list[Path]
    manifest: Path
    timeline: Path

    def files(self, *more: str) -> int:
        """The command, far from the installation."""
        papers = ("--manifest", str(self.manifest), "--timeline", str(self.timeline))
        return main(["verify", "recording", *(more or (str(self.settings.spool),)), *papers])


@pytest.fixture
async def kept(tmp_path: Path) -> Kept:
    settings = Settings(data=tmp_path / "data")
    await migrate(settings.database_url)
    async with open_house(settings) as house:
        services = house.services

        async def case(tx: Transaction) -> tuple[str, str]:
            first = await services.officers.ensure_first_administrator(tx, organ="派出所")
            assert first is not None
            organs = await all_organs(tx)
            new = NewOfficer(organ_id=organs[0].id, username="wang", name="王警官", role="officer")
            added = await services.officers.add(tx, Scope.of(first.officer, organs), new)
            opened = await services.cases.create(tx, Scope.of(added.officer, organs), SAMPLE)
            return opened.id, (await services.rooms.by_case(tx, opened.id)).id

        case_id, room = await services.db.transact(case)
        recorder = Recorder(settings.spool, *house.keys.recording_public(), min_free_bytes=0)
        rows: list[dict[str, Any]] = []
        for medium, key, segment in (
            ("audio", "joint", "seg_a"),
            ("video", "joint", "seg_a"),
            ("audio", "caucus", "seg_b"),
        ):
            sink = recorder.open(room, "end_1", f"{segment}-{SESSION}", key, medium, ("seat_1",), 48_000)  # type: ignore[arg-type]
            for _ in range(3):
                sink.write(Batch.of([(1, bytes(40_000))]))
            rows.append(sink.close())
        recorder.close()
        found = await services.evidence.look(case_id, room)

        async def close(tx: Transaction) -> tuple[bytes, bytes]:
            for row in rows:
                await services.recordings.note_segment(tx, case_id, SESSION, row)
            headers = {one.path: Header(one.clock_rate, one.origin) for one in found}
            made = await services.evidence.close(tx, Sitting(case_id, room, SESSION, START, END), headers)
            assert made is not None
            return made.dump(), await services.timeline.export(tx, case_id)

        manifest, timeline = await services.db.transact(close)
    for name, content in (("manifest", manifest), ("timeline", timeline)):
        (tmp_path / name).write_bytes(content)
    journals = [settings.spool / str(row["path"]) for row in rows]
    return Kept(settings, journals, tmp_path / "manifest", tmp_path / "timeline")


async def test_in_the_installation_all_of_a_sitting_is_checked(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert await verify_recording(kept.settings, SESSION) == 0
    told = capsys.readouterr().out
    assert (told.count("intact"), told.count("opened")) == (3, 2), "a caucus stays closed"
    with pytest.raises(NoRecording):
        await verify_recording(kept.settings, "ses_none")
    spoilt = bytearray(kept.journals[1].read_bytes())
    spoilt[-40] ^= 1
    kept.journals[1].write_bytes(spoilt)
    kept.journals[2].unlink()
    assert await verify_recording(kept.settings, SESSION) == 1
    told = capsys.readouterr().out
    assert told.count("intact") == 1
    assert "changed" in told
    assert "missing" in told
    assert "seat_1 end_1 video" in told


def test_files_with_papers_need_no_database(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    (kept.settings.data / "heshi.db").unlink()
    assert kept.files() == 0
    assert kept.files(str(kept.journals[0])) == 0, "one without the others"
    assert "not checked" in capsys.readouterr().out
    kept.journals[0].write_bytes(kept.journals[0].read_bytes()[:-21])
    assert kept.files() == 1
    told = capsys.readouterr().out
    assert "末尾被截去" in told
    assert "cut" in told


@pytest.mark.parametrize("named", ["--manifest", "--timeline", "--key", "--public-key"])
def test_papers_that_are_none_get_a_sentence(kept: Kept, capsys: pytest.CaptureFixture[str], named: str) -> None:
    junk = kept.manifest.with_name("junk")
    junk.write_bytes(b"junk\xff")
    assert main(["verify", "recording", str(kept.journals[0]), named, str(junk)]) == 1
    assert main(["verify", "recording", str(junk) + ".none"]) == 1
    assert main(["verify", "recording", str(junk)]) == 1
    assert "Traceback" not in capsys.readouterr().err
