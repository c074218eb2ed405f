"""The film of a sitting decoded as a judge would see it: who is where when, and that nothing sealed gets in."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from agreements import FontChain, default_folders
from formats.framing import Batch
from recording.clock import from_utc
from recording.composite import TICKS, Card, Chapter, Director, Letters, Script, write_film
from recording.composite.layout import Box, layout
from recording.errors import NoRecording, SealedSegment
from recording.sink import Medium
from tests.integration.recording.packets import FRAME_NS, SECOND, Packet, audio, luma_of, rtp, video
from tests.integration.recording.studio import START, Studio

ROOT = Path(__file__).parents[3]
ZERO = from_utc(START)
EMPTY = 44
"""Brightness of a tile without a picture."""
LETTERS = Letters(FontChain(default_folders(ROOT)).files)


@dataclass
class Seen:
    """`pictures` are brightness planes by tick (40 ms), `sound` all samples (48 kHz)."""

    pictures: list[Any]
    sound: Any

    def tile(self, box: Box, at_s: float) -> float:
        """The brightness in the middle of a box."""
        y, x = box.y + box.height // 2, box.x + box.width // 2
        return float(self.pictures[int(at_s * 25)][y - 20 : y + 20, x - 20 : x + 20].mean())

    def volume(self, at_s: float) -> float:
        start = int(at_s * 48_000)
        return float(np.abs(self.sound[start : start + 480]).max())


def journal(
    studio: Studio,
    packets: Sequence[Packet],
    medium: Medium,
    number: int = 1,
    *,
    segment: str = "seg_1",
    key: str = "joint",
) -> Path:
    rate = 48_000 if medium == "audio" else 90_000
    sink = studio.recorder().open("room_1", f"end_{number}", segment, key, medium, (f"seat_{number}",), rate)
    for arrival_ns, packet in packets:
        sink.write(Batch.of([(arrival_ns, packet)]))
    return studio.folder / str(sink.close()["path"])


def director(studio: Studio, journals: Sequence[Path], script: Script | None = None, ticks: int = TICKS) -> Director:
    told = script or Script(ZERO, {"seat_1": "张三 · 甲方", "seat_2": "李四 · 乙方"})
    return Director(journals, studio.vault[0], told, LETTERS, part_ticks=ticks)


def film(made: Director, chapters: Sequence[Chapter] = ()) -> bytes:
    out = io.BytesIO()
    write_film(out, [made.part(number) for number in range(made.parts)], made.duration_ms, ZERO, chapters)
    made.close()
    return out.getvalue()


def look(data: bytes) -> Seen:
    pictures, sound = [], []
    with av.open(io.BytesIO(data), "r") as container:
        for number, frame in enumerate(container.decode(video=0)):
            assert abs(float(frame.time) - number * 0.04) < 0.001, "one picture every 40 ms"
            plane = frame.planes[0]
            pictures.append(np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width])
    with av.open(io.BytesIO(data), "r") as container:
        for piece in container.decode(audio=0):
            sound.append(piece.to_ndarray().reshape(-1))
    return Seen(pictures, np.concatenate(sound))


def near(brightness: float, at_s: float) -> bool:
    """Whether this is the picture that was sent then, to within 100 ms (two pictures)."""
    index = round(at_s * SECOND / FRAME_NS)
    return any(abs(brightness - luma_of(max(0, index + off))) <= 3 for off in (-2, -1, 0, 1, 2))


def test_who_is_where_when_with_a_late_join_a_new_size_and_a_gap(studio: Studio) -> None:
    studio.now_ns = 0
    first = [packet for packet in video(240, key_every=20) if not 3 * SECOND <= packet[0] < 8 * SECOND]
    late = video(60, at_ns=2 * SECOND) + video(40, at_ns=5 * SECOND, size=(640, 360), ssrc=9)
    seen = look(film(director(studio, [journal(studio, late, "video", 2), journal(studio, first, "video", 1)])))
    one, two = layout(2, screen=False).tiles
    for at in (0.5, 1.5, 2.5, 8.5, 10.0, 11.5):
        assert near(seen.tile(one, at), at), at
    for at in (4.5, 6.0, 7.5):
        assert seen.tile(one, at) != pytest.approx(luma_of(59), abs=3), "gone, not frozen"
    for at in (2.5, 4.0, 5.5, 6.5):
        assert near(seen.tile(two, at), at - 2 if at < 5 else at - 5), at
    assert abs(seen.tile(Box(two.x, two.y, two.width, 60), 1.0) - EMPTY) < 3
    assert abs(seen.tile(Box(two.x, two.y, two.width, 60), 10.0) - EMPTY) < 3


def test_a_flash_and_a_beep_at_the_same_moment_stay_together(studio: Studio) -> None:
    studio.now_ns = 0
    seen = look(
        film(
            director(
                studio,
                [journal(studio, video(60), "video"), journal(studio, audio(150, loud=range(100, 150)), "audio")],
            )
        )
    )
    (tile,) = layout(1, screen=False).tiles
    beep = next(at / 100 for at in range(100, 290) if seen.volume(at / 100) > 0.1)
    flash = next(at / 25 for at in range(25, 75) if seen.tile(tile, at / 25) < 60)
    assert abs(beep - 2) <= 0.06
    assert abs(flash - 2) <= 0.06


def test_a_caucus_is_a_card_and_its_journal_is_refused(studio: Studio) -> None:
    studio.now_ns = 0
    sound = journal(studio, audio(200), "audio")
    sealed = journal(studio, audio(50), "audio", segment="seg_2", key="caucus")
    with pytest.raises(SealedSegment):
        director(studio, [sound, sealed])
    script = Script(ZERO, {"seat_1": "张三"}, (Card(ZERO + SECOND, ZERO + 2 * SECOND, "背靠背沟通中，未收录"),))
    pictures = journal(studio, video(80), "video")
    marks = (Chapter(ZERO, "开始调解"), Chapter(ZERO + SECOND, "开始背靠背"), Chapter(ZERO + SECOND, "签名"))
    data = film(director(studio, [pictures, sound], script), marks)
    seen = look(data)
    (tile,) = layout(1, screen=False).tiles
    off_centre = Box(tile.x, tile.y, tile.width, 200)
    assert near(seen.tile(tile, 0.9), 0.9)
    assert all(seen.tile(off_centre, at) < 30 for at in (1.04, 1.5, 1.92))
    assert near(seen.tile(tile, 2.2), 2.2)
    with av.open(io.BytesIO(data), "r") as container:
        found = [(mark["start"], mark["metadata"]["title"]) for mark in container.chapters()]
    assert found == [(0, "开始调解"), (1000, "开始背靠背、签名")]
    assert data.index(b"moov") < data.index(b"mdat"), "a player may begin at once"


def test_what_does_not_decode_is_left_out_and_counted(studio: Studio) -> None:
    studio.now_ns = 0
    bad_picture = bytes([0x90, 0x80, 0x80, 0]) + b"\xf0\xff\xff\x9d\x01\x2a\x40\x01\xf0\x00" + b"\xff" * 40
    pictures = [*video(40), (2 * SECOND, rtp(65_500 + 9000, 2**32, bad_picture, marker=True, ssrc=33))]
    sound = audio(50)
    sound[20] = (sound[20][0], rtp(65_530 + 20, 2**32 - 48_000 + 20 * 960, b"\x03\xff", ssrc=8))
    made = director(studio, [journal(studio, pictures, "video"), journal(studio, sound, "audio")])
    part = made.part(0)
    assert made.undecodable >= 1
    out = io.BytesIO()
    write_film(out, [part], made.duration_ms, ZERO)
    made.close()
    (tile,) = layout(1, screen=False).tiles
    assert abs(look(out.getvalue()).tile(tile, 2.2) - luma_of(39)) <= 3, "the last good picture stays"


def test_pieces_join_without_a_seam(studio: Studio) -> None:
    studio.now_ns = 0
    journals = [journal(studio, video(100), "video"), journal(studio, audio(250), "audio")]
    whole, joined = look(film(director(studio, journals))), look(film(director(studio, journals, ticks=40)))
    assert len(whole.pictures) == len(joined.pictures)
    assert np.abs(whole.sound - joined.sound).max() < 0.05, "nothing clicks"
    again = director(studio, journals, ticks=40)
    alone = again.part(2).pack()
    again.close()
    after = director(studio, journals, ticks=40)
    assert [after.part(number).pack() for number in range(3)][2] == alone, "the same, made alone or after the others"
    after.close()


def test_nothing_is_no_film(studio: Studio) -> None:
    with pytest.raises(NoRecording):
        director(studio, [journal(studio, [], "audio")])
    with pytest.raises(NoRecording):
        director(studio, [])


LONG = """
import sys
from pathlib import Path
from tests.integration.recording.test_composite import ZERO, director, journal
from tests.integration.recording.studio import Studio
from tests.integration.recording.packets import FRAME_NS, SECOND, video
from recording.composite import Script

studio = Studio(Path(sys.argv[1]))
studio.now_ns = 0
slow = [(at // FRAME_NS * 2 * SECOND, packet) for at, packet in video(34)]
made = director(studio, [journal(studio, slow, "video")], Script(ZERO, {}))
for number in range(made.parts):
    made.part(number)
made.close()
(high,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(made.duration_ms, int(high.split()[1]) // 1024)
"""


def test_more_than_one_piece_stays_within_the_memory_of_any_length(tmp_path: Path) -> None:
    """How it does not grow with hours is the benchmark's business."""
    command = [sys.executable, "-c", LONG, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    duration_ms, peak_mb = map(int, told.split())
    assert duration_ms == pytest.approx(66_500, abs=200)
    assert peak_mb < 300
