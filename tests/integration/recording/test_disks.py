"""Disks that fill up, turn read-only, vanish or hang while a sitting is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from formats.framing import Batch, Captured, unpack_records
from formats.journal import read_journal, scan_journal
from formats.sealedbox import new_key_pair
from recording.playback import render
from recording.scratch import ScratchFile
from recording.spools import Spools
from tests.integration.recording.packets import video
from tests.integration.recording.watching import Watched, watch

ROOT = Path(__file__).parents[3]
FAULTS = ("full", "read-only", "removed")
AT_ONCE_NS = 2_500_000_000
LOST_AT_MOST_NS = 1_050_000_000


@dataclass(frozen=True)
class Ran:
    """What a run told, where its journals lie now, and the key that opens them."""

    told: Mapping[str, Any]
    spools: Spools
    key: bytes

    def captured(self, segment: str) -> list[Captured]:
        """Everything that lies in the journals of a segment; each verifies."""
        found = []
        for _, path in self.spools.journals("room_1", segment):
            with path.open("rb") as file:
                assert scan_journal(file).state in ("complete", "open")
            with path.open("rb") as file:
                found += [one for chunk in read_journal(file, self.key) for one in unpack_records(chunk)]
        return found

    def watched(self, segment: str) -> Watched:
        """What a player shows of a segment."""
        paths = [path for _, path in self.spools.journals("room_1", segment)]
        with ScratchFile(self.spools.scratch()) as out:
            render(paths, self.key, "2026-01-01T00:00:00.000Z", out)
            out.seek(0)
            return watch(out.read())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, bool], Ran]:
    """Each fault with and without a second place, all at the same time."""
    folder = tmp_path_factory.mktemp("disks")
    packets = folder / "packets"
    packets.write_bytes(Batch.of(video(60, key_every=200)).records)
    (private, public), (_, supervisor) = new_key_pair(), new_key_pair()

    def run(case: tuple[str, bool]) -> Ran:
        fault, second = case
        place = folder / f"{fault}-{second}"
        place.mkdir()
        others = [str(place / "second")] if second else []
        module = ["-m", "tests.integration.recording.failing", fault, str(place), str(packets)]
        command = ["unshare", "-rm", sys.executable, *module, public.hex(), supervisor.hex(), *others]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        return Ran(json.loads(done.stdout), Spools(place / "kept", place / "second"), private)

    cases = list(product(FAULTS, (False, True)))
    with ThreadPoolExecutor(len(cases)) as pool:
        return dict(zip(cases, pool.map(run, cases), strict=True))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_disk_is_told_at_once_and_a_new_segment_works_when_it_is_mended(
    runs: Mapping[tuple[str, bool], Ran], fault: str
) -> None:
    ran = runs[fault, False]
    (at, reason), *_ = ran.told["told"]
    assert reason == {"full": "disk.28", "read-only": "disk.30", "removed": "disk.2"}[fault]
    assert at - ran.told["broken_at"] < AT_ONCE_NS
    assert ran.told["health"] | {"bytes": 0, "seconds": 0} == {
        "state": "failed", "reason": reason, "bytes": 0, "seconds": 0,
    }  # fmt: skip
    *_, failed, again = ran.told["rows"]
    assert (failed["complete"], again["complete"]) == (False, True)
    assert [one.arrival_ns for one in ran.captured("seg_3")] == ran.told["after"]
    if fault == "full":
        kept = [one.arrival_ns for one in ran.captured("seg_1")]
        assert kept == ran.told["taken"][: len(kept)]
        assert ran.told["broken_at"] - kept[-1] < LOST_AT_MOST_NS, "what was on disk stays and verifies"


@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_second_place_nothing_stops_and_nothing_is_missing(
    runs: Mapping[tuple[str, bool], Ran], fault: str
) -> None:
    ran = runs[fault, True]
    (at, reason), *_ = ran.told["told"]
    assert at - ran.told["broken_at"] < AT_ONCE_NS
    assert (ran.told["health"]["state"], ran.told["health"]["reason"]) == ("degraded", reason)
    assert [row["complete"] for row in ran.told["rows"]] == [True] * len(ran.told["rows"])
    (left,) = ran.told["moves"]
    assert (left["complete"], left["path"] is None) == (False, fault == "read-only")
    kept = [one.arrival_ns for one in ran.captured("seg_[12]")]
    taken = ran.told["taken"]
    assert len(taken) > 60, "it went on to the end"
    if fault == "removed":  # what somebody takes away is gone, but from then on everything is there
        assert kept == taken[-len(kept) :]
        assert kept[0] - ran.told["broken_at"] < LOST_AT_MOST_NS
        return
    assert sorted(set(kept)) == taken
    seen = ran.watched("seg_1")
    if fault == "full":
        assert len(seen.pictures) == 60, "a picture goes on in the second journal in the middle of its group"
        assert all(abs(at - seen.pictures[0][0] - index * 50) <= 50 for index, (at, _) in enumerate(seen.pictures))
