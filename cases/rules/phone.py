"""Telephone numbers: mainland mobile, mainland landline with area code, international."""

from __future__ import annotations

import re

from cases.rules.errors import BadPhone

_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
# 010 and 02x take eight digits, the rest seven or eight; an extension may follow.
_LANDLINE = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))-?([2-9][0-9]{6,7})(?:-([0-9]{1,6}))?", re.ASCII)
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def clean_phone(text: str) -> str:
    """The number in one spelling: `13812345678`, `010-62345678`, `010-62345678-123` or `+85291234567`.

    Spaces, and dashes in mobile and international numbers, are forgiven; `+86` before a mobile number is dropped.
    Raises `BadPhone`.
    """
    if len(text) > 60:
        raise BadPhone("phone")
    compact = text.strip().replace(" ", "")
    digits = compact.replace("-", "")
    mobile = digits.removeprefix("+86")
    if _MOBILE.fullmatch(mobile):
        return mobile
    landline = _LANDLINE.fullmatch(compact)
    if landline:
        return "-".join(part for part in landline.groups() if part)
    if _INTERNATIONAL.fullmatch(digits) and not digits.startswith("+86"):
        return digits
    raise BadPhone("phone")
