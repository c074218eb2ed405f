"""Which characters may stand in text that people will read, sign and compare."""

from __future__ import annotations

import unicodedata

from cases.rules.errors import BadText

# Assigned letters that print as nothing, and selectors: two names could look alike and differ.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_REFUSED = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def readable(character: str) -> bool:
    """Whether one character is neither control, direction mark, private use, surrogate, unassigned nor invisible.

    Planes 2 and 3 count as assigned as a whole: ideographs newer than this Python's Unicode tables stand in names on
    current identity cards (extensions H and I).
    """
    point = ord(character)
    if point in _INVISIBLE:
        return False
    category = unicodedata.category(character)
    if category == "Cn":
        return 0x20000 <= point <= 0x3FFFF and point & 0xFFFE != 0xFFFE
    return category not in _REFUSED


def clean_text(text: str, *, limit: int, lines: bool = False, empty: bool = True, what: str = "text") -> str:
    """`text` in NFC, stripped at both ends, with line feeds only where `lines` allows them.

    `limit` counts characters after normalisation. `what` names the field in the error. Raises `BadText`.
    """
    # Normalising is slow on hostile input: cut off what could never fit first.
    if len(text) > 4 * limit + 100:
        raise BadText(what)
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(cleaned) > limit or (not cleaned and not empty):
        raise BadText(what)
    for character in cleaned:
        if not readable(character) and not (lines and character in "\n\t"):
            raise BadText(what)
    return cleaned
