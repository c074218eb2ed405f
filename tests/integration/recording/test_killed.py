"""A sitting's capture killed with -9 at a random moment, again and again: what is lost, and what is made of the rest.

`HESHI_SOAK=20` makes it 240 rounds. The figures are printed.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from formats.framing import Batch, unpack_records
from formats.journal import read_journal
from recording.playback import render
from recording.salvage import salvage_room
from recording.scratch import ScratchFile
from recording.spools import Spools
from tests.integration.recording.packets import audio, video
from tests.integration.recording.studio import Studio
from tests.integration.recording.watching import watch

ROOT = Path(__file__).parents[3]
ROUNDS = 12 * int(os.environ.get("HESHI_SOAK", "1"))
SEED = int(os.environ.get("SEED", "1"))
TOGETHER = 6
LONG_S = 4.0
LOST_AT_MOST_NS = 1_050_000_000


@dataclass
class Told:
    """What a killed process had said: arrivals by journal, and which journals it had closed."""

    took: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    ended: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of sound and picture to replay."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "audio").write_bytes(Batch.of(audio(250)).records)
    (folder / "video").write_bytes(Batch.of(video(100)).records)
    return folder


def killed(studio: Studio, spool: Path, source: Path, after_s: float) -> Told:
    module = ["-m", "tests.integration.recording.sitting", str(spool), str(source)]
    command = [sys.executable, *module, studio.vault[1].hex(), studio.supervisor[1].hex()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        timer = time.monotonic() + after_s
        while time.monotonic() < timer:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().split("\n")[:-1]
    told = Told()
    for words in map(str.split, lines):
        if words[0] == "took":
            told.took[words[1]].append(int(words[2]))
        elif words[0] == "ended":
            told.ended.add(words[1])
    return told


def check(studio: Studio, spool: Path, told: Told) -> float:
    """Everything that was promised holds; returns the longest loss of any journal in milliseconds."""
    rows = {str(row["path"]): row for row in salvage_room(Spools(spool), "room_1")}
    worst = 0
    for name, took in told.took.items():
        kept: list[int] = []
        if name in rows:
            key = studio.vault[0] if rows[name]["key"] == "joint" else studio.supervisor[0]
            with (spool / name).open("rb") as file:
                kept = [item.arrival_ns for chunk in read_journal(file, key) for item in unpack_records(chunk)]
        assert kept[: len(took)] == took[: len(kept)], "what is kept is what was taken, in order, without a hole"
        lost = took[-1] - kept[-1] if kept else took[-1] - took[0]
        worst = max(worst, lost)
        if name in told.ended:
            assert rows[name]["complete"]
            assert len(kept) == len(took), "what was closed is whole"
        elif name in rows and not rows[name]["complete"]:
            assert rows[name]["state"] in ("open", "truncated")
    assert worst <= LOST_AT_MOST_NS
    joint = [spool / str(row["path"]) for row in rows.values() if row["key"] == "joint" and row["endpoint"] == "end_1"]
    if any(rows[f"room_1/seg_1/end_1.{medium}.hjr"]["chunks"] for medium in ("audio", "video") if joint):
        with ScratchFile(spool) as out:
            playback = render(
                joint, studio.vault[0], str(rows["room_1/seg_1/end_1.audio.hjr"]["first_arrival_utc"]), out
            )
            out.seek(0)
            seen = watch(out.read())
        assert not playback.damaged
        assert len(seen.pictures) == playback.video_frames
    return worst / 1e6


def test_whatever_the_moment_less_than_a_second_is_lost(studio: Studio, source: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    moments = [chance.uniform(0.05, LONG_S) for _ in range(ROUNDS)]

    def play(number: int) -> float:
        spool = tmp_path / str(number)
        return check(studio, spool, killed(studio, spool, source, moments[number]))

    with ThreadPoolExecutor(TOGETHER) as pool:
        lost = sorted(pool.map(play, range(ROUNDS)))
    tail = lost[int(0.95 * (ROUNDS - 1))]
    print(
        f"\nkilled {ROUNDS} times: lost at least {lost[0]:.0f} ms, median {statistics.median(lost):.0f} ms, "
        f"95 % {tail:.0f} ms, most {lost[-1]:.0f} ms"
    )
