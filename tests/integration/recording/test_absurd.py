"""What a publisher may send, or a disk may hold, that makes no sense: time stays right, and the rest is recovered.

Every case is judged by decoding: a tone and pictures of known moments must lie there, give or take a tenth of
a second.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from formats.sealedbox import new_key_pair
from recording.errors import DamagedJournal
from recording.playback import render
from tests.integration.recording.packets import FRAME_NS, SAMPLES, SECOND, Packet, audio, luma_of, rtp, video
from tests.integration.recording.studio import START, Studio
from tests.integration.recording.test_playback import DELAY, arrive, play
from tests.integration.recording.watching import Watched, watch

OFF_BY_MS = 100
TONE = range(100, 150)
FLASH = 60
Stamp = Callable[[int, int, random.Random], int]
"""A timestamp from the right one, the number of the frame it belongs to, and chance."""


@pytest.fixture(scope="module")
def sound() -> list[Packet]:
    """Five seconds, a tone from second 2 to 3."""
    return audio(250, loud=TONE)


@pytest.fixture(scope="module")
def pictures() -> list[Packet]:
    """Five seconds of pictures, each known by its brightness; every tenth can be shown by itself."""
    return video(100, key_every=10)


def stamped(packets: list[Packet], stamp: Stamp, step: int) -> list[Packet]:
    chance = random.Random(3)
    first = int.from_bytes(packets[0][1][4:8], "big")
    made: dict[int, int] = {}
    mangled = []
    for at, packet in packets:
        right = int.from_bytes(packet[4:8], "big")
        frame = (right - first) % 2**32 // step
        if frame not in made:
            made[frame] = stamp(right, frame, chance) % 2**32
        mangled.append((at, packet[:4] + made[frame].to_bytes(4, "big") + packet[8:]))
    return mangled


def judge(seen: Watched, *, pictures: int = 85) -> None:
    """Tone and pictures lie where they belong."""
    late = DELAY / 1e6
    if seen.sounds:
        loud = [at for at, volume in seen.sounds if volume > 0.05]
        assert abs(loud[0] - TONE.start * 20 - late) <= OFF_BY_MS
        assert abs(loud[-1] - TONE.stop * 20 - late) <= OFF_BY_MS
    for at, brightness in seen.pictures[:-5]:  # the last have nothing ahead of them that would tell a pause from jitter
        index = round((at - late) * 1_000_000 / FRAME_NS)
        near = range(max(0, index - 2), min(100, index + 3))
        assert min(abs(brightness - luma_of(one)) for one in near) < 3, (at, brightness)
    assert len(seen.pictures) >= pictures


STAMPS: dict[str, Stamp] = {
    "leaps half the circle ahead": lambda right, frame, _: right + (2**31 - 1 if frame >= 45 else 0),
    "leaps half the circle back": lambda right, frame, _: right - (2**31 - 1 if frame >= 45 else 0),
    "leaps to and fro": lambda right, frame, _: right + 2**30 * (frame // 20 % 2),
    "stands still": lambda right, frame, _: 4711,
    "runs backwards": lambda right, frame, _: -right,
    "is random": lambda right, frame, chance: chance.randrange(2**32),
    "runs at double speed": lambda right, frame, _: right * 2,
    "runs at half speed": lambda right, frame, _: right // 2,
}


@pytest.mark.parametrize("name", STAMPS)
def test_absurd_timestamps_leave_both_media_in_their_time(
    studio: Studio, sound: list[Packet], pictures: list[Packet], name: str
) -> None:
    heard = studio.capture(arrive(stamped(sound, STAMPS[name], SAMPLES)), "audio")
    shown = studio.capture(arrive(stamped(pictures, STAMPS[name], 90_000 // 20)), "video")
    judge(watch(play(studio, heard, shown)[1]))


def test_packets_that_come_seconds_late_are_in_their_place(
    studio: Studio, sound: list[Packet], pictures: list[Packet]
) -> None:
    chance = random.Random(5)

    def late(packets: list[Packet]) -> list[Packet]:
        return sorted((at + DELAY + chance.choice((0, 0, 0, chance.randrange(3 * SECOND))), one) for at, one in packets)

    heard, shown = studio.capture(late(sound), "audio"), studio.capture(late(pictures), "video")
    judge(watch(play(studio, heard, shown)[1]))


def test_a_wall_clock_stepped_by_an_hour_tears_nothing_apart(studio: Studio, sound: list[Packet]) -> None:
    """Two segments of one sitting, a caucus between them in which the clock is set; both lie where they were spoken."""
    recorder = studio.recorder()
    paths = []
    for segment, begin, shift in (("seg_1", 0, 0), ("seg_3", 20 * SECOND, 3600 * SECOND)):
        studio.now_ns += begin
        studio.wall_shift_ns = shift
        sink = recorder.open("room_1", "end_1", segment, "joint", "audio", ("seat_1",), 48_000)
        paths.append(studio.fill(sink, [(at + begin, one) for at, one in arrive(sound)]))
    loud = [at for at, volume in watch(play(studio, *paths)[1]).sounds if volume > 0.05]
    late = TONE.start * 20 + DELAY / 1e6
    assert abs(loud[0] - late) <= OFF_BY_MS
    assert abs(next(at for at in loud if at > 10_000) - 20_000 - late) <= OFF_BY_MS


@pytest.mark.parametrize("counts_on", [True, False])
def test_ten_minutes_of_silence_last_ten_minutes(studio: Studio, counts_on: bool) -> None:
    """Muted, nothing sent at all; or (DTX) a small packet every 400 ms while time counts on."""
    pause = 600 * SECOND
    ticks = 600 * 48_000
    before, after = audio(50, loud=range(0)), audio(
        100, at_ns=pause, first_sequence=65_530 + 50 + (1500 if counts_on else 0),
        first_timestamp=2**32 - 48_000 + (ticks if counts_on else 50 * SAMPLES), loud=range(50, 100),
    )  # fmt: skip
    quiet = [
        (SECOND + number * 400_000_000, rtp(65_580 + number, number * 19_200, b"\xf8\xff\xfe", ssrc=8))
        for number in range(1, 1497)
    ]  # fmt: skip
    packets = arrive(before + (quiet if counts_on else []) + after)
    loud = [at for at, volume in watch(play(studio, studio.capture(packets, "audio"))[1]).sounds if volume > 0.05]
    assert abs(next(at for at in loud if at > 2000) - (600_000 + 1000 + 30)) <= OFF_BY_MS


def test_a_camera_off_and_on_in_another_size_and_a_rejoin_keep_their_times(
    studio: Studio, pictures: list[Packet]
) -> None:
    again = video(40, at_ns=30 * SECOND, ssrc=7, size=(640, 360), first_sequence=40_000, first_timestamp=5)
    rejoined = video(40, at_ns=60 * SECOND, ssrc=99, first_sequence=1, first_timestamp=2**31)
    seen = watch(play(studio, studio.capture(arrive(pictures + again + rejoined), "video"))[1])
    for begin in (0, 30_000, 60_000):
        part = [(at - begin, luma) for at, luma in seen.pictures if begin <= at < begin + 10_000]
        assert len(part) == (100 if begin == 0 else 40)
        for index, (at, luma) in enumerate(part):
            assert abs(at - index * 50 - 30) <= OFF_BY_MS
            assert abs(luma - luma_of(index)) < 3


def test_endless_gaps_leave_what_can_be_shown(studio: Studio, sound: list[Packet], pictures: list[Packet]) -> None:
    heard = studio.capture(arrive(sound[::2]), "audio")
    shown = studio.capture(arrive([one for number, one in enumerate(pictures) if number % 7]), "video")
    playback, data = play(studio, heard, shown)
    seen = watch(data)
    judge(Watched(0, [], seen.sounds), pictures=0)
    assert playback.audio_frames == 125
    for at, brightness in seen.pictures:
        assert abs(brightness - luma_of(round((at - 30) / 50))) < 3


def test_payloads_that_do_not_decode_spoil_only_themselves(
    studio: Studio, sound: list[Packet], pictures: list[Packet]
) -> None:
    chance = random.Random(9)

    def spoilt(packets: list[Packet], head: int) -> list[Packet]:
        return [
            (at, one[: 12 + head] + chance.randbytes(len(one) - 12 - head) if number % 25 == 24 else one)
            for number, (at, one) in enumerate(packets)
        ]

    heard, shown = (
        studio.capture(arrive(spoilt(sound, 0)), "audio"),
        studio.capture(arrive(spoilt(pictures, 4)), "video"),
    )
    playback, _ = play(studio, heard, shown)
    assert playback.audio_frames >= 235
    assert playback.video_frames >= 60


def damaged(path: Path, how: str) -> None:
    whole = path.read_bytes()
    head, _, rest = whole.partition(b"\n")
    if how == "empty":
        path.write_bytes(b"")
    elif how == "newer":
        path.write_bytes(head.replace(b'"version":1', b'"version":2') + b"\n" + rest)
    else:
        path.write_bytes(whole[: len(head) // 2])


@pytest.mark.parametrize("how", ["empty", "newer", "cut", "foreign"])
def test_a_journal_that_cannot_be_read_is_named_and_the_others_are_played(
    studio: Studio, sound: list[Packet], pictures: list[Packet], how: str
) -> None:
    good = studio.capture(arrive(sound), "audio")
    other = Studio(studio.folder, vault=new_key_pair()) if how == "foreign" else studio
    bad = other.capture(arrive(pictures), "video")
    for recorder in other.recorders if other is not studio else []:
        recorder.close()
    if how != "foreign":
        damaged(bad, how)
    playback, data = play(studio, good, bad)
    assert playback.damaged == (bad.name,)
    judge(Watched(0, [], watch(data).sounds), pictures=0)
    with pytest.raises(DamagedJournal):
        render([bad], studio.vault[0], START, io.BytesIO())
