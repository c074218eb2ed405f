"""The native engine's memory: never touched out of bounds or after its end, and given back."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from media import rtcp
from media.native.build import build
from media.native.library import CHECKED
from media.native.plane import Plane
from tests.unit.media.packets import RTX_PT, VIDEO_PT, Hall, Shelf, rtp, vp8

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LAPS = 500
ALLOWED = 40_000  # bytes after a thousand connections: the smallest thing of ours, left behind each time, is 100,000

# Reads 16 bytes of an address that has two.
WRONG = """
from media.native.library import load
ffi, lib = load()
plane = lib.plane_new(ffi.NULL, ffi.NULL, ffi.NULL, ffi.NULL, -1)
conn = lib.conn_new(plane, 1, ffi.new("ext_ids *"))
lib.plane_learn(plane, 6, ffi.new("uint8_t[2]"), 1, conn)
"""


def _checked(*command: str, own_blocks: bool) -> subprocess.CompletedProcess[str]:
    """Run Python where the engine stops at every wrong access.

    `own_blocks`: Python's objects, too, lie in blocks of their own, so that a packet cannot be read beyond its end.
    """
    build(checked=True)
    compiler = os.environ.get("CC", "cc")
    found = subprocess.run([compiler, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    environment = os.environ | {
        CHECKED: "1",
        "LD_PRELOAD": found.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python's own are many; see below for ours
        "PYTHONMALLOC": "malloc" if own_blocks else "default",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_wrong_access_is_noticed() -> None:
    ended = _checked("-c", WRONG, own_blocks=True)
    assert ended.returncode != 0
    assert "AddressSanitizer: heap-buffer-overflow" in ended.stderr
    assert "in plane_learn" in ended.stderr


@pytest.mark.parametrize(
    ("own_blocks", "files"),
    [
        (True, ("fuzz/test_packets.py", "fuzz/test_bounds.py", "test_engines.py")),
        (False, ("test_isolation.py", "test_switches.py")),
    ],
    ids=("packets", "histories"),
)
def test_memory_is_touched_where_it_is_ours_only(own_blocks: bool, files: tuple[str, ...]) -> None:
    paths = [str(HERE / file) for file in files]
    # Native tests and those of both engines, without those that are Python's own affair or are told twice.
    chosen = (
        "-k",
        "(native or test_engines) and not stays_inside and not any_reports",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=600",
    )
    ended = _checked("-m", "pytest", *chosen, *paths, own_blocks=own_blocks)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    assert " passed" in ended.stdout


class _Used(ctypes.Structure):
    """`struct mallinfo2` of glibc: only the bytes in use matter here."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "used", "free", "keepcost")
    ]


def _used() -> int:
    """Bytes that malloc has given out; Python's small objects are not among them, those of the engine are."""
    gc.collect()
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Used
    answer = ask()
    return int(answer.used + answer.hblkhd)


class _Inn:
    """A native hall whose guests come, are seen, ask again, and leave."""

    def __init__(self) -> None:
        self.hall = Hall(Shelf())
        self.revision = 0
        plane = self.hall.core._engine.lock
        assert isinstance(plane, Plane)
        self.plane = plane

    def lap(self) -> None:
        """Two guests."""
        hall, self.revision = self.hall, self.revision + 1
        for name in "ab":
            hall.connect("room", name)
        rows = [("a", 0, "b", True, True), ("b", 0, "a", True, True)]
        record = [(name, f"s{self.revision}", True, True) for name in "ab"]
        hall.core.apply(hall.table(self.revision, rows, record), hall.now)
        for name in "ab":
            hall.send(name, rtp(1, 1, 960, b"sound", mid="0"))
            hall.send(name, rtp(2, 1, 3000, vp8(1, 1, b"key", key=True), pt=VIDEO_PT, mid="1"))
            hall.send(name, rtp(3, 1, 3000, b"", pt=RTX_PT, mid="1"))
        assert len(hall.boxes["a"].rtp) == 2
        slot, seq = hall.links["a"].slots[0][1], hall.boxes["a"].rtp[1][2:4]
        assert slot is not None
        hall.links["a"].rtcp(rtcp.nack(1, slot.ssrc, [int.from_bytes(seq, "big")]), hall.now)
        assert len(hall.boxes["a"].rtp) == 3
        with self.plane as plane:
            for at, link in enumerate(hall.links.values()):
                assert not plane.lib.plane_learn(plane.c, 4, bytes((127, 0, 0, at)), self.revision, link.handle)  # type: ignore[attr-defined]
        for name in "ab":
            hall.core.remove(name)
        for some in (hall.events, hall.retired, hall.links, hall.boxes):
            some.clear()
        shelf = hall.core._factory
        assert isinstance(shelf, Shelf)
        shelf.opened.clear()
        shelf.packets.clear()

    def rest(self) -> int:
        """Bytes in use once everything that is gone has been buried."""
        gc.collect()
        with self.plane:
            assert not self.plane._buried
            assert not self.plane._parts
        return _used()


def test_a_thousand_connections_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hall, "engine", "native")
    inn = _Inn()
    for _ in range(LAPS // 5):
        inn.lap()
    before = inn.rest()
    for _ in range(LAPS):
        inn.lap()
    assert inn.rest() - before < ALLOWED


def test_a_plane_gives_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hall, "engine", "native")
    _Inn().lap()
    before = _used()
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        _Inn().lap()
    assert _used() - before < ALLOWED  # each has two logs of four megabytes
    assert len(os.listdir("/proc/self/fd")) == descriptors
