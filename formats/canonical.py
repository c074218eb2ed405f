"""Canonical JSON: one value, one byte string, so that it can be hashed and signed.

Rules: UTF-8, keys sorted by code point, no white space, strings in Unicode form NFC, integers only. This is the part of
RFC 8785 that needs no floating-point rules; amounts are integers of the smallest unit (fen, milliseconds).
"""

from __future__ import annotations

import json
import unicodedata
from typing import TypeAlias

from formats.errors import Invalid

JSON: TypeAlias = bool | int | str | list["JSON"] | dict[str, "JSON"] | None


class NotCanonical(Invalid):
    """The value has no canonical form (a float, a foreign type, a lone surrogate, two keys equal in NFC)."""

    code = "format.not_canonical"
    zh = "数据格式有误，无法固定为唯一文本。"
    en = "The data cannot be written in one canonical form; send only text, whole numbers, lists and objects."


def canonical(value: object) -> bytes:
    """The one byte string of a None, bool, int, str, list, tuple or dict. Raises NotCanonical for anything else."""
    plain = _plain(value)
    try:
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error


def parse(data: bytes) -> JSON:
    """The value of canonical bytes. Raises NotCanonical when `data` is not exactly what `canonical` would write."""
    try:
        value: JSON = json.loads(data)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON") from error
    # Byte equality also refuses duplicate keys and escapes, with which one hash could stand for two readings.
    if again != data:
        raise NotCanonical("not in canonical form")
    return value


def _plain(value: object) -> JSON:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        result: dict[str, JSON] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"key of type {type(key).__name__}")
            name = unicodedata.normalize("NFC", key)
            if name in result:
                raise NotCanonical("two keys are equal in NFC")
            result[name] = _plain(item)
        return result
    raise NotCanonical(f"value of type {type(value).__name__}")
