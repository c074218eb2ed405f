"""Real VP8 and Opus as RTP packets, made with PyAV; picture i has its own brightness, so that it is known again."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

SECOND = 1_000_000_000
FPS = 20
FRAME_NS = SECOND // FPS
SAMPLES = 960

Packet = tuple[int, bytes]
"""Time of sending (nanoseconds from 0) and the RTP packet."""


def luma_of(index: int) -> int:
    """The brightness of picture `index`; tells 40 neighbours apart after compression."""
    return 40 + (index % 40) * 4


def rtp(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False, ssrc: int = 7) -> bytes:
    flags = 0x80 if marker else 0
    return struct.pack(">BBHII", 0x80, flags | 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def vp8_frames(count: int, size: tuple[int, int] = (320, 240), key_every: int = 40) -> Iterator[bytes]:
    """Coded pictures 0 … count-1."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, FPS)
    encoder.bit_rate = 400_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": str(key_every)}
    encoder.gop_size = key_every
    noise = np.random.default_rng(1).integers(-12, 13, (size[1], size[0]))
    for index in range(count):
        planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        planes[: size[1]] = luma_of(index) + noise
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            yield bytes(packet)


def video(
    count: int, *, at_ns: int = 0, first_sequence: int = 65_500, first_timestamp: int = 2**32 - 90_000, ssrc: int = 7,
    size: tuple[int, int] = (320, 240), key_every: int = 40,
) -> list[Packet]:  # fmt: skip
    """Pictures as packets of at most 900 bytes; by default sequence and timestamp wrap within a second or two."""
    packets: list[Packet] = []
    for index, frame in enumerate(vp8_frames(count, size, key_every)):
        parts = [frame[start : start + 900] for start in range(0, len(frame), 900)]
        for number, part in enumerate(parts):
            descriptor = bytes([0x90 if number == 0 else 0x80, 0x80, 0x80 | (index >> 8 & 0x7F), index & 0xFF])
            packets.append(
                (
                    at_ns + index * FRAME_NS,
                    rtp(
                        first_sequence + len(packets),
                        first_timestamp + index * 90_000 // FPS,
                        descriptor + part,
                        marker=number == len(parts) - 1,
                        ssrc=ssrc,
                    ),
                )
            )
    return packets


def audio(
    count: int, *, at_ns: int = 0, first_sequence: int = 65_530, first_timestamp: int = 2**32 - 48_000, ssrc: int = 8,
    loud: range | None = None,
) -> list[Packet]:  # fmt: skip
    """`count` packets of 20 ms; a 440 Hz tone, with `loud` only in those packets."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = 48_000
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.time_base = Fraction(1, 48_000)
    packets: list[Packet] = []
    for index in range(count):
        phase = 2 * np.pi * 440 * np.arange(index * SAMPLES, (index + 1) * SAMPLES) / 48_000
        volume = 12_000 if loud is None or index in loud else 0
        frame = av.AudioFrame.from_ndarray((np.sin(phase) * volume).astype(np.int16)[None, :], "s16", "mono")
        frame.sample_rate = 48_000
        frame.pts = index * SAMPLES
        for packet in encoder.encode(frame):
            number = len(packets)
            data = rtp(first_sequence + number, first_timestamp + number * SAMPLES, bytes(packet), ssrc=ssrc)
            packets.append((at_ns + number * SECOND // 50, data))
    return packets
