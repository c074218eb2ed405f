"""A spool folder with keys, and recorders whose clock the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from formats.canonical import JSON
from formats.framing import Batch
from formats.sealedbox import new_key_pair
from recording.clock import Clocks, from_utc
from recording.journalsink import JournalSink
from recording.sink import Medium, Recorder

START = "2026-03-01T01:00:00.000Z"


@dataclass
class Studio:
    """A spool folder, the two key pairs and recorders writing there at a time of the test's choosing."""

    folder: Path
    vault: tuple[bytes, bytes] = field(default_factory=new_key_pair)
    supervisor: tuple[bytes, bytes] = field(default_factory=new_key_pair)
    now_ns: int = 5_000_000_000
    wall_shift_ns: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    moves: list[tuple[dict[str, JSON], str]] = field(default_factory=list)
    recorders: list[Recorder] = field(default_factory=list)

    def recorder(self, *, second: Path | None = None, min_free_bytes: int = 0) -> Recorder:
        # Monotonic zero is START, so arrival times in tests are nanoseconds since START.
        clocks = Clocks(lambda: from_utc(START) + self.now_ns + self.wall_shift_ns, lambda: self.now_ns, "boot")
        recorder = Recorder(
            self.folder,
            self.vault[1],
            self.supervisor[1],
            second=second,
            clocks=clocks,
            on_failure=self.fail,
            on_move=self.note,
            min_free_bytes=min_free_bytes,
        )
        self.recorders.append(recorder)
        return recorder

    def note(self, row: dict[str, JSON], reason: str) -> None:
        self.moves.append((row, reason))

    def fail(self, room: str, reason: str) -> None:
        self.failures.append((room, reason))

    def capture(
        self, packets: list[tuple[int, bytes]], medium: Medium, *, segment: str = "seg_1", key: str = "joint"
    ) -> Path:
        """A closed journal of these (arrival, packet)."""
        recorder = self.recorder()
        rate = 90_000 if medium == "video" else 48_000
        sink = recorder.open("room_1", "end_1", segment, key, medium, ("seat_1",), rate)
        return self.fill(sink, packets)

    def fill(self, sink: JournalSink, packets: list[tuple[int, bytes]]) -> Path:
        """Write these and close it."""
        for arrival_ns, packet in packets:
            sink.write(Batch.of([(arrival_ns, packet)]))
        row = sink.close()
        assert row["complete"] is True
        return self.folder / str(row["path"])
