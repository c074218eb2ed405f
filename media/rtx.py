"""Retransmission (RFC 4588): what was sent is kept for a while, wrapped on request, unwrapped on arrival."""

from __future__ import annotations

import struct

from media.rtp import SENT_AT, header_size

_HEAD = struct.Struct("!BBHII")

PICTURES_KEPT, SOUND_KEPT = 512, 128
"""Packets kept per slot, powers of two: more than two seconds of a 2 Mbit/s picture, and of sound."""

AGAIN_S = 0.02
"""The same packet is not sent again sooner than this: a browser asks for all it misses in every feedback."""


LEAST_PER_SECOND = 20.0
SHARE = 0.4
"""Of the packets sent, so many are repeated at most: a storm of requests must not become a flood, and what a full queue
has dropped must not be poured into it twice. Enough to mend a quarter of a stream."""


class Ring:
    """The last packets sent in one slot, by sequence number. Parts are shared between slots, not copied."""

    __slots__ = ("_kept", "_mask")

    def __init__(self, size: int) -> None:
        """`size`: a power of two. It takes no room before the first packet, and most slots never see one."""
        self._mask = size - 1
        self._kept: list[tuple[int, bytes, bytes] | None] = []

    @property
    def size(self) -> int:
        """How many packets it keeps."""
        return self._mask + 1

    def put(self, seq: int, head: bytes, tail: bytes) -> None:
        """Keep one packet."""
        if not self._kept:
            self._kept = [None] * self.size
        self._kept[seq & self._mask] = (seq, head, tail)

    def get(self, seq: int) -> tuple[bytes, bytes] | None:
        """The packet with this sequence number, if it is still kept."""
        found = self._kept[seq & self._mask] if self._kept else None
        if found is None or found[0] != seq:
            return None
        return found[1], found[2]

    def clear(self) -> None:
        """Forget everything: what was sent under an earlier table must not be sent under a later one."""
        self._kept = []


class Resender:
    """Answers NACKs of one slot from its ring, at a bounded rate. RFC 4585, section 6.2.1; RFC 4588, section 4."""

    __slots__ = ("_allowed", "_at", "_sent_at", "_seq", "_timed", "per_second", "pt", "ring", "ssrc")

    def __init__(self, ssrc: int, pt: int, seq: int, timed: bool, kept: int = PICTURES_KEPT) -> None:
        """`ssrc` and `pt` of the retransmission stream; 0 and 0: packets are repeated as they were (sound)."""
        self.ssrc, self.pt = ssrc, pt
        self._seq = seq & 0x7FFF
        self._timed = timed
        self.ring = Ring(kept)
        self._sent_at: dict[int, float] = {}
        self.per_second = LEAST_PER_SECOND
        self._allowed = float(LEAST_PER_SECOND)
        self._at = 0.0

    def pace(self, packets_per_second: float) -> None:
        """So many packets are being sent; what may be repeated follows from it."""
        self.per_second = max(LEAST_PER_SECOND, SHARE * packets_per_second)

    def clear(self) -> None:
        """Forget what was sent."""
        self.ring.clear()
        self._sent_at.clear()

    def again(self, seq: int, now: float) -> tuple[bytes, bytes] | None:
        """Head and tail to send for a packet that was lost, or None."""
        kept = self.ring.get(seq)
        if kept is None or now - self._sent_at.get(seq, float("-inf")) < AGAIN_S:
            return None
        self._allowed = min(self._allowed + (now - self._at) * self.per_second, self.per_second)
        self._at = now
        if self._allowed < 1:
            return None
        self._allowed -= 1
        if len(self._sent_at) > PICTURES_KEPT:
            self._sent_at = {one: at for one, at in self._sent_at.items() if now - at < AGAIN_S}
        self._sent_at[seq] = now
        head, tail = kept
        if not self.ssrc:
            # The same number again must be the same bytes again: AES-GCM encrypts with a nonce made of both, and two
            # headers under one nonce give away its authentication key (RFC 7714, section 8.1).
            return head, tail
        if self._timed:
            # The receiver takes the send time for this packet's own, and would see a queue that is none.
            head = head[:SENT_AT] + (int(now * 262144.0) & 0xFFFFFF).to_bytes(3, "big") + head[SENT_AT + 3 :]
        return self._wrap(head), tail

    def _wrap(self, head: bytes) -> bytes:
        first, second, seq, ts, _ = _HEAD.unpack_from(head)
        self._seq = (self._seq + 1) & 0xFFFF
        at = header_size(head)
        fixed = _HEAD.pack(first, second & 0x80 | self.pt, self._seq, ts, self.ssrc)
        return fixed + head[12:at] + bytes((seq >> 8, seq & 0xFF)) + head[at:]


def unwrap(data: bytes, start: int, end: int, ssrc: int, pt: int) -> bytes | None:
    """The original of a retransmitted packet whose payload is `data[start:end]`; None for padding, which carries none.

    Header extensions stay those of the retransmission. RFC 4588, section 4.
    """
    if end - start < 3:
        return None
    first, second, _, ts, _ = _HEAD.unpack_from(data)
    seq = data[start] << 8 | data[start + 1]
    head = _HEAD.pack(first & 0xDF, second & 0x80 | pt, seq, ts, ssrc)
    return head + data[12:start] + data[start + 2 : end]
