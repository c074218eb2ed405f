"""`make bench-recording`: capture, disk, seeking, and the composite film against ffmpeg's command line.

Ours and ffmpeg's films are made in turns, of the same coded pictures (three people at 720p, grainy), with the same
encoder settings; ours with names and clock and from encrypted journals, ffmpeg's without and from WebM files. Writes
bench/out/recording.json; QUICK=1 makes one short round.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from bench.recording.capture import capture_ms, chunk_mb_s, seek_ms
from bench.recording.films import Made, ours, theirs
from bench.recording.footage import Clip, clip, sitting
from bench.report import Row, report, row
from recording.composite import TICKS, write_film
from recording.composite.encoding import FPS
from recording.composite.parts import Coded, Part
from recording.composite.sound import RATE

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 1 if QUICK else 3
SECONDS = 70 if QUICK else 120
LENGTHS = (20, 80) if QUICK else (60, 180, 360)
SEEK_S = 3 * 3600
PEOPLE = 3


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        folder = Path(name)
        clips = [clip(person) for person in range(PEOPLE)]
        rows = _capture(folder, clips[0])
        film, more = _films(folder, clips)
        rows += [*more, *_memory(folder, clips), *_seeking(folder, film)]
    report("recording", rows)


def _capture(folder: Path, one: Clip) -> list[Row]:
    cost = [capture_ms(folder / "spool", one, 60) for _ in range(ROUNDS)]
    with_sync = [chunk_mb_s(folder, sync=True, chunks=500) for _ in range(ROUNDS)]
    without = [chunk_mb_s(folder, sync=False, chunks=2000) for _ in range(ROUNDS)]
    return [
        row("capture_cpu_ms_per_seat_second", "ms", statistics.median(cost), ROUNDS, 2),
        row("chunk_throughput_synced_mb_s", "MB/s", statistics.median(with_sync), ROUNDS),
        row("chunk_throughput_unsynced_mb_s", "MB/s", statistics.median(without), ROUNDS),
    ]


def _films(folder: Path, clips: list[Clip]) -> tuple[Path, list[Row]]:
    place = folder / "films"
    place.mkdir()
    made = sitting(place, clips, SECONDS)
    mine: list[Made] = []
    peer: list[Made] = []
    for _ in range(ROUNDS):
        mine.append(ours(made, place))
        peer.append(theirs(made, place))
        sys.stdout.write(f"{SECONDS} s: heshi ×{mine[-1].speed:.2f}, ffmpeg ×{peer[-1].speed:.2f}\n")
        sys.stdout.flush()
    return place, [
        _beside("composite_speed_x_realtime", "x", [one.speed for one in mine], [one.speed for one in peer]),
        _beside("composite_cpu_s_per_s", "s", [_cpu(one) for one in mine], [_cpu(one) for one in peer]),
        _beside("composite_memory_mb", "MB", [one.memory_mb for one in mine], [one.memory_mb for one in peer]),
        _beside("composite_mb_per_hour", "MB", [_size(one) for one in mine], [_size(one) for one in peer]),
    ]


def _cpu(one: Made) -> float:
    return one.cpu_s / one.seconds


def _size(one: Made) -> float:
    return one.bytes / 1e6 / one.seconds * 3600


def _beside(metric: str, unit: str, mine: list[float], peer: list[float]) -> Row:
    ours_, theirs_ = statistics.median(mine), statistics.median(peer)
    values = {"heshi": round(ours_, 2), "peers": {"ffmpeg": round(theirs_, 2)}, "ratio": round(ours_ / theirs_, 3)}
    return {"metric": metric, "unit": unit, **values, "runs": len(mine)}


def _memory(folder: Path, clips: list[Clip]) -> list[Row]:
    """The slope of the most memory over the length, by least squares."""
    peaks = []
    for seconds in LENGTHS:
        place = folder / f"length-{seconds}"
        place.mkdir()
        peaks.append(ours(sitting(place, clips, seconds), place).memory_mb)
        sys.stdout.write(f"{seconds} s: {peaks[-1]:.0f} MB\n")
    slope = statistics.linear_regression([seconds / 60 for seconds in LENGTHS], peaks).slope
    return [
        row("composite_memory_peak_mb", "MB", max(peaks), len(LENGTHS)),
        row("composite_memory_slope_mb_per_min", "MB/min", slope, len(LENGTHS), 2),
    ]


def _seeking(folder: Path, films: Path) -> list[Row]:
    """A three-hour film joined from one finished piece again and again."""
    first = Part.unpack((films / "part-0").read_bytes())
    long = folder / "three-hours.mp4"
    with long.open("w+b", buffering=0) as out:
        write_film(out, (_moved(first, number) for number in range(SEEK_S * FPS // TICKS)), SEEK_S * 1000, 0)
    took = sorted(seek_ms(folder, long, SEEK_S * 0.99, 40))
    return [
        row("seek_ms_p50_three_hours", "ms", statistics.median(took), len(took)),
        row("seek_ms_p95_three_hours", "ms", took[int(len(took) * 0.95) - 1], len(took)),
    ]


def _moved(part: Part, number: int) -> Part:
    steps = {"video": TICKS * number, "audio": TICKS * number * RATE // FPS}
    packets = [
        Coded(one.kind, one.key, one.pts + steps[one.kind], one.dts + steps[one.kind], one.data)
        for one in part.packets
        if number == 0 or one.kind == "video" or one.pts >= 0
    ]
    return Part(part.video_header, part.audio_header, packets)


if __name__ == "__main__":
    main()
