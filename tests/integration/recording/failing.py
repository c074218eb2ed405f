"""A process that captures as a worker does while its disk fails.

`unshare -rm python -m tests.integration.recording.failing FAULT FOLDER PACKETS VAULT SUPERVISOR [SECOND]`: below FOLDER
a small tmpfs is mounted as "first". Half-way through PACKETS (records of `formats.framing`, replayed in real time) it
fills up, is taken away, or turns read-only between two segments. Then the fault is mended and a new segment begun. What
came of it is printed as JSON; the first place's content is copied to "kept", since the mount dies with this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from formats.framing import Batch, Captured, unpack_records
from recording.errors import RecorderFailed
from recording.journalsink import JournalSink
from recording.sink import Recorder

LOOK_S = 2.5


class Failing:
    """One run; times are monotonic nanoseconds."""

    def __init__(self, fault: str, folder: Path, keys: tuple[bytes, bytes], second: Path | None) -> None:
        self.fault = fault
        self.first = folder / "first"
        self.first.mkdir()
        self._mount("-t", "tmpfs", "-o", "size=4m", "tmpfs")
        self.told: list[tuple[int, str]] = []
        self.moves: list[dict[str, Any]] = []
        self.recorder = Recorder(
            self.first, *keys, second=second, on_failure=self._fail, on_move=self._move, min_free_bytes=0
        )

    def open(self, segment: str) -> JournalSink:
        return self.recorder.open("room_1", "end_1", segment, "joint", "video", ("seat_1",), 90_000)

    def breaks(self) -> None:
        if self.fault == "full":
            with contextlib.suppress(OSError), (self.first / "filler").open("wb", buffering=0) as file:
                while file.write(bytes(4096)) == 4096:
                    pass
        elif self.fault == "removed":
            shutil.rmtree(self.first / "room_1")
        else:
            self._mount("-o", "remount,ro")

    def mend(self) -> None:
        if self.fault == "read-only":
            self._mount("-o", "remount,rw")
        (self.first / "filler").unlink(missing_ok=True)

    def _mount(self, *how: str) -> None:
        subprocess.run(["mount", *how, str(self.first)], check=True)

    def _fail(self, room: str, reason: str) -> None:
        self.told.append((time.monotonic_ns(), reason))

    def _move(self, row: dict[str, Any], reason: str) -> None:
        self.told.append((time.monotonic_ns(), reason))
        self.moves.append(row)


def replay(sink: JournalSink, packets: Iterable[Captured], since_ns: int) -> list[int]:
    """Arrival times of what was taken, up to the end or the refusal."""
    taken = []
    for item in packets:
        time.sleep(max(0, since_ns + item.arrival_ns - time.monotonic_ns()) / 1e9)
        now = time.monotonic_ns()
        try:
            sink.write(Batch.of([(now, item.packet)]))
        except RecorderFailed:
            break
        taken.append(now)
    return taken


def run(failing: Failing, packets: list[Captured]) -> dict[str, Any]:
    half = len(packets) // 2
    since = time.monotonic_ns()
    sink = failing.open("seg_1")
    taken = replay(sink, packets[:half], since)
    if failing.fault == "read-only":  # what is open for writing keeps a file system from turning read-only
        rows = [sink.close()]
        failing.breaks()
        broken_at = time.monotonic_ns()
        sink = failing.open("seg_2")
    else:
        rows = []
        failing.breaks()
        broken_at = time.monotonic_ns()
    taken += replay(sink, packets[half:], since)
    deadline = time.monotonic() + LOOK_S
    while not failing.told and time.monotonic() < deadline:
        time.sleep(0.005)
    health = failing.recorder.health("room_1")
    rows.append(sink.close())
    failing.mend()
    again = failing.open("seg_3")
    began = time.monotonic_ns()
    after = replay(again, [Captured(0, item.packet) for item in packets[:half]], began)
    rows.append(again.close())
    return {
        "taken": taken,
        "after": after,
        "broken_at": broken_at,
        "told": failing.told,
        "moves": failing.moves,
        "health": health,
        "rows": rows,
    }


if __name__ == "__main__":
    what, place, file, vault, supervisor, *others = sys.argv[1:]
    made = Failing(
        what, Path(place), (bytes.fromhex(vault), bytes.fromhex(supervisor)), Path(others[0]) if others else None
    )
    outcome = run(made, list(unpack_records(Path(file).read_bytes())))
    shutil.copytree(made.first, Path(place) / "kept")
    print(json.dumps(outcome), flush=True)
    os._exit(0)
