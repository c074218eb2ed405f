"""A process that captures as a worker does, to be killed or starved by a test.

`python -m tests.integration.recording.capturing FOLDER PACKETS VAULT SUPERVISOR [FILE_LIMIT]`; PACKETS holds records of
`formats.framing`, keys are hex. Without a limit it replays in real time and prints each packet's arrival; with one it
writes as fast as it can, no file may grow beyond the limit, and what came of it is printed as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from formats.framing import Batch, Captured, unpack_records
from recording.errors import RecorderFailed
from recording.sink import Recorder


def replay(recorder: Recorder, packets: list[Captured]) -> None:
    sink = recorder.open("room_1", "end_1", "seg_1", "joint", "video", ("seat_1",), 90_000)
    begin = time.monotonic_ns()
    for item in packets:
        wait_ns = begin + item.arrival_ns - time.monotonic_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / 1e9)
        now = time.monotonic_ns()
        sink.write(Batch.of([(now, item.packet)]))
        print(now, flush=True)


def starve(recorder: Recorder, packets: list[Captured], failures: list[tuple[str, str]]) -> None:
    sink = recorder.open("room_1", "end_1", "seg_1", "joint", "video", ("seat_1",), 90_000)
    code = None
    try:
        while True:
            for item in packets:
                sink.write(Batch.of([(item.arrival_ns, item.packet)]))
                time.sleep(0.0001)
    except RecorderFailed as error:
        code = error.code
    before = recorder.health("room_1")
    row = sink.close()
    print(json.dumps({"code": code, "failures": failures, "health": before, "row": row}))


if __name__ == "__main__":
    folder, file, vault, supervisor, *limit = sys.argv[1:]
    seen: list[tuple[str, str]] = []
    made = Recorder(
        Path(folder),
        bytes.fromhex(vault),
        bytes.fromhex(supervisor),
        on_failure=lambda room, reason: seen.append((room, reason)),
        min_free_bytes=0,
    )
    records = list(unpack_records(Path(file).read_bytes()))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
        starve(made, records, seen)
    else:
        replay(made, records)
