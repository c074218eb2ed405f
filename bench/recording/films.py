"""The film of a sitting: ours in a process of its own, and ffmpeg's command line doing the same picture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agreements import FontChain, default_folders
from bench.recording.footage import Sitting
from recording.clock import to_utc
from recording.composite import Director, Letters, Script, write_film
from recording.composite.encoding import PICTURE_OPTIONS
from recording.composite.layout import HEIGHT, WIDTH, layout
from recording.composite.parts import Part
from recording.playback import render

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Made:
    """One film: how long it took (seconds of wall and of CPU), the most memory (MB), its size."""

    seconds: float
    wall_s: float
    cpu_s: float
    memory_mb: float
    bytes: int

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.seconds / self.wall_s


def ours(sitting: Sitting, folder: Path) -> Made:
    """Journals to MP4, pieces on disk in between, in a fresh process."""
    order = {
        "journals": [str(path) for path in sitting.all],
        "key": sitting.private_key.hex(),
        "started_ns": sitting.started_ns,
        "people": len(sitting.journals),
        "folder": str(folder),
    }
    return _measured([sys.executable, "-m", "bench.recording.films", json.dumps(order)], sitting, folder / "ours.mp4")


def theirs(sitting: Sitting, folder: Path) -> Made:
    """ffmpeg on the same coded pictures (as WebM, made beforehand, not counted), without labels and clock."""
    inputs: list[str] = []
    for number, pair in enumerate(sitting.journals):
        path = folder / f"{number}.webm"
        if not path.exists():
            with path.open("w+b", buffering=0) as webm:
                render(pair, sitting.private_key, to_utc(sitting.started_ns), webm)
        inputs += ["-i", str(path)]
    out = folder / "theirs.mp4"
    x264 = [word for name, value in PICTURE_OPTIONS.items() for word in (f"-{name}", value)]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        *inputs,
        "-filter_complex",
        _graph(len(sitting.journals), sitting.seconds),
    ]
    command += ["-map", "[v]", "-map", "[a]", "-c:v", "libx264", *x264]
    command += ["-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k", "-ac", "1", "-movflags", "+faststart", str(out)]
    return _measured(command, sitting, out)


def _graph(people: int, seconds: int) -> str:
    steps = [f"color=black:s={WIDTH}x{HEIGHT}:r=25:d={seconds}[c0]"]
    for number, tile in enumerate(layout(people, screen=False).tiles):
        inside = tile.fit(WIDTH, HEIGHT)
        scale = f"scale={inside.width}:{inside.height}:flags=fast_bilinear"
        steps.append(f"[{number}:v]fps=25,{scale}[t{number}]")
        steps.append(f"[c{number}][t{number}]overlay={inside.x}:{inside.y}:eof_action=pass[c{number + 1}]")
    sounds = "".join(f"[{number}:a]" for number in range(people))
    steps += [f"[c{people}]format=yuv420p[v]", f"{sounds}amix=inputs={people}:normalize=0[a]"]
    return ";".join(steps)


def _measured(command: Sequence[str], sitting: Sitting, out: Path) -> Made:
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT)
    memory_mb = 0.0
    while True:
        # Not from the usage below: that counts what this process was when the other was split off from it.
        memory_mb = max(memory_mb, _high_water_mb(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.1)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Made(sitting.seconds, wall, usage.ru_utime + usage.ru_stime, memory_mb, out.stat().st_size)


def _high_water_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0][1]) / 1024 if lines else 0.0


def _child(order: dict[str, object]) -> None:
    folder, started_ns, people = Path(str(order["folder"])), int(str(order["started_ns"])), int(str(order["people"]))
    journals = order["journals"]
    assert isinstance(journals, list)
    script = Script(started_ns, {f"seat_{number}": f"当事人{number + 1} · 甲方" for number in range(people)})
    letters = Letters(FontChain(default_folders(ROOT)).files)
    director = Director([Path(path) for path in journals], bytes.fromhex(str(order["key"])), script, letters)
    paths = []
    for number in range(director.parts):
        paths.append(folder / f"part-{number}")
        paths[-1].write_bytes(director.part(number).pack())
    director.close()
    with (folder / "ours.mp4").open("w+b", buffering=0) as out:
        write_film(out, (Part.unpack(path.read_bytes()) for path in paths), director.duration_ms, started_ns)


if __name__ == "__main__":
    _child(json.loads(sys.argv[1]))
