"""Serial number arithmetic (RFC 1982) for 16-bit sequence numbers and 32-bit timestamps."""

from __future__ import annotations


def ahead16(a: int, b: int) -> int:
    """How far `a` lies ahead of `b` modulo 2^16; negative when behind. Exact for distances below 2^15."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def ahead32(a: int, b: int) -> int:
    """How far `a` lies ahead of `b` modulo 2^32; negative when behind. Exact for distances below 2^31."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def ahead(a: int, b: int, bits: int) -> int:
    """The same for any width (VP8 picture ids have 15 bits, TL0PICIDX has 8)."""
    half = 1 << (bits - 1)
    return ((a - b + half) & ((1 << bits) - 1)) - half
