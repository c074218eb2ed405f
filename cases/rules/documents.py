"""Numbers of identity documents other than the resident card: shape limits only.

Issuers change formats, so a shape is wide enough for any real document and narrow enough to catch a slip.
"""

from __future__ import annotations

import re
from typing import Final

from cases.rules.errors import BadDocumentNumber

_SHAPES: Final = {
    "passport": re.compile(r"[A-Z0-9]{5,20}", re.ASCII),
    "hk_macau": re.compile(r"[HM][0-9]{8,10}|8[1-3][0-9]{16}", re.ASCII),
    "taiwan": re.compile(r"[0-9]{8,10}[A-Z]?|83[0-9]{16}", re.ASCII),
    "foreign_residence": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]", re.ASCII),
    "other": re.compile(r"[A-Z0-9][A-Z0-9 ()/.-]{2,39}", re.ASCII),
}


def clean_document(id_type: str, text: str) -> str:
    """The number in capitals without outer spaces. Raises `BadDocumentNumber` (also for an unknown type)."""
    shape = _SHAPES.get(id_type)
    number = text.strip().upper()
    if shape is None or not shape.fullmatch(number):
        raise BadDocumentNumber(id_type if shape else "id_type")
    return number
