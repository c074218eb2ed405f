"""Which font prints which character: a chain of TrueType files, asked in order, per character.

The serif family from the npm packages `@expo-google-fonts/noto-serif-sc`, `-jp` and `-hk` (OFL) covers the base block,
Extension A, and the characters of names in Extensions B–G that these regions use; Debian's HanaMin, where installed,
covers the rest of B–F. A character that none of them has is an error that names it, never a blank box.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfbase.ttfonts import TTFont

from .errors import FontFileError, NoGlyph

BODY = "NotoSerifSC_400Regular.ttf"
BOLD = "NotoSerifSC_700Bold.ttf"
_FALLBACK = ("NotoSerifJP_400Regular.ttf", "NotoSerifHK_400Regular.ttf", "HanaMinA.ttf", "HanaMinB.ttf")
_opening = Lock()
_faces: dict[Path, Face] = {}


@dataclass(frozen=True)
class Face:
    """One opened font, registered with reportlab under `name`. `widths` are in 1/1000 em by code point."""

    name: str
    widths: dict[int, float]

    def width(self, character: str) -> float:
        """Advance in em."""
        return self.widths[ord(character)] / 1000


def default_folders(root: Path) -> tuple[Path, ...]:
    """Where an installation at `root` keeps its fonts."""
    return root / "web/node_modules/@expo-google-fonts", Path("/usr/share/fonts/truetype/hanazono")


class FontChain:
    """Finds the font files below `folders` once; opens each only when a character needs it.

    Raises FontFileError where the body or bold font is absent; the fallbacks are each optional.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._body, self._bold = _find(folders, BODY), _find(folders, BOLD)
        if self._body is None or self._bold is None:
            raise FontFileError(BODY if self._body is None else BOLD)
        rest = [path for name in _FALLBACK if (path := _find(folders, name))]
        self._chains = {False: [self._body, *rest], True: [self._bold, self._body, *rest]}
        self._choose = lru_cache(maxsize=8192)(self._find_face)

    @property
    def files(self) -> tuple[Path, ...]:
        """The chain itself, for those who draw letters by other means."""
        return tuple(self._chains[False])

    @property
    def base(self) -> str:
        """The name of the body font (the canvas needs one before the first text)."""
        return _open(self._chains[False][0]).name

    def face(self, character: str, bold: bool = False) -> Face:
        """The first font of the chain that has the character. Raises NoGlyph."""
        return self._choose(character, bold)

    def width(self, character: str, bold: bool = False) -> float:
        """Advance of the character in em. Raises NoGlyph."""
        return self._choose(character, bold).width(character)

    def unprintable(self, text: str) -> list[str]:
        """The characters of `text` that no font has, each once, in order."""
        missing: dict[str, None] = {}
        for character in text:
            try:
                if character != "\n":
                    self._choose(character, False)
            except NoGlyph:
                missing[character] = None
        return list(missing)

    def _find_face(self, character: str, bold: bool) -> Face:
        for path in self._chains[bold]:
            face = _open(path)
            if ord(character) in face.widths:
                return face
        raise NoGlyph(character)


def _utf16(match: re.Match[str]) -> str:
    return f"<{chr(int(match.group(1), 16)).encode('utf-16-be').hex().upper()}>"


def _unicode_map(fontname: str, subset: list[int]) -> str:
    # reportlab writes code points above U+FFFF as five figures; readers then copy and search another character.
    return re.sub(r"<([0-9A-F]{5,6})>", _utf16, _plain_unicode_map(fontname, subset))


_plain_unicode_map = ttfonts.makeToUnicodeCMap
ttfonts.makeToUnicodeCMap = _unicode_map


def _find(folders: Sequence[Path], name: str) -> Path | None:
    for folder in folders:
        for pattern in (name, f"*/{name}", f"*/*/{name}"):
            for path in sorted(folder.glob(pattern)):
                return path.resolve()
    return None


def _open(path: Path) -> Face:
    # reportlab keeps fonts in one table per process; opening each file once keeps renders in threads apart from it.
    with _opening:
        if path not in _faces:
            name = f"Heshi-{path.stem}"
            font: Any = TTFont(name, str(path))
            pdfmetrics.registerFont(font)
            _faces[path] = Face(name, font.face.charWidths)
        return _faces[path]
