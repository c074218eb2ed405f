"""Drawn people for the screenshots: cameras that show a plain portrait, gently moving, and hands that write names."""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT, RATE, FRAMES = 640, 360, 10, 40
_FINE = 2  # drawn larger and reduced: Pillow's shapes have hard edges
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Person:
    """A look in flat, muted colours."""

    wall: Colour
    floor: Colour
    skin: Colour
    hair: Colour
    coat: Colour
    shirt: Colour
    tie: Colour | None = None
    bun: bool = False
    fringe: float = 0.0
    """How low the hair hangs on the forehead, as a share of the head."""
    pace: int = 1
    """Sways per loop of the film."""


PEOPLE = (
    Person(
        (201, 209, 217), (174, 184, 195), (214, 177, 149), (43, 43, 47), (43, 58, 84), (160, 184, 208), (34, 42, 58)
    ),
    Person(
        (222, 213, 200), (196, 184, 168), (219, 184, 158), (150, 148, 147), (122, 92, 108), (226, 218, 214), bun=True
    ),
    Person(
        (199, 208, 197), (170, 182, 169), (201, 160, 129), (38, 35, 34), (96, 104, 84), (214, 214, 206), fringe=0.07
    ),
    Person(
        (210, 206, 216),
        (184, 179, 193),
        (216, 180, 152),
        (58, 44, 38),
        (62, 64, 72),
        (238, 238, 236),
        fringe=0.1,
        pace=2,
    ),
)
"""The officer, the two parties, the lawyer: numbers 0-3, as `Street.person` counts them."""


def write_portrait(path: Path, person: int) -> None:
    """A Y4M film (4:2:0, studio range) that loops without a seam."""
    look = PEOPLE[person]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            file.write(b"FRAME\n" + _planes(_draw(look, math.tau * number / FRAMES, person)))


def write_quiet(path: Path) -> None:
    """A WAV file of a silent room."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(2 * 48_000 * 2))


def _planes(picture: Image.Image) -> bytes:
    y, cb, cr = picture.convert("YCbCr").split()
    luma = y.point([round(16 + value * 219 / 255) for value in range(256)])
    planes = [luma.tobytes()]
    for plane in (cb, cr):
        half = plane.reduce(2)
        planes.append(half.point([round(128 + (value - 128) * 224 / 255) for value in range(256)]).tobytes())
    return b"".join(planes)


class _Pen:
    """Draws in units of the picture's height, from its middle."""

    def __init__(self, look: Person) -> None:
        size = (WIDTH * _FINE, HEIGHT * _FINE)
        self.picture = Image.new("RGB", size, look.wall)
        self._ink = ImageDraw.Draw(self.picture)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (WIDTH / 2 + x * HEIGHT) * _FINE, y * HEIGHT * _FINE

    def oval(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        self._ink.ellipse([*self._at(x - across, y - down), *self._at(x + across, y + down)], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, round_: float = 0) -> None:
        corners = [*self._at(left, top), *self._at(right, bottom)]
        self._ink.rounded_rectangle(corners, radius=round_ * HEIGHT * _FINE, fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._ink.polygon([self._at(*point) for point in points], fill=colour)

    def arc(self, x: float, y: float, across: float, down: float, span: tuple[int, int], colour: Colour) -> None:
        box = [*self._at(x - across, y - down), *self._at(x + across, y + down)]
        self._ink.arc(box, *span, fill=colour, width=round(0.008 * HEIGHT * _FINE))


def _shade(colour: Colour, by: float) -> Colour:
    r, g, b = (min(255, round(channel * by)) for channel in colour)
    return r, g, b


def _draw(look: Person, angle: float, person: int) -> Image.Image:
    pen = _Pen(look)
    _furniture(pen, look, person)
    sway = 0.012 * math.sin(look.pace * angle + person)
    breath = 0.004 * math.sin(2 * angle + person)
    _body(pen, look, sway * 0.3, breath)
    _head(pen, look, sway, 0.36 + breath * 1.5 + 0.004 * math.sin(angle))
    return pen.picture.reduce(_FINE)


def _furniture(pen: _Pen, look: Person, person: int) -> None:
    dim, bright = look.floor, _shade(look.wall, 1.06)
    pen.box(-1, 0.8, 1, 1, dim)
    if person == 0:
        for shelf in range(3):
            pen.box(0.42, 0.1 + 0.22 * shelf, 0.86, 0.12 + 0.22 * shelf, dim)
            for book in range(6):
                left = 0.45 + 0.065 * book
                top = 0.13 + 0.22 * shelf + 0.02 * ((book * 5 + shelf * 3) % 4)
                pen.box(left, top, left + 0.045, 0.32 + 0.22 * shelf, _shade(dim, 0.86 + 0.04 * ((book + shelf) % 3)))
        pen.box(-0.86, 0.12, -0.5, 0.52, bright)
    elif person == 1:
        pen.box(-0.82, 0.08, -0.4, 0.62, bright)
        pen.box(-0.62, 0.08, -0.6, 0.62, dim)
        pen.box(-0.82, 0.34, -0.4, 0.36, dim)
        pen.box(0.5, 0.2, 0.76, 0.5, _shade(dim, 0.92))
        pen.box(0.53, 0.23, 0.73, 0.47, bright)
    elif person == 2:
        pen.box(0.44, 0.1, 0.82, 1, dim)
        pen.oval(0.49, 0.58, 0.014, 0.014, _shade(dim, 0.8))
        pen.box(-0.78, 0.18, -0.46, 0.42, bright)
    else:
        pen.box(-0.86, 0.3, -0.44, 1, dim)
        pen.box(-0.86, 0.5, -0.44, 0.515, look.wall)
        pen.oval(0.62, 0.3, 0.11, 0.11, bright)


def _body(pen: _Pen, look: Person, x: float, y: float) -> None:
    pen.oval(x, 1.02 + y, 0.43, 0.36, look.coat)
    pen.box(x - 0.43, 0.98 + y, x + 0.43, 1.2, look.coat)
    pen.shape([(x - 0.12, 0.665 + y), (x + 0.12, 0.665 + y), (x, 1.0 + y)], look.shirt)
    pen.box(x - 0.075, 0.5 + y, x + 0.075, 0.7 + y, _shade(look.skin, 0.9), 0.05)
    pen.oval(x, 0.685 + y, 0.075, 0.05, _shade(look.skin, 0.9))
    for side in (-1, 1):
        collar = [(x, 0.775 + y), (x + side * 0.125, 0.655 + y), (x + side * 0.085, 0.635 + y)]
        pen.shape([*collar, (x + side * 0.02, 0.735 + y)], _shade(look.shirt, 0.95))
        pen.shape(
            [(x + side * 0.13, 0.655 + y), (x + side * 0.19, 0.78 + y), (x, 1.06 + y), (x, 0.98 + y)],
            _shade(look.coat, 0.86),
        )
    if look.tie is not None:
        pen.shape(
            [(x - 0.024, 0.765 + y), (x + 0.024, 0.765 + y), (x + 0.034, 1.0 + y), (x - 0.034, 1.0 + y)], look.tie
        )


def _head(pen: _Pen, look: Person, x: float, y: float) -> None:
    dark = _shade(look.hair, 0.9)
    if look.bun:
        pen.oval(x, y - 0.235, 0.075, 0.06, dark)
    pen.oval(x, y - 0.045, 0.178, 0.195, look.hair)
    for side in (-1, 1):
        pen.oval(x + side * 0.157, y + 0.02, 0.024, 0.04, _shade(look.skin, 0.93))
    pen.oval(x, y + 0.02, 0.152, 0.196, look.skin)
    # Hair over the forehead: a slanted cap cut out of the same oval as the head.
    low = y - 0.085 + look.fringe
    cap = [
        (x + 0.17 * math.cos(a), y - 0.03 + 0.19 * math.sin(a)) for a in (math.pi + math.pi * i / 24 for i in range(25))
    ]
    pen.shape(
        [
            *cap,
            (x + 0.165, y - 0.01),
            (x + 0.135, low - 0.005),
            (x - 0.05, low - 0.045),
            (x - 0.138, low),
            (x - 0.165, y - 0.01),
        ],
        look.hair,
    )
    ink = _shade(look.skin, 0.42)
    for side in (-1, 1):
        pen.oval(x + side * 0.06, y + 0.025, 0.011, 0.013, ink)
        pen.arc(x + side * 0.06, y + 0.005, 0.03, 0.022, (205, 335), _shade(look.hair, 0.95))
    pen.arc(x, y + 0.06, 0.018, 0.022, (35, 145), _shade(look.skin, 0.78))
    pen.arc(x, y + 0.105, 0.045, 0.03, (30, 150), _shade(look.skin, 0.6))


Stroke = list[tuple[float, float]]

_HANDS: dict[str, list[Stroke]] = {
    "张": [
        [(0.05, 0.2), (0.35, 0.18), (0.33, 0.4)],
        [(0.08, 0.42), (0.33, 0.4)],
        [(0.08, 0.42), (0.05, 0.62), (0.37, 0.6), (0.33, 0.95), (0.22, 0.9)],
        [(0.86, 0.1), (0.64, 0.36)],
        [(0.46, 0.48), (1, 0.44)],
        [(0.62, 0.08), (0.62, 0.94), (0.8, 0.8)],
        [(0.66, 0.5), (1, 0.94)],
    ],
    "桂": [
        [(0.02, 0.32), (0.4, 0.28)],
        [(0.21, 0.04), (0.2, 0.98)],
        [(0.2, 0.33), (0.01, 0.7)],
        [(0.23, 0.4), (0.38, 0.58)],
        [(0.53, 0.22), (0.92, 0.18)],
        [(0.72, 0.04), (0.72, 0.42)],
        [(0.47, 0.44), (0.98, 0.4)],
        [(0.54, 0.67), (0.9, 0.63)],
        [(0.72, 0.48), (0.72, 0.92)],
        [(0.44, 0.94), (1, 0.9)],
    ],
    "芳": [
        [(0.1, 0.18), (0.95, 0.14)],
        [(0.35, 0.03), (0.37, 0.29)],
        [(0.67, 0.01), (0.63, 0.28)],
        [(0.47, 0.32), (0.54, 0.41)],
        [(0.06, 0.5), (0.97, 0.45)],
        [(0.44, 0.63), (0.76, 0.6), (0.71, 0.96), (0.57, 0.88)],
        [(0.47, 0.48), (0.38, 0.74), (0.08, 0.98)],
    ],
    "李": [
        [(0.14, 0.2), (0.87, 0.17)],
        [(0.5, 0.02), (0.5, 0.5)],
        [(0.48, 0.2), (0.3, 0.38), (0.08, 0.49)],
        [(0.52, 0.2), (0.7, 0.38), (0.94, 0.47)],
        [(0.25, 0.57), (0.75, 0.54), (0.52, 0.69)],
        [(0.52, 0.69), (0.56, 0.97), (0.42, 0.92)],
        [(0.06, 0.77), (0.96, 0.73)],
    ],
    "建": [
        [(0.42, 0.19), (0.86, 0.16), (0.84, 0.42)],
        [(0.35, 0.31), (0.98, 0.28)],
        [(0.42, 0.43), (0.84, 0.41)],
        [(0.42, 0.57), (0.86, 0.54)],
        [(0.36, 0.71), (0.93, 0.67)],
        [(0.63, 0.03), (0.63, 0.86)],
        [(0.06, 0.22), (0.28, 0.18), (0.13, 0.44), (0.3, 0.42), (0.04, 0.86)],
        [(0.08, 0.6), (0.38, 0.88), (1, 0.94)],
    ],
    "国": [
        [(0.1, 0.12), (0.11, 0.97)],
        [(0.1, 0.13), (0.91, 0.1), (0.9, 0.97)],
        [(0.3, 0.32), (0.7, 0.3)],
        [(0.32, 0.53), (0.68, 0.51)],
        [(0.5, 0.32), (0.5, 0.76)],
        [(0.26, 0.78), (0.75, 0.76)],
        [(0.58, 0.6), (0.66, 0.69)],
        [(0.11, 0.93), (0.9, 0.92)],
    ],
    "王": [
        [(0.15, 0.16), (0.86, 0.12)],
        [(0.2, 0.5), (0.82, 0.46)],
        [(0.5, 0.15), (0.5, 0.9)],
        [(0.04, 0.93), (0.98, 0.88)],
    ],
}


def handwriting(name: str) -> list[Stroke]:
    """The strokes of a name, written from left to right in a box of 1 x 1."""
    wide = 1 / max(3, len(name))
    start = (1 - wide * len(name)) / 2
    return [
        [(start + (index + 0.08 + 0.84 * x) * wide, 0.18 + 0.64 * y) for x, y in stroke]
        for index, character in enumerate(name)
        for stroke in _HANDS[character]
    ]
