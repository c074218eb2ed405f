"""HTTP Range (RFC 9110, section 14), for files that may be watched in parts and must not be kept by anybody."""

from __future__ import annotations

import re

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every file out of the vault."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of one byte range; the whole file without a header, `None` if it cannot be met."""
    if header is None:
        return 0, size
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None
