"""Capture: raw packets of each endpoint and medium into encrypted, chained journals, on disk within a second.

The relay's loop calls `write`, which only appends to memory; one writer thread encrypts, writes and syncs. A sink's
lock guards its buffer and queue and is never held over a system call; the recorder's lock guards the list of sinks.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from formats.canonical import JSON
from formats.errors import Invalid
from formats.journal import JournalHeader
from recording.clock import Anchor, Clocks, to_utc
from recording.errors import RecorderFailed
from recording.journalsink import CHUNK_AGE_NS, JournalSink

Medium: TypeAlias = Literal["audio", "video", "screen"]

TICK_S: Final = 0.05
MIN_FREE_BYTES: Final = 200_000_000
DISK_CHECK_NS: Final = 1_000_000_000
ANCHOR_KEPT_NS: Final = 600_000_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class Recorder:
    """All open journals of one worker process, under one spool folder.

    `on_failure(room, reason)` is called once per failing journal, from the writer thread or from inside `write`; it
    must return at once and must not call back into the recorder. A failed sink stays failed; closing it clears the
    room's state, so that a room may go on with new sinks once the cause is gone.
    """

    def __init__(
        self,
        folder: Path,
        vault_public: bytes,
        supervisor_public: bytes,
        *,
        on_failure: Callable[[str, str], None] | None = None,
        clocks: Clocks | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._public: dict[str, bytes] = {"joint": vault_public, "caucus": supervisor_public}
        self._on_failure = on_failure or (lambda room, reason: None)
        self._clocks = clocks or Clocks()
        self._min_free = min_free_bytes
        self._lock = threading.Lock()
        self._sinks: list[JournalSink] = []
        self._anchors: dict[str, Anchor] = {}
        self._last_seen: dict[str, int] = {}
        self._wake = threading.Event()
        self._stopped = False
        self._disk_checked_ns = 0
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

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
        if self._low_on_disk():
            raise RecorderFailed("disk.low")
        anchor = self._anchor(room)
        now = self._clocks.mono_ns()
        who: dict[str, JSON] = {
            "room": room,
            "segment": segment,
            "endpoint": endpoint,
            "medium": medium,
            "key": key,
            "seats": list(seats),
            "clock_rate": clock_rate,
        }
        recording = f"{room}/{segment}/{endpoint}.{medium}"
        header = JournalHeader(recording, who, to_utc(anchor.to_unix_ns(now)), now, self._clocks.boot)
        sink = JournalSink(self._folder, header, self._public[key], self._clocks, self._wake.set, self._on_failure)
        with self._lock:
            if self._stopped:
                raise RecorderFailed("closed")
            self._sinks.append(sink)
        self._wake.set()
        return sink

    def heads(self, room: str | None = None) -> dict[str, dict[str, JSON]]:
        """Head and number of chunks on disk of each open journal, by its path in the spool."""
        return {
            snapshot.path: {"head": snapshot.head, "chunks": snapshot.chunks}
            for sink in self._open(room)
            if (snapshot := sink.snapshot) is not None
        }

    def health(self, room: str | None = None) -> dict[str, JSON]:
        """`state` ("idle" without an open journal), `reason`, `bytes` on disk and `seconds` since the first one opened.

        Of one room, or of the whole worker.
        """
        sinks = self._open(room)
        reasons = [sink.failure for sink in sinks if sink.failure is not None]
        if not reasons and self._low_on_disk():
            reasons = ["disk.low"]
        since = min((sink.header.mono_ns for sink in sinks), default=None)
        return {
            "state": "failed" if reasons else "ok" if sinks else "idle",
            "reason": reasons[0] if reasons else "",
            "bytes": sum(sink.snapshot.bytes for sink in sinks if sink.snapshot is not None),
            "seconds": 0 if since is None else (self._clocks.mono_ns() - since) // 1_000_000_000,
        }

    def close(self) -> list[dict[str, JSON]]:
        """Close every open journal, stop the writer thread and return the manifest rows."""
        with self._lock:
            self._stopped = True
            sinks = list(self._sinks)
        rows = [sink.close() for sink in sinks]
        self._wake.set()
        self._thread.join()
        return rows

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

    def _low_on_disk(self) -> bool:
        try:
            status = os.statvfs(self._folder)
        except OSError:
            return True
        return status.f_bavail * status.f_frsize < self._min_free

    def _run(self) -> None:
        while True:
            sinks = self._open(None)
            if not sinks and self._stopped:
                return
            self._wake.wait(TICK_S if sinks else None)
            self._wake.clear()
            self._watch_disk(sinks)
            now = self._clocks.mono_ns()
            if any(sink.wants(now - CHUNK_AGE_NS) for sink in sinks):
                self._put_on_disk(sinks, now)

    def _put_on_disk(self, sinks: list[JournalSink], now: int) -> None:
        # Once one is due all are written: a disk is woken more cheaply once than often.
        for sink in [sink for sink in sinks if sink.wants(now) and sink.write_out(now)]:
            sink.sync()
        with self._lock:
            for sink in [sink for sink in self._sinks if sink.closed]:
                self._sinks.remove(sink)
                self._last_seen[str(sink.header.who["room"])] = self._clocks.mono_ns()

    def _watch_disk(self, sinks: list[JournalSink]) -> None:
        now = self._clocks.mono_ns()
        if now - self._disk_checked_ns >= DISK_CHECK_NS:
            self._disk_checked_ns = now
            if self._low_on_disk():
                for sink in sinks:
                    sink.fail("disk.low")
