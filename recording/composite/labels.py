"""Words as brightness: small dark boxes with white letters, drawn once and laid onto the picture many times."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Luma = NDArray[np.uint8]
INK, BOX, GROUND = 235, 44, 26
"""Brightness of letters, of the box behind them, and of the empty canvas (16 is black, 235 white)."""
_PADDING = 6


class Letters:
    """Draws text from TrueType files, asked in order per character. Raises OSError where none can be opened."""

    def __init__(self, fonts: Sequence[Path]) -> None:
        self._paths = tuple(fonts)
        if not self._paths:
            raise OSError("no font")
        self._faces = lru_cache(maxsize=32)(self._open)
        self.line = lru_cache(maxsize=256)(self._line)
        self._open(self._paths[0], 20)

    def _line(self, text: str, size: int, width: int, ground: int) -> Luma:
        """One line, letters `size` pixels high, cut to `width`; sides are even. Kept, so do not write into it."""
        runs = [(character, self._face(character, size)) for character in text]
        room = width - 2 * _PADDING
        length = 0.0
        for number, (character, face) in enumerate(runs):
            if length + face.getlength(character) > room:
                runs = runs[:number]
                break
            length += face.getlength(character)
        box = (min(width, int(length) + 2 * _PADDING + 1) & ~1, (size * 3 // 2) & ~1)
        image = Image.new("L", (max(2, box[0]), box[1]), ground)
        draw = ImageDraw.Draw(image)
        x = float(_PADDING)
        for character, face in runs:
            draw.text((x, box[1] // 2), character, fill=INK, font=face, anchor="lm")
            x += face.getlength(character)
        return np.asarray(image, np.uint8)

    def _face(self, character: str, size: int) -> ImageFont.FreeTypeFont:
        faces = [self._faces(path, size) for path in self._paths]
        return next((face for face in faces if _has(face, character)), faces[0])

    def _open(self, path: Path, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(path), size)


def _has(face: ImageFont.FreeTypeFont, character: str) -> bool:
    # A font says nothing of what it lacks; it draws the same box for it as for what no font has.
    return character.isspace() or bytes(face.getmask(character)) != bytes(face.getmask("\uffff"))
