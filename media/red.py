"""Redundant audio data (RFC 2198): a packet that also carries what the packets before it carried, so that none needs
to be asked for. It ends here: everybody is passed on the packets that would have come without it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEAD = struct.Struct("!BBHII")
_BLOCK = 4  # bytes of a redundant block's header
MAX_BLOCKS = 8
"""Redundant blocks taken from one packet; browsers send one or two."""


def unfold(data: bytes, start: int, end: int, pt: int) -> Iterator[bytes]:
    """The packets of payload type `pt` that the payload `data[start:end]` stands for, oldest first.

    The last is the packet itself, those before it are taken to be its immediate predecessors. Blocks without content or
    of another type are left out. Yields nothing where the payload is malformed.
    """
    blocks: list[tuple[int, int, int]] = []  # payload type, timestamp offset, size
    at = start
    while True:
        if at >= end:
            return
        if not data[at] & 0x80:
            break
        if at + _BLOCK > end or len(blocks) == MAX_BLOCKS:
            return
        offset_and_size = int.from_bytes(data[at + 1 : at + _BLOCK], "big")
        blocks.append((data[at] & 0x7F, offset_and_size >> 10, offset_and_size & 0x3FF))
        at += _BLOCK
    primary, body = data[at] & 0x7F, at + 1
    rest = end - body - sum(size for _, _, size in blocks)
    if rest < 0:
        return
    blocks.append((primary, 0, rest))
    first, second, seq, ts, ssrc = _HEAD.unpack_from(data)
    for back in range(len(blocks) - 1, -1, -1):
        number, offset, size = blocks[-1 - back]
        if number == pt and size and bool(offset) == bool(back):
            marker = 0 if back else second & 0x80
            head = _HEAD.pack(first & 0xDF, marker | pt, seq - back & 0xFFFF, ts - offset & 0xFFFFFFFF, ssrc)
            yield head + data[12:start] + data[body : body + size]
        body += size
