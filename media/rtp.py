"""RTP packets as bytes and integers (RFC 3550, section 5.1; header extensions RFC 8285)."""

from __future__ import annotations

import struct
from typing import Final

from media.extensions import ExtensionIds
from media.vp8 import Descriptor

_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


class Packet:
    """The packet in hand: one object per connection, filled again by each `read`."""

    __slots__ = (
        "arrival_ns",
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
            elif 0 < size <= 16 and 0 < number < 15:
                self.carried += bytes((number << 4 | size - 1,)) + data[start:at]


class Stamp:
    """Writes the header of one slot: our SSRC and payload type, the slot's own mid, our own send time.

    abs-send-time is stamped anew because the receiver estimates the path from *us*; other elements are passed on.
    """

    __slots__ = ("_pt", "_ssrc", "_timed", "mid", "ours")

    SENT_AT: Final = 17
    """Where the three bytes of the send time lie in a header that has one."""

    def __init__(self, ssrc: int, pt: int, mid: str, ids: ExtensionIds) -> None:
        self._ssrc = ssrc
        self._pt = pt
        name = mid.encode()
        middle = bytes((ids.mid << 4 | len(name) - 1,)) + name if ids.mid else b""
        self._timed = bool(ids.sent)
        self.ours = (bytes((ids.sent << 4 | 2, 0, 0, 0)) if ids.sent else b"") + middle

    def head(self, packet: Packet, seq: int, ts: int, carried: bytes) -> bytes:
        """The complete RTP header for sending `packet` in this slot, with `carried` among its extension elements."""
        elements = self.ours + carried
        if not elements:
            return _FIXED.pack(0x80 | packet.padded, packet.marker | self._pt, seq, ts, self._ssrc)
        words = (len(elements) + 3) >> 2
        head = _FIXED.pack(0x90 | packet.padded, packet.marker | self._pt, seq, ts, self._ssrc)
        if not self._timed:
            return head + _EXTENSION.pack(0xBEDE, words) + elements.ljust(words * 4, b"\0")
        return (
            head
            + _EXTENSION.pack(0xBEDE, words)
            + elements[:1]
            + (int(packet.now * 262144.0) & 0xFFFFFF).to_bytes(3, "big")
            + elements[4:].ljust(words * 4 - 4, b"\0")
        )


def header_size(data: bytes) -> int:
    """Where the payload of a well-formed packet of ours begins (no CSRCs)."""
    return 16 + (data[14] << 8 | data[15]) * 4 if data[0] & 0x10 else 12
