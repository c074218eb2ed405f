"""Opus out of RTP (RFC 7587): the payload is the frame; only its length in time has to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recording.ordering import Ordered

# Frame lengths in microseconds by the configuration number in the first byte (RFC 6716 §3.1, table 2).
_SILK = (10_000, 20_000, 40_000, 60_000)
_HYBRID = (10_000, 20_000)
_CELT = (2_500, 5_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One Opus packet and how long it sounds."""

    at_ns: int
    data: bytes
    duration_us: int


def duration_us(packet: bytes) -> int | None:
    """How long a packet sounds, in microseconds; None where it is not Opus (over 120 ms or empty; RFC 6716 §3.4)."""
    if not packet:
        return None
    configuration, code = packet[0] >> 3, packet[0] & 0x03
    if configuration < 12:
        length = _SILK[configuration % 4]
    elif configuration < 16:
        length = _HYBRID[configuration % 2]
    else:
        length = _CELT[configuration % 4]
    if code == 3 and len(packet) < 2:
        return None
    count = (1, 2, 2, packet[1] & 0x3F if code == 3 else 0)[code]
    total = length * count
    return total if 0 < total <= 120_000 else None


def frames(placed: Iterable[tuple[int, Ordered]]) -> Iterator[AudioFrame]:
    """The sound of placed packets; what cannot be Opus is left out."""
    for at_ns, packet in placed:
        length = duration_us(packet.rtp.payload)
        if length is not None:
            yield AudioFrame(at_ns, packet.rtp.payload, length)
