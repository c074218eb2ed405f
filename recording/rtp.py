"""Reading one RTP packet (RFC 3550 §5.1), as far as playback needs it."""

from __future__ import annotations

from dataclasses import dataclass

from formats.errors import Invalid

_FIXED = 12


@dataclass(frozen=True, slots=True)
class Rtp:
    """One packet's facts; `payload` is without padding and is empty for a packet that only pads."""

    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes


def parse_rtp(packet: bytes) -> Rtp:
    """Take a packet apart; raises `Invalid` when its own lengths contradict each other."""
    if len(packet) < _FIXED or packet[0] >> 6 != 2:
        raise Invalid("rtp.header")
    start = _FIXED + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < start + 4:
            raise Invalid("rtp.extension")
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet)
    if packet[0] & 0x20:
        padding = packet[-1]
        if padding == 0:
            raise Invalid("rtp.padding")
        end -= padding
    if end < start:
        raise Invalid("rtp.length")
    return Rtp(
        sequence=int.from_bytes(packet[2:4], "big"),
        timestamp=int.from_bytes(packet[4:8], "big"),
        ssrc=int.from_bytes(packet[8:12], "big"),
        marker=bool(packet[1] & 0x80),
        payload=packet[start:end],
    )
