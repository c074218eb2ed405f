"""What capture promises while nothing crashes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from formats.errors import Invalid
from formats.framing import Batch, Captured, unpack_records
from formats.journal import JournalHeader, read_journal, scan_journal
from recording.clock import Clocks
from recording.errors import RecorderFailed
from recording.header import read_header
from recording.journalsink import QUEUE_BYTES, STALL_NS, JournalSink, Outlets
from recording.lane import Lane
from recording.leg import Leg
from recording.sink import Recorder
from recording.spools import Spools
from tests.integration.recording.studio import Studio


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for the writer thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def packets_of(path: Path, private_key: bytes) -> list[Captured]:
    with path.open("rb") as file:
        return [record for chunk in read_journal(file, private_key) for record in unpack_records(chunk)]


def open_audio(recorder: Recorder, endpoint: str = "end_1", key: str = "joint") -> JournalSink:
    return recorder.open("room_1", endpoint, "seg_1", key, "audio", ("seat_1", "seat_2"), 48_000)


def test_every_packet_is_kept_with_its_arrival_and_the_row_says_so(studio: Studio) -> None:
    recorder = studio.recorder()
    sink = open_audio(recorder)
    sent = [Captured(6_000_000_000 + number, bytes([number]) * number) for number in range(200)]
    for item in sent:
        sink.write(Batch.of([(item.arrival_ns, item.packet)]))
    row = sink.close()
    path = studio.folder / str(row["path"])
    assert packets_of(path, studio.vault[0]) == sent
    with path.open("rb") as file:
        found = scan_journal(file)
    assert (found.state, found.head.hex(), found.records, found.size) == (
        "complete",
        row["head"],
        row["chunks"],
        row["bytes"],
    )
    assert (row["packets"], row["key"], row["seats"], row["complete"]) == (200, "joint", ["seat_1", "seat_2"], True)
    assert (row["first_arrival_utc"], row["path"]) == ("2026-03-01T01:00:06.000Z", "room_1/seg_1/end_1.audio.hjr")
    assert sink.close() == row
    header = read_header(path)
    assert (header.room, header.endpoint, header.clock_rate, header.seats) == (
        "room_1", "end_1", 48_000, ("seat_1", "seat_2"),
    )  # fmt: skip
    with pytest.raises(RecorderFailed):
        sink.write(Batch.of([(1, b"late")]))


def test_a_packet_is_on_disk_within_a_second(tmp_path: Path, studio: Studio) -> None:
    recorder = Recorder(tmp_path / "real", studio.vault[1], studio.supervisor[1])
    sink = open_audio(recorder)
    until(recorder.heads)
    begin = time.monotonic()
    sink.write(Batch.of([(time.monotonic_ns(), b"packet")]))
    until(lambda: next(iter(recorder.heads().values()))["chunks"] == 1)
    assert time.monotonic() - begin < 1.0
    assert recorder.health("room_1")["state"] == "ok"
    assert [row["complete"] for row in recorder.close()] == [True]
    with pytest.raises(RecorderFailed):
        open_audio(recorder)


def test_a_full_chunk_does_not_wait_for_its_age(studio: Studio) -> None:
    recorder = studio.recorder()
    sink = open_audio(recorder)
    for number in range(80):
        sink.write(Batch.of([(studio.now_ns + number, bytes(1000))]))
    until(lambda: any(head["chunks"] for head in recorder.heads("room_1").values()))
    assert recorder.heads("room_2") == {}


def test_packets_that_come_together_are_kept_one_by_one(studio: Studio) -> None:
    recorder = studio.recorder()
    sink = open_audio(recorder)
    first = [(1000 + number, number.to_bytes(2, "big") * 100) for number in range(200)]
    second = [(2000 + number, number.to_bytes(2, "big") * 500) for number in range(100)]  # more than a chunk by itself
    for packets in (first, [], second):
        sink.write(Batch.of(packets))
    row = sink.close()
    assert row["packets"] == 300
    kept = packets_of(studio.folder / str(row["path"]), studio.vault[0])
    assert [(one.arrival_ns, one.packet) for one in kept] == first + second


def test_health_is_told_per_room(studio: Studio) -> None:
    recorder = studio.recorder()
    assert recorder.health() == {"state": "idle", "reason": "", "bytes": 0, "seconds": 0}
    sink = open_audio(recorder)
    studio.now_ns += 7_000_000_000
    until(lambda: recorder.health("room_1")["bytes"])
    assert recorder.health("room_1")["seconds"] == 7
    assert recorder.health("room_2")["state"] == "idle"
    sink.close()
    until(lambda: recorder.health()["state"] == "idle")


def test_the_same_segment_captured_again_gets_a_file_of_its_own(studio: Studio) -> None:
    first, second = (studio.capture([(1, b"x")], "audio") for _ in range(2))
    assert (first.name, second.name) == ("end_1.audio.hjr", "end_1.audio.2.hjr")


def test_a_caucus_opens_with_the_supervisors_key_alone(studio: Studio) -> None:
    path = studio.capture([(1, b"secret words")], "audio", key="caucus")
    assert packets_of(path, studio.supervisor[0]) == [Captured(1, b"secret words")]
    assert b"secret words" not in path.read_bytes()


def test_a_nearly_full_disk_refuses_to_begin(studio: Studio) -> None:
    recorder = studio.recorder(min_free_bytes=2**62)
    with pytest.raises(RecorderFailed):
        open_audio(recorder)
    assert recorder.health()["reason"] == "disk.low"


def test_a_disk_that_cannot_be_written_fails_the_room_until_its_sinks_are_closed(studio: Studio) -> None:
    recorder = studio.recorder()
    (studio.folder / "room_1").write_text("in the way")
    sink = open_audio(recorder)
    until(lambda: studio.failures)
    assert studio.failures[0][0] == "room_1"
    with pytest.raises(RecorderFailed):
        sink.write(Batch.of([(1, b"x")]))
    assert recorder.health("room_1")["state"] == "failed"
    assert recorder.health("room_2")["state"] == "idle"
    row = sink.close()
    assert (row["complete"], row["path"]) == (False, None)
    (studio.folder / "room_1").unlink()
    until(lambda: recorder.health("room_1")["state"] == "idle")
    assert open_audio(recorder).close()["complete"] is True


def lone_sink(studio: Studio) -> JournalSink:
    """A sink whose writer thread never comes: what a hanging disk looks like from `write`."""
    clocks = Clocks(lambda: 0, lambda: studio.now_ns, "boot")
    (spool,) = Spools(studio.folder).each
    lane = Lane(spool, clocks, 0, list, lambda: None)
    header = JournalHeader("r", {"room": "room_1"}, "2026-03-01T01:00:00.000Z", 0, "boot")
    return JournalSink(
        Leg(lane, header, studio.vault[1]), clocks, Outlets(lambda leg, cause: None, studio.note, studio.fail)
    )


def test_more_than_memory_is_set_aside_for_fails_at_once(studio: Studio) -> None:
    sink = lone_sink(studio)
    with pytest.raises(RecorderFailed):
        for _ in range(2 * QUEUE_BYTES // 1000):
            sink.write(Batch.of([(1, bytes(1000))]))
    assert studio.failures == [("room_1", "overflow")]


def test_a_hanging_disk_fails_after_some_seconds(studio: Studio) -> None:
    sink = lone_sink(studio)
    for _ in range(70):
        sink.write(Batch.of([(1, bytes(1000))]))
    studio.now_ns += STALL_NS + 1
    with pytest.raises(RecorderFailed):
        sink.write(Batch.of([(1, bytes(1000))]))
    assert studio.failures == [("room_1", "disk.slow")]


@pytest.mark.parametrize(
    ("name", "field"),
    [("../x", "room"), ("", "endpoint"), ("a/b", "segment"), ("x" * 101, "room"), ("-x", "endpoint"), ("a.b", "room")],
)
def test_names_that_could_not_be_a_file_are_refused(studio: Studio, name: str, field: str) -> None:
    names = {"room": "room_1", "endpoint": "end_1", "segment": "seg_1"} | {field: name}
    with pytest.raises(Invalid):
        studio.recorder().open(**names, key="joint", medium="audio", seats=(), clock_rate=48_000)
