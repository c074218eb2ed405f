"""Serial number arithmetic (RFC 1982) for 16-bit sequence numbers and 32-bit timestamps."""

from __future__ import annotations


def ahead16(a: int, b: int) -> int:
    """How far `a` lies ahead of `b` modulo 2^16; negative when behind. Exact for distances below 2^15."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def ahead32(a: int, b: int) -> int:
    """How far `a` lies ahead of `b` modulo 2^32; negative when behind. Exact for distances below 2^31."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000
