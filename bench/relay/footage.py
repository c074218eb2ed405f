"""Ten seconds of real VP8 and Opus, encoded once and kept in build/bench."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FRAMES_PER_S, SECONDS = 30, 10
WIDTH, HEIGHT, BITS_PER_S, KEY_EVERY_S = 640, 360, 1_000_000, 3
CACHE = Path(__file__).absolute().parent.parent.parent / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Footage:
    """`frames`: VP8 frames with their being key frames; `sounds`: Opus packets of 20 ms."""

    frames: tuple[tuple[bytes, bool], ...]
    sounds: tuple[bytes, ...]


def footage(seconds: int = SECONDS) -> Footage:
    """A loop of so many seconds, from the cache or encoded now (which takes about as long)."""
    cache = CACHE / f"footage-1-{seconds}.pickle"
    if cache.exists():
        frames, sounds = pickle.loads(cache.read_bytes())
    else:
        frames, sounds = _video(seconds), _audio(seconds)
        cache.parent.mkdir(parents=True, exist_ok=True)
        whole = cache.with_suffix(f".{os.getpid()}")
        whole.write_bytes(pickle.dumps((frames, sounds)))
        whole.rename(cache)
    return Footage(frames, sounds)


def _video(seconds: int) -> tuple[tuple[bytes, bool], ...]:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FRAMES_PER_S), Fraction(FRAMES_PER_S)
    encoder.bit_rate, encoder.gop_size = BITS_PER_S, KEY_EVERY_S * FRAMES_PER_S
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "minrate": "1M",
        "maxrate": "1M",
        "bufsize": "500k",
        "error-resilient": "1",
        "keyint_min": str(KEY_EVERY_S * FRAMES_PER_S),
    }
    random = np.random.default_rng(1)
    wall = random.integers(60, 200, (HEIGHT // 8, WIDTH // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    out = []
    for number in range(FRAMES_PER_S * seconds):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = np.roll(wall, number, 1) + random.integers(0, 24, (HEIGHT, WIDTH), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
        out += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return tuple(out)


def _audio(seconds: int) -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.layout, encoder.bit_rate = 48000, "s16", "mono", 32000
    encoder.options = {"frame_duration": "20", "application": "voip"}
    random = np.random.default_rng(2)
    clock = np.arange(48000 * seconds) / 48000
    tone = 8000 * np.sin(2 * np.pi * 220 * clock) * (1 + np.sin(2 * np.pi * 3 * clock))
    sound = (tone + random.normal(0, 500, clock.size)).astype(np.int16)
    out = []
    for at in range(0, sound.size, 960):
        frame = av.AudioFrame.from_ndarray(sound[None, at : at + 960], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, at
        out += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(out)
