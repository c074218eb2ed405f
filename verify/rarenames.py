"""Lets asn1crypto compare certificate names with characters newer than Unicode 3.2.

It prepares names with Python's `stringprep`, whose table of unassigned code points is frozen at Unicode 3.2 (RFC 3454),
so 𬭎 (Extension E) in an organ's or a person's name raises "unassigned code points" in the middle of a validation. For
comparing two names for equality, a newer table loses nothing.
"""

from __future__ import annotations

import stringprep
import unicodedata
from typing import Any

from asn1crypto import x509


class _NewerTables:
    """`stringprep`, with unassigned meaning unassigned in this Python's Unicode."""

    @staticmethod
    def in_table_a1(character: str) -> bool:
        return unicodedata.category(character) == "Cn"

    def __getattr__(self, name: str) -> Any:
        return getattr(stringprep, name)


def accept_rare_names() -> None:
    """Installs the newer table; any number of times."""
    x509.stringprep = _NewerTables()
