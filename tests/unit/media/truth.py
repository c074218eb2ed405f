"""The plain statement of what one worker may let flow: tables, leases and recorders as a reader understands them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")

LEASE = 30.0

Cell = tuple[str, int, str]
"""(to, slot, "audio" | "video"): half a receive slot."""

Origin = tuple[str, str]
"""(endpoint, "mic" | "camera" | "screen")."""

Named = tuple[Origin, int]
"""What a cell carries, and the life of the connection that the cell belongs to."""

Place = tuple[str, str]
"""(endpoint, "audio" | "video" | "screen"): a journal's."""

TRACK = {"mic": "audio", "camera": "video", "screen": "screen"}


@dataclass(frozen=True)
class Sent:
    """One packet that an endpoint has made; its number is in its payload. `kind` is empty for what lies about it."""

    number: int
    endpoint: str
    kind: str
    stream: tuple[int, int]  # life of the connection, SSRC
    seq: int
    key: bool = False
    single: bool = True  # its source has one encoding


@dataclass
class Truth:
    """What holds at one worker. `step` counts what happened to it, so that since when can be told."""

    slots: int
    step: int = 0
    epoch: int = -1
    revision: int = -1
    until: float = float("-inf")
    halted: int = -1
    known: bool = False  # whether the worker has the room at all
    table: dict[str, Any] | None = None
    members: set[str] = field(default_factory=set)
    connected: dict[str, int] = field(default_factory=dict)  # endpoint to life of its connection
    dropped: tuple[int, int] | None = None
    cells: dict[Cell, tuple[Named, int]] = field(default_factory=dict)  # what is named, and since which step
    places: dict[Place, tuple[tuple[str, ...], int]] = field(default_factory=dict)  # the same for journals
    passed: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)  # stream: (seq, step) rising

    def admits(self, epoch: int, revision: int) -> bool:
        """Whether a table counts."""
        if not self.known and self.dropped is not None:
            return epoch > self.dropped[0] and revision >= self.dropped[1]
        return epoch >= self.epoch and revision >= self.revision

    def take(self, table: dict[str, Any], now: float) -> None:
        """It was accepted."""
        self.known = True
        self.epoch, self.revision = table["epoch"], table["revision"]
        self.until = now + LEASE
        self.table = table
        self.settle(now)

    def stop(self, now: float) -> None:
        """The recorder failed."""
        self.halted = self.revision
        self.settle(now)

    def drop(self, now: float) -> None:
        """The room is gone from here."""
        if not self.known:
            return
        self.dropped = (self.epoch, self.revision)
        self.known, self.table = False, None
        self.until, self.halted = float("-inf"), -1
        self.members.clear()
        self.connected.clear()
        self.settle(now)

    def settle(self, now: float) -> None:
        """What is named and recorded from this step on; what was so before keeps its since."""
        self.step += 1
        table = self.table if self.table is not None and now < self.until else None
        if table is not None and table["revision"] <= self.halted:
            table = None
        cells: dict[Cell, Named] = {}
        places: dict[Place, tuple[str, ...]] = {}
        for row in table["rows"] if table else ():
            if row["to"] in self.connected and row["from"] in self.members and row["slot"] < self.slots:
                life = self.connected[row["to"]]
                if row["audio"]:
                    cells[row["to"], row["slot"], "audio"] = ((row["from"], "mic"), life)
                if row["video"]:
                    cells[row["to"], row["slot"], "video"] = ((row["from"], row["source"]), life)
        for entry in table["record"] if table else ():
            for track in ("audio", "video", "screen"):
                if entry[track] and entry["endpoint"] in self.members:
                    places[entry["endpoint"], track] = (entry["segment"], entry["key"], *entry["seats"])
        self.cells = _since(self.cells, cells, self.step)
        self.places = _since(self.places, places, self.step)

    def arrived(self, sent: Sent) -> bool:
        """A packet reached the worker on a connection that counts; whether none after it has been here yet."""
        passed = self.passed.setdefault(sent.stream, [])
        if passed and passed[-1][0] >= sent.seq:
            return False
        passed.append((sent.seq, self.step))
        return True

    def of(self, sent: Sent) -> int:
        """The step of a packet: when it, or one sent after it, was here first."""
        passed = self.passed.get(sent.stream, [])
        at = bisect_left(passed, (sent.seq, -1))
        return passed[at][1] if at < len(passed) else self.step


def _since(before: dict[K, tuple[V, int]], now: dict[K, V], step: int) -> dict[K, tuple[V, int]]:
    return {
        key: before[key] if key in before and before[key][0] == value else (value, step) for key, value in now.items()
    }
