"""A worker tells the heads of what it has on disk: what is new, and nothing of a room at rest."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import BadNamespaceError

from formats.framing import Batch
from formats.sealedbox import new_key_pair
from recording import Recorder
from server.heads import HeadReporter
from signaling.live.heads import Report


class Line:
    """The relay's rooms, and what was said of them."""

    def __init__(self) -> None:
        self.rooms = {"room_1": {"epoch": 3}, "room_2": {"epoch": 1}}
        self.up = True
        self.said: list[dict[str, Any]] = []

    def stats(self) -> dict[str, Any]:
        return {"rooms": self.rooms}

    async def say(self, event: str, data: dict[str, Any]) -> None:
        if not self.up:
            raise BadNamespaceError("/worker")
        assert event == "heads"
        self.said.append(data)


async def test_only_what_is_new_on_disk_is_told(tmp_path: Path) -> None:
    line, public = Line(), new_key_pair()[1]
    recorder = Recorder(tmp_path, public, public, min_free_bytes=0)
    reporter = HeadReporter(line, recorder, line.say)
    await reporter.report()
    assert line.said == []
    sink = recorder.open("room_1", "end_1", "seg_1-ses_1", "joint", "audio", ("seat_1",), 48_000)

    async def written(chunks: int) -> None:
        now = time.monotonic_ns()
        sink.write(Batch.of([(now, bytes(60_000)), (now, bytes(60_000))]))
        async with asyncio.timeout(15):
            while True:
                if sink.snapshot is not None and sink.snapshot.chunks >= chunks:
                    return
                await asyncio.sleep(0.02)

    await written(1)
    line.up = False
    with pytest.raises(BadNamespaceError):
        await reporter.report()
    line.up = True
    await reporter.report()
    await reporter.report()
    (told,) = line.said
    report = Report.parse(told)
    assert (report.room, report.epoch) == ("room_1", 3)
    assert {one.path: {"head": one.head, "chunks": one.chunks} for one in report.heads} == recorder.heads("room_1")
    await written(2)
    await reporter.report()
    assert len(line.said) == 2
    row = sink.close()
    await reporter.report()
    assert len(line.said) == 2, "a closed journal's head comes with its row"
    assert Report.parse(line.said[1]).heads[0].chunks <= row["chunks"]  # type: ignore[operator]
    recorder.close()
