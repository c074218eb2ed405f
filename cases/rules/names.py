"""Names as they stand on identity documents."""

from __future__ import annotations

import unicodedata

from cases.rules.errors import BadName
from cases.rules.text import readable

LONGEST = 50
# Keyboards offer many dots; identity cards print U+00B7 between the parts of a minority name.
_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･", "·"))


def clean_name(text: str) -> str:
    """The name in NFC, without outer whitespace, its parts joined by `·`. Raises `BadName`.

    Accepts every ideograph that Unicode knows or will assign in planes 2 and 3, and names in any other script;
    refuses what is empty, longer than 50 characters, without a letter, or not readable.
    """
    if len(text) > 4 * LONGEST + 100:
        raise BadName("name")
    name = unicodedata.normalize("NFC", text).strip().translate(_DOTS)
    if not 1 <= len(name) <= LONGEST:
        raise BadName("name")
    if not all(readable(character) for character in name):
        raise BadName("name")
    if not any(unicodedata.category(c)[0] == "L" or ord(c) >= 0x20000 for c in name):
        raise BadName("name")
    return name
