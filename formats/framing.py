"""Packets with their arrival times as they lie inside a journal's chunks; also written by `media/native/tape.c`.

One record is: length of the packet (2 bytes), arrival in nanoseconds of the capturing host's monotonic clock (8 bytes),
the packet; all big-endian. A chunk holds whole records only, so that any chunk can be read without its neighbours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from formats.errors import Invalid

_RECORD = struct.Struct(">HQ")
OVERHEAD = _RECORD.size
MAX_PACKET = 0xFFFF


class MalformedRecord(Invalid):
    """A chunk's records do not fill it exactly."""

    code = "recording.record"


@dataclass(frozen=True, slots=True)
class Captured:
    """A raw RTP packet and when it arrived (monotonic nanoseconds)."""

    arrival_ns: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets in order of arrival, as records: how many, and when the first and the last arrived (0 without any)."""

    records: bytes
    packets: int
    first_ns: int
    last_ns: int

    @classmethod
    def of(cls, packets: Sequence[tuple[int, bytes]]) -> Batch:
        """These arrivals (monotonic nanoseconds) and packets.

        Raises `MalformedRecord` for a packet that no datagram could have carried.
        """
        parts: list[bytes] = []
        for arrival_ns, packet in packets:
            if len(packet) > MAX_PACKET:
                raise MalformedRecord("size")
            parts += (_RECORD.pack(len(packet), arrival_ns), packet)
        first, last = (packets[0][0], packets[-1][0]) if packets else (0, 0)
        return cls(b"".join(parts), len(packets), first, last)

    @property
    def octets(self) -> int:
        """Bytes of the packets themselves."""
        return len(self.records) - OVERHEAD * self.packets


def unpack_records(chunk: bytes) -> Iterator[Captured]:
    """The records of one chunk; raises `MalformedRecord` where a record runs over the chunk's end."""
    position = 0
    while position < len(chunk):
        if position + OVERHEAD > len(chunk):
            raise MalformedRecord("header")
        length, arrival_ns = _RECORD.unpack_from(chunk, position)
        position += OVERHEAD
        if position + length > len(chunk):
            raise MalformedRecord("length")
        yield Captured(arrival_ns, chunk[position : position + length])
        position += length
