"""A second place for journals: when it is used, when the first is used again, and how both are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from formats.framing import Batch
from formats.journal import JournalHeader, scan_journal
from recording.clock import Clocks
from recording.errors import RecorderFailed
from recording.journalsink import MOVE_NS, JournalSink, Outlets
from recording.lane import PROBE_NS, Lane
from recording.leg import Leg
from recording.salvage import salvage_room
from recording.spools import Spools
from tests.integration.recording.studio import Studio
from tests.integration.recording.test_sink import open_audio, packets_of, until


def blocked(folder: Path) -> Path:
    """Something that no folder can be made of; unlinking it mends that."""
    folder.mkdir(parents=True, exist_ok=True)
    stone = folder / "room_1"
    stone.write_text("in the way")
    return stone


def test_what_cannot_begin_in_the_first_place_begins_in_the_second(studio: Studio, tmp_path: Path) -> None:
    stone = blocked(studio.folder)
    recorder = studio.recorder(second=tmp_path / "second")
    sink = open_audio(recorder)
    sink.write(Batch.of([(1, b"x"), (2, b"y")]))
    until(lambda: studio.moves)
    assert recorder.health("room_1")["state"] == "degraded"
    assert recorder.health("room_2")["state"] == "idle"
    row = sink.close()
    assert (row["complete"], row["packets"]) == (True, 2)
    assert not studio.failures
    path = Spools(studio.folder, tmp_path / "second").find(str(row["path"]))
    assert path == tmp_path / "second/room_1/seg_1/end_1.audio.500.hjr"
    assert [one.packet for one in packets_of(path, studio.vault[0])] == [b"x", b"y"]

    second = open_audio(recorder)
    assert recorder.health("room_1")["state"] == "degraded", "the first place is not tried again at once"
    assert str(second.close()["path"]).endswith(".501.hjr")
    stone.unlink()
    studio.now_ns += PROBE_NS

    def back() -> bool:
        return open_audio(recorder).close()["path"] == "room_1/seg_1/end_1.audio.hjr"

    until(back)
    rows = list(salvage_room(Spools(studio.folder, tmp_path / "second"), "room_1"))
    assert [row["state"] for row in rows] == ["complete"] * len(rows)
    assert len({row["path"] for row in rows}) == len(rows) >= 3


def test_where_both_fail_the_room_is_told(studio: Studio, tmp_path: Path) -> None:
    blocked(studio.folder)
    blocked(tmp_path / "second")
    recorder = studio.recorder(second=tmp_path / "second")
    sink = open_audio(recorder)
    until(lambda: studio.failures)
    assert recorder.health("room_1")["state"] == "failed"
    with pytest.raises(RecorderFailed):
        sink.write(Batch.of([(1, b"x")]))
    assert sink.close()["complete"] is False


def test_a_first_place_that_was_never_there_does_not_keep_the_worker_from_starting(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    studio.folder = tmp_path / "file" / "spool"
    with pytest.raises(OSError, match="Not a directory"):
        studio.recorder()
    recorder = studio.recorder(second=tmp_path / "second")
    assert open_audio(recorder).close()["complete"] is True
    assert Spools(studio.folder, tmp_path / "second").rooms() == ["room_1"]


def test_a_disk_that_hangs_is_left_for_the_other_with_nothing_missing(studio: Studio, tmp_path: Path) -> None:
    """The first place's thread never comes, as if it were stuck in the disk."""
    clocks = Clocks(lambda: 0, lambda: studio.now_ns, "boot")
    sinks: list[JournalSink] = []
    stuck, working = (
        Lane(spool, clocks, 0, lambda: sinks, lambda: None) for spool in Spools(studio.folder, tmp_path / "two").each
    )
    header = JournalHeader(
        "r", {"room": "room_1", "segment": "s", "endpoint": "e", "medium": "audio", "key": "joint", "seats": []},
        "2026-03-01T01:00:00.000Z", 0, "boot",
    )  # fmt: skip

    def following(leg: Leg, cause: str) -> Leg:
        return Leg(working, header, studio.vault[1], cause)

    sink = JournalSink(Leg(stuck, header, studio.vault[1]), clocks, Outlets(following, studio.note, studio.fail))
    sinks.append(sink)
    working.start()
    for number in range(200):
        sink.write(Batch.of([(number, number.to_bytes(2, "big") * 500)]))
    studio.now_ns += MOVE_NS + 1
    sink.write(Batch.of([(200, b"last")]))
    row = sink.close()
    sinks.clear()
    working.stop()
    assert [reason for _, reason in studio.moves] == ["disk.slow"]
    assert (row["complete"], row["packets"], studio.failures) == (True, 201, [])
    kept = packets_of(tmp_path / "two" / str(row["path"]), studio.vault[0])
    assert [one.arrival_ns for one in kept] == list(range(201))


def test_a_room_folder_that_is_moved_away_is_noticed_while_nothing_is_written(studio: Studio) -> None:
    recorder = studio.recorder()
    sink = open_audio(recorder)
    until(lambda: sink.snapshot)
    (studio.folder / "room_1").rename(studio.folder / "elsewhere")
    studio.now_ns += 2_000_000_000
    until(lambda: studio.failures)
    assert studio.failures == [("room_1", "disk.2")]
    with (studio.folder / "elsewhere/seg_1/end_1.audio.hjr").open("rb") as file:
        assert scan_journal(file).state == "open"
