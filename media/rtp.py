"""RTP packets as bytes and integers (RFC 3550, section 5.1; header extensions RFC 8285)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from media.vp8 import Descriptor

URI_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
URI_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
URI_SENT = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """Negotiated one-byte header extension ids of a connection; 0 where not negotiated."""

    mid: int = 0
    level: int = 0
    sent: int = 0


class Packet:
    """The packet in hand: one object per connection, filled again by each `read`."""

    __slots__ = (
        "_at",
        "arrival_ns",
        "data",
        "end",
        "level",
        "marker",
        "now",
        "padded",
        "picture",
        "pt",
        "raw",
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
        self._at = 0
        self.level = -1
        self.picture = Descriptor()
        self.raw = b""
        self.tail = b""

    def read(self, data: bytes, arrival_ns: int, now: float) -> bool:
        """Parse the fixed header and find the payload; False if the packet is not well formed."""
        if len(data) < 12:
            return False
        first, second, self.seq, self.ts, self.ssrc = _FIXED.unpack_from(data)
        at = 12 + (first & 0x0F) * 4
        size = len(data)
        self._at = 0
        if first & 0x10:
            if at + 4 > size:
                return False
            self._at = at
            at += 4 + (data[at + 2] << 8 | data[at + 3]) * 4
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

    def extension(self, wanted: int) -> bytes | None:
        """The value of one header extension element, or None."""
        at = self._at
        if not at or not wanted:
            return None
        data = self.data
        profile, words = _EXTENSION.unpack_from(data, at)
        at += 4
        end = at + words * 4
        wide = profile & 0xFFF0 == 0x1000
        if not wide and profile != 0xBEDE:
            return None
        while at < end:
            first = data[at]
            if first == 0:
                at += 1
                continue
            if wide:
                if at + 2 > end:
                    return None
                found, size, at = first, data[at + 1], at + 2
            else:
                found, size, at = first >> 4, (first & 0x0F) + 1, at + 1
                if found == 15:
                    return None
            if at + size > end:
                return None
            if found == wanted:
                return data[at : at + size]
            at += size
        return None


class Stamp:
    """Writes the header of one slot: our SSRC and payload type, the slot's own mid, our own send time.

    abs-send-time is stamped anew because the receiver estimates the path from *us*; the audio level is copied.
    """

    __slots__ = ("_bare", "_level_at", "_levelled", "_pt", "_ssrc", "_timed")

    def __init__(self, ssrc: int, pt: int, mid: str, ids: ExtensionIds) -> None:
        self._ssrc = ssrc
        self._pt = pt
        name = mid.encode()
        middle = bytes((ids.mid << 4 | len(name) - 1,)) + name if ids.mid else b""
        sent = bytes((ids.sent << 4 | 2, 0, 0, 0)) if ids.sent else b""
        self._timed = bool(ids.sent)
        self._bare = _block(sent + middle)
        self._levelled = _block(sent + bytes((ids.level << 4, 0)) + middle) if ids.level else b""
        self._level_at = 16 + len(sent) + 1

    def head(self, packet: Packet, seq: int, ts: int) -> bytes:
        """The complete RTP header with extensions for sending `packet` in this slot."""
        with_level = packet.level >= 0 and self._levelled
        block = self._levelled if with_level else self._bare
        first = 0x80 | packet.padded | (0x10 if block else 0)
        head = _FIXED.pack(first, packet.marker | self._pt, seq, ts, self._ssrc) + block
        if not block or not (self._timed or with_level):
            return head
        out = bytearray(head)
        if self._timed:
            sent = int(packet.now * 262144.0)
            out[17] = sent >> 16 & 0xFF
            out[18] = sent >> 8 & 0xFF
            out[19] = sent & 0xFF
        if with_level:
            out[self._level_at] = packet.level
        return bytes(out)


def _block(elements: bytes) -> bytes:
    if not elements:
        return b""
    words = (len(elements) + 3) // 4
    return _EXTENSION.pack(0xBEDE, words) + elements.ljust(words * 4, b"\0")
