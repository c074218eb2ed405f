"""Resident identity numbers of the People's Republic of China (GB 11643-1999).

Six digits of region, eight of birth date, three of order (odd: male, even: female), one check character
by ISO 7064 MOD 11-2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cases.rules.errors import BadResidentId, ResidentIdMismatch

Sex = Literal["male", "female"]

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_EARLIEST_YEAR = 1880


@dataclass(frozen=True)
class ResidentId:
    """A number that passed every check, and what it says of its holder."""

    number: str
    birth_date: date
    sex: Sex


def check_digit(first17: str) -> str:
    """The eighteenth character for seventeen ASCII digits."""
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def parse_resident_id(text: str, today: date) -> ResidentId:
    """Read a number as typed (outer spaces and a small x are forgiven). Raises `BadResidentId`.

    The region code is checked for shape only: codes are withdrawn, and holders keep their numbers.
    """
    number = text.strip().upper()
    if not _SHAPE.fullmatch(number):
        raise BadResidentId("shape")
    if check_digit(number[:17]) != number[17]:
        raise BadResidentId("check_digit")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadResidentId("birth_date") from None
    if birth.year < _EARLIEST_YEAR or birth > today:
        raise BadResidentId("birth_date")
    return ResidentId(number, birth, "male" if int(number[16]) % 2 else "female")


def agree(resident: ResidentId, sex: str | None, birth_date: str | None) -> None:
    """Refuse a given sex or birth date (ISO) that the number contradicts. Raises `ResidentIdMismatch`."""
    if sex is not None and sex != resident.sex:
        raise ResidentIdMismatch("gender")
    if birth_date is not None and birth_date != resident.birth_date.isoformat():
        raise ResidentIdMismatch("birth_date")
