"""Real disks that hang (`fsfreeze`) and break (ext4's own shutdown) under a recording; needs root and a loop device.

`python -m tests.integration.recording.hanging FOLDER` raises AssertionError where anything is missing; prints figures.
Part of `make soak`, since not everybody who runs the tests is root.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from formats.framing import Batch, unpack_records
from formats.journal import read_journal
from formats.sealedbox import new_key_pair
from recording.sink import Recorder
from recording.spools import Spools

EXT4_IOC_SHUTDOWN = 0x8004587D
TOLD_WITHIN_S = 4.0
PACKET = bytes(1000)


def shut_down(mount: Path) -> None:
    """Every write fails from now on, as if the disk had been pulled."""
    number = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(number, EXT4_IOC_SHUTDOWN, struct.pack("I", 2))
    finally:
        os.close(number)


def freeze(mount: Path) -> None:
    """Every write waits from now on."""
    subprocess.run(["fsfreeze", "-f", str(mount)], check=True)


def thaw(mount: Path) -> None:
    """The end of it."""
    subprocess.run(["fsfreeze", "-u", str(mount)], check=False, stderr=subprocess.DEVNULL)


def run(folder: Path, what: str, breaks: Callable[[Path], None]) -> None:
    """Record in real time on an ext4 of its own, which fails after a second and a half; a second place is there."""
    image, mount = folder / f"{what}.img", folder / what
    image.write_bytes(b"")
    os.truncate(image, 32 << 20)
    mount.mkdir()
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)
    private, public = new_key_pair()
    moved: list[tuple[float, str]] = []
    recorder = Recorder(
        mount / "spool",
        public,
        public,
        second=folder / f"{what}-second",
        on_move=lambda row, reason: moved.append((time.monotonic(), reason)),
        min_free_bytes=0,
    )
    taken: list[int] = []
    try:
        sink = recorder.open("room_1", "end_1", "seg_1", "joint", "video", ("seat_1",), 90_000)
        begin, broken = time.monotonic(), 0.0
        while (now := time.monotonic()) < begin + 6:
            if not broken and now > begin + 1.5:
                broken = now
                threading.Thread(target=breaks, args=(mount,)).start()
            taken.append(time.monotonic_ns())
            sink.write(Batch.of([(taken[-1], PACKET)]))
            time.sleep(0.005)
        assert moved, "nobody was told"
        assert moved[0][0] - broken < TOLD_WITHIN_S
        assert recorder.health("room_1")["state"] == "degraded"
        assert sink.close()["complete"] is True
    finally:
        thaw(mount)
        recorder.close()
        subprocess.run(["umount", str(mount)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)
    try:
        spools = Spools(mount / "spool", folder / f"{what}-second")
        kept = set()
        for _, path in spools.journals("room_1"):
            with path.open("rb") as file:
                kept |= {one.arrival_ns for chunk in read_journal(file, private) for one in unpack_records(chunk)}
    finally:
        subprocess.run(["umount", str(mount)], check=True)
    missing = sorted(set(taken) - kept)
    assert not missing, f"{len(missing)} of {len(taken)} packets are missing"
    print(f"{what}: told as {moved[0][1]} after {moved[0][0] - broken:.2f} s, all of {len(taken)} packets kept")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    run(place, "hangs", freeze)
    run(place, "breaks", shut_down)
