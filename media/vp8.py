"""The VP8 payload descriptor (RFC 7741, section 4.2): what a forwarder must read and may rewrite."""

from __future__ import annotations

import struct


class Descriptor:
    """A parsed descriptor; one object is reused for all packets of a connection.

    `size` is its length in bytes, `picture`/`tl0` the counters or -1, `picture_at`/`tl0_at` their offsets, `wide`
    tells a 15-bit picture id, `key` that this packet begins a key frame.
    """

    __slots__ = ("key", "picture", "picture_at", "size", "tl0", "tl0_at", "wide")

    def __init__(self) -> None:
        self.size = 0
        self.picture = self.tl0 = -1
        self.picture_at = self.tl0_at = 0
        self.wide = False
        self.key = False

    def read(self, data: bytes, start: int, end: int) -> bool:
        """Parse the descriptor at `data[start:end]`; False if it is cut short."""
        self.picture = self.tl0 = -1
        self.key = False
        at = start
        if at >= end:
            return False
        first = data[at]
        at += 1
        if first & 0x80:
            if at >= end:
                return False
            flags = data[at]
            at += 1
            if flags & 0x80:
                if at >= end:
                    return False
                self.picture_at = at - start
                self.wide = bool(data[at] & 0x80)
                if self.wide:
                    if at + 1 >= end:
                        return False
                    self.picture = (data[at] & 0x7F) << 8 | data[at + 1]
                    at += 2
                else:
                    self.picture = data[at]
                    at += 1
            if flags & 0x40:
                if at >= end:
                    return False
                self.tl0_at = at - start
                self.tl0 = data[at]
                at += 1
            if flags & 0x30:
                at += 1
        if at >= end:
            return False
        self.size = at - start
        # Start of partition 0 and an inverse key-frame bit of 0: RFC 7741, sections 4.2 and 4.3.
        self.key = first & 0x17 == 0x10 and not data[at] & 0x01
        return True


_USUAL = struct.Struct("!BBHB")


class PictureRewriter:
    """Rewrites picture id and TL0PICIDX of one slot from its first packet on, without ever resetting.

    Narrow (7-bit) ids leave as wide ones: a counter that changed its width in mid-stream would look like a restart.
    """

    __slots__ = ("_narrow", "_picture", "_picture_shift", "_tl0", "_tl0_shift")

    def __init__(self, picture: int, tl0: int) -> None:
        """The last values sent; 15 and 8 bits."""
        self._picture, self._tl0 = picture & 0x7FFF, tl0 & 0xFF
        self._picture_shift = self._tl0_shift = 0
        self._narrow = 0

    def begin(self, found: Descriptor) -> None:
        """A new source starts with this packet: its counters follow the last ones sent."""
        if found.picture >= 0:
            self._narrow = found.picture
            self._picture_shift = self._picture + 1 - found.picture
        if found.tl0 >= 0:
            self._tl0_shift = self._tl0 + 1 - found.tl0

    def carry(self, found: Descriptor, raw: bytes) -> bytes:
        """The descriptor to send in place of `raw`; the largest counters sent are remembered for the next switch."""
        if found.tl0 >= 0:
            tl0 = (found.tl0 + self._tl0_shift) & 0xFF
            if (tl0 - self._tl0) & 0xFF < 0x80:
                self._tl0 = tl0
        elif found.picture < 0:
            return raw
        else:
            tl0 = -1
        if found.picture < 0:
            return raw[: found.tl0_at] + bytes((tl0,)) + raw[found.tl0_at + 1 :]
        picture = ((found.picture if found.wide else self._widen(found.picture)) + self._picture_shift) & 0x7FFF
        if (picture - self._picture) & 0x7FFF < 0x4000:
            self._picture = picture
        at, after = found.picture_at, found.picture_at + (2 if found.wide else 1)
        if tl0 < 0:
            return raw[:at] + bytes((0x80 | picture >> 8, picture & 0xFF)) + raw[after:]
        # TL0PICIDX follows the picture id at once (RFC 7741, section 4.2), and both lie behind two bytes of flags.
        return _USUAL.pack(raw[0], raw[1], 0x8000 | picture, tl0) + raw[after + 1 :]

    def _widen(self, picture: int) -> int:
        step = ((picture - self._narrow + 0x40) & 0x7F) - 0x40
        value = (self._narrow + step) & 0x7FFF
        if step > 0:
            self._narrow = value
        return value
