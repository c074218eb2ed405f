"""Capture: raw packets of each endpoint and medium into encrypted, chained journals, on disk within a second.

The relay's loop calls `write`, which only appends to memory; one thread per place encrypts, writes and syncs. A sink's
lock guards its buffer and queue and is never held over a system call; the recorder's lock guards the list of sinks.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from formats.canonical import JSON
from formats.errors import Invalid
from formats.journal import JournalHeader
from recording.clock import Anchor, Clocks, to_utc
from recording.errors import RecorderFailed
from recording.journalsink import CLOSE_TIMEOUT_S, JournalSink, Outlets
from recording.lane import Lane
from recording.leg import Leg
from recording.spools import Spools

Medium: TypeAlias = Literal["audio", "video", "screen"]

MIN_FREE_BYTES: Final = 200_000_000
ANCHOR_KEPT_NS: Final = 600_000_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class Recorder:
    """All open journals of one worker process, in the first of its spool folders that works.

    `on_failure(room, reason)` is called once per failing journal, `on_move(row, reason)` with the manifest row of a
    journal (`path` None where there is no file) that goes on in the second folder, because the first failed; from a
    writer thread or from inside `write`; they must return at once and must not call back into the recorder. A failed
    sink stays failed; closing it clears the room's state, so that a room may go on with new sinks once the cause is
    gone.
    """

    def __init__(
        self,
        folder: Path,
        vault_public: bytes,
        supervisor_public: bytes,
        *,
        second: Path | None = None,
        on_failure: Callable[[str, str], None] | None = None,
        on_move: Callable[[dict[str, JSON], str], None] | None = None,
        clocks: Clocks | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
    ) -> None:
        self._public: dict[str, bytes] = {"joint": vault_public, "caucus": supervisor_public}
        self._outlets = Outlets(
            self._next_leg, on_move or (lambda row, reason: None), on_failure or (lambda room, reason: None)
        )
        self._clocks = clocks or Clocks()
        self._lock = threading.Lock()
        self._sinks: list[JournalSink] = []
        self._anchors: dict[str, Anchor] = {}
        self._last_seen: dict[str, int] = {}
        self._stopped = False
        self._lanes = [
            Lane(spool, self._clocks, min_free_bytes, lambda: self._open(None), self._sweep)
            for spool in Spools(folder, second).each
        ]
        for lane in self._lanes:
            try:
                lane.spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                if second is None:
                    raise
                lane.blame(f"disk.{error.errno}")
        for lane in self._lanes:
            lane.start()

    def open(
        self,
        room: str,
        endpoint: str,
        segment: str,
        key: str,
        medium: Medium,
        seats: tuple[str, ...],
        clock_rate: int,
    ) -> JournalSink:
        """A journal for one endpoint's medium in one segment; `clock_rate` is its RTP clock in hertz.

        The file itself is made by the writer thread, so this never waits for the disk. Raises `Invalid` for names that
        could not be a file's, `RecorderFailed` when the disk is nearly full or the recorder is closed.
        """
        if key not in self._public or medium not in get_args(Medium) or clock_rate <= 0:
            raise Invalid("recording.kind")
        if not all(_NAME.fullmatch(name) for name in (room, endpoint, segment)):
            raise Invalid("recording.name")
        lane = self._lane()
        if lane is None:
            raise RecorderFailed("disk.low")
        who: dict[str, JSON] = {
            "room": room,
            "segment": segment,
            "endpoint": endpoint,
            "medium": medium,
            "key": key,
            "seats": list(seats),
            "clock_rate": clock_rate,
        }
        sink = JournalSink(self._leg(lane, who, self._lanes[0].trouble), self._clocks, self._outlets)
        with self._lock:
            if self._stopped:
                raise RecorderFailed("closed")
            self._sinks.append(sink)
        lane.wake()
        return sink

    def heads(self, room: str | None = None) -> dict[str, dict[str, JSON]]:
        """Head and number of chunks on disk of each open journal, by its path in the spool."""
        return {
            snapshot.path: {"head": snapshot.head, "chunks": snapshot.chunks}
            for sink in self._open(room)
            if (snapshot := sink.snapshot) is not None
        }

    def health(self, room: str | None = None) -> dict[str, JSON]:
        """`state`, `reason`, `bytes` on disk and `seconds` since the first open journal was opened.

        `state` is "ok"; "idle" without an open journal; "degraded" where some are in the second place, because the
        first failed; "failed" where capture has stopped or could not begin. Of one room, or of the whole worker.
        """
        sinks = self._open(room)
        failures = [sink.failure for sink in sinks if sink.failure is not None]
        if not failures and self._lane() is None:
            failures = ["disk.low"]
        moved = [sink.leg.cause for sink in sinks if sink.leg.lane is not self._lanes[0]]
        since = min((sink.header.mono_ns for sink in sinks), default=None)
        return {
            "state": "failed" if failures else "degraded" if moved else "ok" if sinks else "idle",
            "reason": (failures or moved or [""])[0],
            "bytes": sum(sink.snapshot.bytes for sink in sinks if sink.snapshot is not None),
            "seconds": 0 if since is None else (self._clocks.mono_ns() - since) // 1_000_000_000,
        }

    def close(self) -> list[dict[str, JSON]]:
        """Close every open journal, stop the writer threads and return the manifest rows."""
        with self._lock:
            self._stopped = True
            sinks = list(self._sinks)
        for sink in sinks:
            sink.begin_close()
        until = time.monotonic() + CLOSE_TIMEOUT_S
        rows = [sink.close(max(0.0, until - time.monotonic())) for sink in sinks]
        for lane in self._lanes:
            lane.stop()
        return rows

    def _lane(self) -> Lane | None:
        """Where to begin a journal; a place that failed only where the other is no better."""
        able = [lane for lane in self._lanes if not lane.low()]
        return next((lane for lane in able if not lane.trouble), able[0] if able else None)

    def _next_leg(self, failed: Leg, cause: str) -> Leg | None:
        others = [lane for lane in self._lanes if lane is not failed.lane]
        if others:
            failed.lane.blame(cause)
        lane = next((lane for lane in others if not lane.trouble and not lane.low()), None)
        if lane is None:
            return None
        # Readers join the two: a picture goes on in the middle, without a key frame.
        before = failed.snapshot.path if failed.snapshot is not None else failed.header.who.get("continues")
        return self._leg(lane, {**failed.header.who, "continues": before, "cause": cause}, cause)

    def _leg(self, lane: Lane, who: Mapping[str, JSON], cause: str) -> Leg:
        anchor, now = self._anchor(str(who["room"])), self._clocks.mono_ns()
        recording = f"{who['room']}/{who['segment']}/{who['endpoint']}.{who['medium']}"
        header = JournalHeader(recording, who, to_utc(anchor.to_unix_ns(now)), now, self._clocks.boot)
        return Leg(lane, header, self._public[str(who["key"])], cause if lane is not self._lanes[0] else "")

    def _open(self, room: str | None) -> list[JournalSink]:
        with self._lock:
            return [sink for sink in self._sinks if room is None or sink.header.who["room"] == room]

    def _anchor(self, room: str) -> Anchor:
        # One tie per sitting: a wall clock stepped in the middle of it must not tear its segments apart.
        now = self._clocks.mono_ns()
        with self._lock:
            self._last_seen.update((str(sink.header.who["room"]), now) for sink in self._sinks)
            for old in [name for name, seen in self._last_seen.items() if now - seen > ANCHOR_KEPT_NS]:
                del self._anchors[old], self._last_seen[old]
            self._last_seen[room] = now
            return self._anchors.setdefault(room, Anchor(self._clocks.unix_ns(), now))

    def _sweep(self) -> None:
        with self._lock:
            for sink in [sink for sink in self._sinks if sink.closed]:
                self._sinks.remove(sink)
                self._last_seen[str(sink.header.who["room"])] = self._clocks.mono_ns()
