"""A sitting to be filmed: people at 720p with grain and movement, and voices; coded once, then repeated."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from formats.canonical import JSON
from formats.framing import Batch
from formats.journal import JournalHeader
from formats.sealedbox import new_key_pair
from recording.clock import from_utc
from recording.journalfile import JournalFile

START = "2026-03-01T01:00:00.000Z"
FPS, CLIP_S, BITS = 25, 8, 1_200_000
SECOND = 1_000_000_000
SAMPLES = 960
_MTU = 1100
_BATCH = 56


@dataclass(frozen=True, slots=True)
class Clip:
    """Coded pictures and sound of one person for `CLIP_S` seconds; the first picture stands alone."""

    pictures: tuple[bytes, ...]
    sounds: tuple[bytes, ...]


def clip(person: int, size: tuple[int, int] = (1280, 720)) -> Clip:
    """A head that sways before a wall, in camera noise, and a voice-like tone."""
    return Clip(tuple(_pictures(person, *size)), tuple(_sounds(person)))


def _pictures(person: int, width: int, height: int) -> Iterator[bytes]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, FPS)
    encoder.bit_rate = BITS
    encoder.gop_size = FPS * CLIP_S
    encoder.options = {"deadline": "realtime", "cpu-used": "10", "lag-in-frames": "0", "threads": "2"}
    chance = np.random.default_rng(person)
    grain = [chance.integers(-5, 6, (height, width), np.int16) for _ in range(5)]
    y, x = np.mgrid[0:height, 0:width]
    wall = (90 + 40 * person + 30 * np.sin(x / 40) * np.cos(y / 30)).astype(np.int16)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    for index in range(FPS * CLIP_S):
        turn = 2 * np.pi * index / (FPS * CLIP_S)
        head = (x - width / 2 - width / 8 * np.sin(turn)) ** 2 + (y - height / 2 - height / 20 * np.cos(3 * turn)) ** 2
        planes[:height] = np.clip(np.where(head < (height / 4) ** 2, 190, wall) + grain[index % 5], 16, 235)
        planes[height:] = 110 + 10 * person
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        yield from (bytes(packet) for packet in encoder.encode(frame))


def _sounds(person: int) -> Iterator[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 32_000
    for index in range(CLIP_S * 50):
        at = np.arange(index * SAMPLES, (index + 1) * SAMPLES) / 48_000
        wave = np.sin(2 * np.pi * (180 + 40 * person) * at) * (1 + np.sin(2 * np.pi * 3 * at)) * 4000
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = 48_000, index * SAMPLES
        yield from (bytes(packet) for packet in encoder.encode(frame))


@dataclass(frozen=True, slots=True)
class Sitting:
    """Journals of a sitting: (camera, sound) of each person, and the key that opens them."""

    journals: tuple[tuple[Path, Path], ...]
    private_key: bytes
    started_ns: int
    seconds: int

    @property
    def all(self) -> list[Path]:
        """Every journal."""
        return [path for pair in self.journals for path in pair]


def sitting(folder: Path, clips: list[Clip], seconds: int) -> Sitting:
    """Write journals as the recorder does, `seconds` long, one person per clip."""
    private, public = new_key_pair()
    pairs = tuple(_person(folder, public, number, one, seconds) for number, one in enumerate(clips))
    return Sitting(pairs, private, from_utc(START), seconds)


def _person(folder: Path, public: bytes, number: int, one: Clip, seconds: int) -> tuple[Path, Path]:
    video = _journal(folder, public, number, "video", 90_000, camera_packets(one, seconds))
    return video, _journal(folder, public, number, "audio", 48_000, sound_packets(one, seconds))


def _journal(
    folder: Path, public: bytes, number: int, medium: str, rate: int, packets: Iterator[tuple[int, bytes]]
) -> Path:
    who: dict[str, JSON] = {
        "room": "room_1",
        "segment": "seg_1",
        "endpoint": f"end_{number}",
        "medium": medium,
        "key": "joint",
        "seats": [f"seat_{number}"],
        "clock_rate": rate,
    }
    header = JournalHeader("rec_1", who, START, 0, "bench")
    file = JournalFile(folder, "room_1", "seg_1", f"end_{number}.{medium}", header, public)
    for batch in iter(lambda: list(islice(packets, _BATCH)), []):
        file.append(Batch.of(batch).records)
    file.append(b"", final=True)
    file.sync()
    file.abandon()
    return file.path


def camera_packets(one: Clip, seconds: int) -> Iterator[tuple[int, bytes]]:
    """RTP (RFC 7741) of a camera with its times of arrival in nanoseconds."""
    sequence = 0
    for index in range(FPS * seconds):
        data = one.pictures[index % len(one.pictures)]
        for start in range(0, len(data), _MTU):
            last = start + _MTU >= len(data)
            descriptor = bytes([0x90 if start == 0 else 0x80, 0x80, 0x80 | (index >> 8 & 0x7F), index & 0xFF])
            header = _header(sequence, index * 90_000 // FPS, 7, marker=last)
            yield index * SECOND // FPS, header + descriptor + data[start : start + _MTU]
            sequence += 1


def sound_packets(one: Clip, seconds: int) -> Iterator[tuple[int, bytes]]:
    """RTP (RFC 7587) of a microphone with its times of arrival in nanoseconds."""
    for index in range(50 * seconds):
        yield index * SECOND // 50, _header(index, index * SAMPLES, 8) + one.sounds[index % len(one.sounds)]


def _header(sequence: int, timestamp: int, ssrc: int, *, marker: bool = False) -> bytes:
    kind = (0x80 if marker else 0) | 96
    return struct.pack(">BBHII", 0x80, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
