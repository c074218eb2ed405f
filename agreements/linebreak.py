"""Chinese lines: where text may break, how punctuation closes up, and where each character stands when justified.

Follows the common core of JIS X 4051 and the W3C's Chinese layout requirements: no line starts with a stop or a closing
mark, none ends with an opening one; words, and numbers with their unit, stay whole; a stop at a line's end lets its
blank half hang over the margin; two marks in a row share one blank. Widths are in em; nothing here knows a font.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NO_START = frozenset("，。、；：？！）》」』”’】〕〉｝］％%,.;:?!)]}·・…—～℃°々ー-/")
NO_END = frozenset("（《「『“‘【〔〈｛［([{¥￥$№")
_CLOSING = frozenset("，。、；：）》」』”’】〕〉｝］")
_OPENING = frozenset("（《「『“‘【〔〈｛［")
_COUNTED = frozenset("年月日时分秒元角份号岁条款项")
_INSIDE = frozenset(".,:/-_@%+#&'")
HALF = 0.5
_LOOSEST = 0.35


@dataclass(frozen=True)
class Placed:
    """A character and where its origin stands from the line's left edge, in em."""

    character: str
    x: float


@dataclass(frozen=True)
class Line:
    glyphs: tuple[Placed, ...]
    width: float

    @property
    def text(self) -> str:
        return "".join(glyph.character for glyph in self.glyphs)


def break_lines(
    text: str, width: float, measure: Callable[[str], float], *, indent: float = 0, justify: bool = True
) -> list[Line]:
    """Sets `text` in lines of `width`; each paragraph's first line starts at `indent`.

    A unit wider than a whole line (a long address in Latin letters) is split where it must be. Empty paragraphs give an
    empty line. Raises ValueError where not even one full-width character fits.
    """
    if width - indent < 1:
        raise ValueError("the line is too narrow")
    lines: list[Line] = []
    for paragraph in text.split("\n"):
        lines += _paragraph(paragraph, width, measure, indent, justify)
    return lines


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two neighbouring characters."""
    if after in NO_START or before in NO_END or after == " " or _joins(after):
        return False
    if before.isdigit() and after in _COUNTED:
        return False
    return not (_word(before) and _word(after))


def _paragraph(
    text: str, width: float, measure: Callable[[str], float], indent: float, justify: bool
) -> Iterator[Line]:
    left = indent
    units = list(_units(text))
    if not units:
        yield Line((), 0)
    while units:
        room, taken, line = width - left, 0, ""
        for unit in units:
            if _natural(line + unit, measure) > room + 1e-9:
                break
            line, taken = line + unit, taken + 1
        if not taken:
            line, units[0] = _split(units[0], room, measure)
        else:
            units = units[taken:]
        yield _place(line.rstrip(" ") or line, left, room, measure, justify and bool(units))
        left = 0.0


def _units(text: str) -> Iterator[str]:
    begin = 0
    for index in range(1, len(text)):
        if may_break(text[index - 1], text[index]):
            yield text[begin:index]
            begin = index
    if text[begin:]:
        yield text[begin:]


def _split(unit: str, room: float, measure: Callable[[str], float]) -> tuple[str, str]:
    count = 1
    while count < len(unit) - 1 and _natural(unit[: count + 1], measure) <= room:
        count += 1
    return unit[:count], unit[count:]


def _advances(text: str, measure: Callable[[str], float]) -> list[tuple[float, float]]:
    """For each character how far its origin is pulled back, and its advance after that."""
    result: list[tuple[float, float]] = []
    for index, character in enumerate(text):
        before, after = text[index - 1 : index], text[index + 1 : index + 2]
        full = measure(character)
        pull = HALF if full >= 1 and character in _OPENING and before in _OPENING and before else 0.0
        trim = HALF if full >= 1 and character in _CLOSING and after and after in _CLOSING | _OPENING else 0.0
        result.append((pull, full - pull - trim))
    return result


def _hang(text: str, measure: Callable[[str], float]) -> float:
    return HALF if text and text[-1] in _CLOSING and measure(text[-1]) >= 1 else 0.0


def _natural(text: str, measure: Callable[[str], float]) -> float:
    text = text.rstrip(" ")
    return sum(advance for _, advance in _advances(text, measure)) - _hang(text, measure)


def _place(text: str, left: float, room: float, measure: Callable[[str], float], justify: bool) -> Line:
    natural = _natural(text, measure)
    gaps = [index for index in range(1, len(text)) if not (_word(text[index - 1]) and _word(text[index]))]
    extra = (room - natural) / len(gaps) if justify and gaps else 0.0
    if extra > _LOOSEST:
        extra = 0.0
    stretch = set(gaps)
    x, glyphs = left, []
    for index, (character, (pull, advance)) in enumerate(zip(text, _advances(text, measure), strict=True)):
        x += extra if index in stretch else 0.0
        glyphs.append(Placed(character, x - pull))
        x += advance
    return Line(tuple(glyphs), x - left)


def _word(character: str) -> bool:
    return character in _INSIDE or (character.isalnum() and ord(character) < 0x2E80)


def _joins(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"} or character == "\u200d"
