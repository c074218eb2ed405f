"""A process that captures a whole sitting as a worker does, to be killed by a test at any moment.

`python -m tests.integration.recording.sitting FOLDER PACKETS VAULT SUPERVISOR`: two devices with sound and picture;
PACKETS holds "audio" and "video" as records of `formats.framing`, replayed in real time. Half-way a caucus begins: all
journals are closed and one device goes on under the supervisor's key. For each packet that was taken a line tells the
journal and the arrival; "begun" and "ended" lines tell of journals, which end only once their `close` has returned.
"""

from __future__ import annotations

import heapq
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from formats.framing import Batch, unpack_records
from recording.journalsink import JournalSink
from recording.sink import Medium, Recorder

MEDIA: tuple[tuple[Medium, int], ...] = (("audio", 48_000), ("video", 90_000))


class Sitting:
    """The open sinks by the path that their journals will have."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sinks: dict[tuple[str, str], tuple[str, JournalSink]] = {}

    def begin(self, segment: str, key: str, endpoints: tuple[str, ...]) -> None:
        for endpoint in endpoints:
            for medium, rate in MEDIA:
                sink = self._recorder.open("room_1", endpoint, segment, key, medium, ("seat_1",), rate)
                name = f"room_1/{segment}/{endpoint}.{medium}.hjr"
                self._sinks[endpoint, medium] = (name, sink)
                say("begun", name)

    def end(self) -> None:
        for name, sink in self._sinks.values():
            sink.close()
            say("ended", name)
        self._sinks.clear()

    def take(self, medium: str, packet: bytes) -> None:
        for (_, own), (name, sink) in self._sinks.items():
            if own == medium:
                now = time.monotonic_ns()
                sink.write(Batch.of([(now, packet)]))
                say("took", name, str(now))


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def packets_of(folder: Path) -> Iterator[tuple[int, str, bytes]]:
    """When, which medium and what, in order."""
    streams = [
        [(item.arrival_ns, medium, item.packet) for item in unpack_records((folder / medium).read_bytes())]
        for medium, _ in MEDIA
    ]
    return heapq.merge(*streams)


if __name__ == "__main__":
    folder, source, vault, supervisor = sys.argv[1:]
    recorder = Recorder(Path(folder), bytes.fromhex(vault), bytes.fromhex(supervisor), min_free_bytes=0)
    everything = list(packets_of(Path(source)))
    sitting = Sitting(recorder)
    sitting.begin("seg_1", "joint", ("end_1", "end_2"))
    since = time.monotonic_ns()
    half: int | None = everything[len(everything) // 2][0]
    for at, what, data in everything:
        time.sleep(max(0, since + at - time.monotonic_ns()) / 1e9)
        if half is not None and at >= half:
            half = None
            sitting.end()
            sitting.begin("seg_2", "caucus", ("end_1",))
        sitting.take(what, data)
    sitting.end()
    say("over")
