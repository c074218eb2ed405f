"""Case numbers: free in form, since every organ has its own, but readable and comparable."""

from __future__ import annotations

import unicodedata

from cases.rules.errors import BadCaseNumber

LONGEST = 40
_MARKS = frozenset("（）〔〕【】-_—–.·#/")
# Full-width letters and digits print like the plain ones: two spellings would be two cases.
_PLAIN = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
# Brackets as official documents print them, however they were typed.
_PLAIN |= {ord(typed): ord(printed) for typed, printed in zip("()[]［］", "（）〔〕〔〕", strict=True)}


def clean_case_number(text: str) -> str:
    """The number in NFC with plain digits and letters and official brackets. Raises `BadCaseNumber`.

    Letters of any script, digits, brackets, dashes, dots and slashes; no spaces; at least one digit.
    """
    if len(text) > 4 * LONGEST:
        raise BadCaseNumber("number")
    number = unicodedata.normalize("NFC", text).strip().translate(_PLAIN)
    if not 1 <= len(number) <= LONGEST or not any(c in "0123456789" for c in number):
        raise BadCaseNumber("number")
    if not all(c in _MARKS or c in "0123456789" or unicodedata.category(c)[0] == "L" for c in number):
        raise BadCaseNumber("number")
    return number
