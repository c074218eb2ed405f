"""RTP packets as bytes and integers (RFC 3550, section 5.1; header extensions RFC 8285)."""

from __future__ import annotations

import struct
from typing import Final

from media.extensions import ExtensionIds
from media.vp8 import Descriptor

_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_TIMED = struct.Struct("!HHBBH")


MAX_CARRIED: Final = 255
"""Bytes of header extensions that are passed on; what no longer fits is left out."""


class Packet:
    """The packet in hand: one object per connection, filled again by each `read`."""

    __slots__ = (
        "arrival_ns",
        "block",
        "carried",
        "data",
        "end",
        "marker",
        "mid",
        "now",
        "padded",
        "picture",
        "pt",
        "raw",
        "repaired_rid",
        "rid",
        "sent",
        "seq",
        "ssrc",
        "start",
        "tail",
        "ts",
    )

    def __init__(self) -> None:
        self.data = b""
        self.arrival_ns = 0
        self.now = 0.0
        self.seq = self.ts = self.ssrc = self.pt = 0
        self.marker = self.padded = 0
        self.start = self.end = 0
        # From the header extensions: identification, send time (6.18 fixed point seconds, or -1), what is passed on.
        self.mid = self.rid = self.repaired_rid = b""
        self.sent = -1
        self.carried = b""
        # The extension for subscribers who number extensions as the publisher does: made by the first, used by all.
        self.block: bytes | None = None
        self.picture = Descriptor()
        self.raw = b""
        self.tail = b""

    def read(self, data: bytes, arrival_ns: int, now: float, ids: ExtensionIds) -> bool:
        """Parse header and extensions and find the payload; False if the packet is not well formed."""
        if len(data) < 12:
            return False
        first, second, self.seq, self.ts, self.ssrc = _FIXED.unpack_from(data)
        at = 12 + (first & 0x0F) * 4
        size = len(data)
        self.sent = -1
        self.block = None
        self.mid = self.rid = self.repaired_rid = self.carried = b""
        if first & 0x10:
            if at + 4 > size:
                return False
            end = at + 4 + (data[at + 2] << 8 | data[at + 3]) * 4
            if end > size:
                return False
            self._elements(data, at, end, ids)
            at = end
        self.padded = first & 0x20
        # Padding counts itself (RFC 3550, section 5.1): a count of 0 is a lie, and refused below.
        self.end = size - (data[-1] or size) if self.padded else size
        if first & 0xC0 != 0x80 or at > self.end:
            return False
        self.marker = second & 0x80
        self.pt = second & 0x7F
        self.start = at
        self.data = data
        self.arrival_ns = arrival_ns
        self.now = now
        return True

    def _elements(self, data: bytes, at: int, end: int, ids: ExtensionIds) -> None:
        """Read the elements up to the first that is cut short; two-byte ones that fit are carried as one-byte ones."""
        profile = data[at] << 8 | data[at + 1]
        wide = profile & 0xFFF0 == 0x1000
        if not wide and profile != 0xBEDE:
            return
        at += 4
        if at == end:
            return
        if ids.sent << 4 | 2 == data[at] and not wide and at + 4 <= end and ids.sent:
            # By far the most frequent first element, and often the only one.
            self.sent = data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
            at += 4
        while at < end:
            first = data[at]
            if first == 0:
                at += 1
                continue
            if wide:
                if at + 2 > end:
                    return
                number, size, start = first, data[at + 1], at + 2
            else:
                number, size, start = first >> 4, (first & 0x0F) + 1, at + 1
                if number == 15:
                    return
            at = start + size
            if at > end:
                return
            if number == ids.sent:
                if size == 3:
                    self.sent = data[start] << 16 | data[start + 1] << 8 | data[start + 2]
            elif number == ids.mid:
                self.mid = data[start:at]
            elif number == ids.rid:
                self.rid = data[start:at]
            elif number == ids.repaired_rid:
                self.repaired_rid = data[start:at]
            elif 0 < size <= 16 and 0 < number < 15 and len(self.carried) + size < MAX_CARRIED:
                self.carried += bytes((number << 4 | size - 1,)) + data[start:at]


def extension_block(sent: int, now: float, carried: bytes) -> bytes:
    """The header extension of a packet sent at `now`: our send time under the id `sent` (0: none), and `carried`.

    abs-send-time is stamped anew because the receiver estimates the path from *us*; other elements are passed on.
    """
    if sent:
        stamp = int(now * 262144.0) & 0xFFFFFF
        if not carried:
            return _TIMED.pack(0xBEDE, 1, sent << 4 | 2, stamp >> 16, stamp & 0xFFFF)
        carried = bytes((sent << 4 | 2, stamp >> 16, stamp >> 8 & 0xFF, stamp & 0xFF)) + carried
    elif not carried:
        return b""
    words = (len(carried) + 3) >> 2
    return _EXTENSION.pack(0xBEDE, words) + carried.ljust(words * 4, b"\0")


SENT_AT: Final = 17
"""Where the three bytes of the send time lie in a header of ours that has one."""


def header_size(data: bytes) -> int:
    """Where the payload of a well-formed packet of ours begins (no CSRCs)."""
    return 16 + (data[14] << 8 | data[15]) * 4 if data[0] & 0x10 else 12
