"""RTCP as the relay needs it (RFC 3550 section 6, RFC 4585, RFC 5104; REMB: draft-alvestrand-rmcat-remb)."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
NACK, PLI, FIR, AFB = 1, 1, 4, 15

_NTP_EPOCH = 2208988800
_REPORT = struct.Struct("!IIIIII")


@dataclass(frozen=True, slots=True)
class Report:
    """One report block: what a receiver says about one stream."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int

    def pack(self) -> bytes:
        """24 bytes, RFC 3550 section 6.4.1."""
        lost = max(-0x800000, min(self.lost, 0x7FFFFF)) & 0xFFFFFF
        return _REPORT.pack(
            self.ssrc, self.fraction_lost << 24 | lost, self.highest, self.jitter, self.last_sr, self.delay
        )


def ntp_now() -> float:
    """Seconds since 1900 by the wall clock."""
    return time.time() + _NTP_EPOCH


def ntp_fixed(seconds: float) -> int:
    """64-bit NTP timestamp."""
    return int(seconds * 4294967296.0) & 0xFFFFFFFFFFFFFFFF


def split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Packets of a compound as (type, count or format, body after the 4-byte header); stops at the first bad one."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + words * 4
        if first & 0xC0 != 0x80 or end > len(data):
            return
        yield kind, first & 0x1F, data[at + 4 : end]
        at = end


def sender_info(body: bytes) -> tuple[int, float, int] | None:
    """(ssrc, NTP seconds, RTP timestamp) of a sender report body."""
    if len(body) < 24:
        return None
    ssrc, whole, part, stamp = struct.unpack_from("!IIII", body)
    return ssrc, whole + part / 4294967296.0, stamp


def reports(kind: int, count: int, body: bytes) -> Iterator[Report]:
    """Report blocks of an SR or RR body."""
    at = 24 if kind == SR else 4
    for _ in range(count):
        if at + 24 > len(body):
            return
        ssrc, loss, highest, jitter, last_sr, delay = _REPORT.unpack_from(body, at)
        lost = loss & 0xFFFFFF
        yield Report(ssrc, loss >> 24, lost - 0x1000000 if lost & 0x800000 else lost, highest, jitter, last_sr, delay)
        at += 24


def key_requests(fmt: int, body: bytes) -> Iterator[int]:
    """SSRCs for which a payload-specific feedback body asks a key frame (PLI or FIR)."""
    if fmt == PLI and len(body) >= 8:
        yield int.from_bytes(body[4:8], "big")
    elif fmt == FIR:
        for at in range(8, len(body) - 7, 8):
            yield int.from_bytes(body[at : at + 4], "big")


MAX_NACKED = 1024
"""Packets one feedback can ask for; a browser that misses more needs a key frame."""


def nacked(fmt: int, body: bytes) -> tuple[int, list[int]] | None:
    """(SSRC, sequence numbers) of a generic NACK body. RFC 4585, section 6.2.1."""
    if fmt != NACK or len(body) < 12:
        return None
    lost: list[int] = []
    for at in range(8, len(body) - 3, 4):
        if len(lost) >= MAX_NACKED:
            break
        first, mask = struct.unpack_from("!HH", body, at)
        lost.append(first)
        lost += [(first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return int.from_bytes(body[4:8], "big"), lost[:MAX_NACKED]


def nack(sender: int, media: int, lost: Sequence[int]) -> bytes:
    """Generic NACK for these sequence numbers, which are given in rising order (modulo 2^16). RFC 4585, 6.2.1."""
    pairs: list[list[int]] = []
    for seq in lost:
        distance = (seq - pairs[-1][0]) & 0xFFFF if pairs else 0
        if pairs and 0 < distance <= 16:
            pairs[-1][1] |= 1 << (distance - 1)
        elif not pairs or distance:
            pairs.append([seq & 0xFFFF, 0])
    body = b"".join(struct.pack("!HH", first, mask) for first, mask in pairs)
    return struct.pack("!BBHII", 0x80 | NACK, RTPFB, 2 + len(pairs), sender, media) + body


def estimate(fmt: int, body: bytes) -> int | None:
    """Bits per second of a REMB body (draft-alvestrand-rmcat-remb-03, section 2.2), or None if it is none."""
    if fmt != AFB or len(body) < 16 or body[8:12] != b"REMB":
        return None
    word = int.from_bytes(body[12:16], "big")
    return min((word & 0x3FFFF) << (word >> 18 & 0x3F), 1 << 40)


def round_trip(report: Report, ntp: float) -> float | None:
    """Seconds from our sender report to this answer to it, now being `ntp` seconds since 1900. RFC 3550, 6.4.1."""
    if not report.last_sr:
        return None
    ticks = ((ntp_fixed(ntp) >> 16) - report.last_sr - report.delay) & 0xFFFFFFFF
    # Half a range or more lies in the future: clocks that disagree by a hair, or nonsense.
    return ticks / 65536 if ticks < 0x80000000 else None


def pli(sender: int, media: int) -> bytes:
    """Picture loss indication."""
    return struct.pack("!BBHII", 0x80 | PLI, PSFB, 2, sender, media)


def remb(sender: int, bits_per_second: int, ssrcs: Sequence[int]) -> bytes:
    """Receiver estimated maximum bitrate for the given streams."""
    exponent = max(bits_per_second.bit_length() - 18, 0)
    mantissa = bits_per_second >> exponent
    body = b"REMB" + struct.pack("!I", len(ssrcs) << 24 | exponent << 18 | mantissa)
    body += struct.pack(f"!{len(ssrcs)}I", *ssrcs)
    return struct.pack("!BBHII", 0x80 | AFB, PSFB, 2 + len(body) // 4, sender, 0) + body


def receiver_report(sender: int, blocks: Sequence[Report]) -> bytes:
    """RR with up to 31 blocks."""
    body = b"".join(block.pack() for block in blocks[:31])
    return struct.pack("!BBHI", 0x80 | min(len(blocks), 31), RR, 1 + len(body) // 4, sender) + body


def sender_report(ssrc: int, ntp: float, stamp: int, packets: int, octets: int) -> bytes:
    """SR without report blocks. `ntp` in seconds since 1900."""
    return struct.pack(
        "!BBHIQIII", 0x80, SR, 6, ssrc, ntp_fixed(ntp), stamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )


def source_description(ssrc: int, cname: str) -> bytes:
    """SDES with one CNAME chunk."""
    name = cname.encode()
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name
    chunk += b"\0" * (4 - len(chunk) % 4)
    return struct.pack("!BBH", 0x81, SDES, len(chunk) // 4) + chunk
