"""Fake cameras and microphones: a picture that says whose it is and which frame, a tone of its own for each person."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

WIDTH, HEIGHT, RATE = 320, 180, 10
FRAMES = 240
BITS = 8
PERSON_BITS = 3
PERSONS = 4
BLOCK = WIDTH // (BITS // 2)
_DARK, _LIGHT = 30, 220


def write_camera(path: Path, person: int) -> None:
    """A Y4M file (4:2:0) of `FRAMES` frames: upper half the frame number in eight blocks, lower half the person's."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        chroma = bytes([100 + 20 * person]) * (WIDTH * HEIGHT // 4) + bytes([160 - 20 * person]) * (WIDTH * HEIGHT // 4)
        for number in range(FRAMES):
            file.write(b"FRAME\n" + _luma(number, person) + chroma)


def _luma(number: int, person: int) -> bytes:
    band = HEIGHT // 3
    rows = []
    for bits in (_bits(number)[:4], _bits(number)[4:], [1, *_bits(person)[-PERSON_BITS:]]):
        row = b"".join(bytes([_LIGHT if bit else _DARK]) * BLOCK for bit in bits)
        rows.append(row * band)
    return b"".join(rows)


def _bits(value: int) -> list[int]:
    return [(value >> (BITS - 1 - index)) & 1 for index in range(BITS)]


def read_frame(luma: list[list[int]]) -> tuple[int, int] | None:
    """(frame number, person) of a decoded picture given as rows of luma, any size; None if the mark is not there."""
    height, width = len(luma), len(luma[0])

    def bit(column: int, band: int) -> int:
        y, x = int(height * (band + 0.5) / 3), int(width * (column + 0.5) / 4)
        return 1 if luma[y][x] > 125 else 0

    if not bit(0, 2):
        return None
    number = 0
    for index in range(BITS):
        number = number << 1 | bit(index % 4, index // 4)
    person = 0
    for column in range(1, 4):
        person = person << 1 | bit(column, 2)
    return number, person


def tone_of(person: int) -> int:
    """The person's tone in Hz."""
    return 400 + 150 * person


def write_microphone(path: Path, person: int, seconds: int = 6) -> None:
    """A WAV file of the person's tone, swelling and fading so that no processing takes it for noise."""
    rate, tone = 48_000, tone_of(person)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (
            int(12_000 * (0.6 + 0.4 * math.sin(math.tau * 2 * n / rate)) * math.sin(math.tau * tone * n / rate))
            for n in range(rate * seconds)
        )
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
