"""A capturing process that is killed, or whose disk is full, keeps what it had."""

from __future__ import annotations

import errno
import io
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from formats.framing import Batch, unpack_records
from formats.journal import read_journal
from recording.playback import render
from recording.salvage import salvage_room
from recording.scratch import ScratchFile
from recording.spools import Spools
from tests.integration.recording.packets import video
from tests.integration.recording.studio import Studio
from tests.integration.recording.watching import watch

ROOT = Path(__file__).parents[3]
KILLS = 5
LOST_AT_MOST_NS = 1_050_000_000


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of pictures to replay."""
    path = tmp_path_factory.mktemp("packets") / "packets"
    path.write_bytes(Batch.of(video(100)).records)
    return path


@contextmanager
def capturing(studio: Studio, folder: Path, packets: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    module = "tests.integration.recording.capturing"
    keys = (studio.vault[1].hex(), studio.supervisor[1].hex())
    command = [sys.executable, "-m", module, str(folder), str(packets), *keys, *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("seed", range(KILLS))
def test_died(studio: Studio, packets: Path, seed: int) -> None:
    total = len(list(unpack_records(packets.read_bytes())))
    moment = random.Random(seed).randint(total // 4, total - 20)
    with capturing(studio, studio.folder, packets) as process:
        assert process.stdout is not None
        written = [int(process.stdout.readline()) for _ in range(moment)]
        process.send_signal(signal.SIGKILL)
        written += [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
    (row,) = salvage_room(Spools(studio.folder), "room_1")
    assert row["state"] in ("open", "truncated")
    assert row["complete"] is False
    journal = studio.folder / str(row["path"])
    kept = read(journal, studio.vault[0])
    assert kept == written[: len(kept)], "what is kept is what was written, in order, without a hole"
    assert written[-1] - kept[-1] <= LOST_AT_MOST_NS
    with ScratchFile(studio.folder) as out:
        playback = render([journal], studio.vault[0], str(row["first_arrival_utc"]), out)
        out.seek(0)
        seen = watch(out.read())
    assert len(seen.pictures) == playback.video_frames > 0
    for index, (at, _) in enumerate(seen.pictures):
        assert abs(at - seen.pictures[0][0] - index * 50) <= 50


def read(journal: Path, key: bytes) -> list[int]:
    reader = read_journal(io.BytesIO(journal.read_bytes()), key)
    return [record.arrival_ns for chunk in reader for record in unpack_records(chunk)]


def test_a_full_disk_is_reported_at_once_and_leaves_whole_records(studio: Studio, packets: Path) -> None:
    with capturing(studio, studio.folder, packets, "300001") as process:
        told = json.loads(process.communicate(timeout=60)[0])
    reason = f"disk.{errno.EFBIG}"
    assert told["code"] == "recording.recorder_failed"
    assert told["failures"] == [["room_1", reason]]
    assert (told["health"]["state"], told["health"]["reason"]) == ("failed", reason)
    assert told["row"]["complete"] is False
    (row,) = salvage_room(Spools(studio.folder), "room_1")
    journal = studio.folder / str(row["path"])
    assert row["state"] == "open", "cut back to the last whole record"
    assert journal.stat().st_size == row["bytes"] == told["row"]["bytes"] > 200_000
    assert row["head"] == told["row"]["head"]
