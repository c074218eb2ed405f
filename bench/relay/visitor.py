"""One connection of one person: its streams up and down, its RTCP, and the reading of its socket."""

from __future__ import annotations

import struct
import time
from typing import Any

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
)
from pylibsrtp import Error as SrtpError

from bench.relay.batch import SIZE, STRIDE, Batch
from bench.relay.endpoint import Endpoint
from bench.relay.receiving import Down
from bench.relay.sending import MAGIC, STAMP, Picture, Voice

SAMPLE = 16  # one packet of so many is decrypted
MIN_REMB = 2_000_000  # bit/s, per video stream received
_FIELDS = struct.Struct(">BBHII").unpack_from


class Visitor:
    """`up`: what it sends (empty for a connection that only receives); `pts`: payload types that it receives."""

    def __init__(self, endpoint: Endpoint, up: list[Voice | Picture], pts: dict[int, str], cname: str) -> None:
        self.endpoint, self.up, self.pts = endpoint, up, pts
        self.downs: dict[int, Down] = {}
        self.latency: dict[str, list[int]] = {"audio": [], "video": []}
        self.retransmitted = self.unreadable = 0
        self._ssrc = up[0].stream.ssrc if up else 1
        self._names = bytes(RtcpSdesPacket([RtcpSourceInfo(self._ssrc, [(1, cname.encode())])]))
        self._count = 0
        self._bits_at, self._bits = time.monotonic(), 0

    def drain(self, batch: Batch) -> None:
        """Take everything that has arrived."""
        fd, data = self.endpoint.sock.fileno(), batch.data
        while True:
            count = batch.read(fd)
            for number in range(count):
                at = number * STRIDE
                first, second, sequence, stamp, ssrc = _FIELDS(data, at)
                if first < 128:
                    self.endpoint.other(bytes(data[at : at + batch.length(number)]), self.endpoint.remote)
                    continue
                if 192 <= second <= 223:
                    self._rtcp(bytes(data[at : at + batch.length(number)]))
                    continue
                down = self.downs.get(ssrc) or self._new(ssrc, second & 127, sequence)
                if down is None:
                    continue
                if sequence == down.next:
                    down.advance(sequence)
                elif not down.out_of_order(sequence):
                    continue
                length = batch.length(number)
                down.packets += 1
                down.frames += second >> 7
                down.wire_bytes += length
                self._count += 1
                if self._count % SAMPLE == 0:
                    self._look(down, bytes(data[at : at + length]), batch.arrival_ns(number), stamp)
            batch.renew(count)
            if count < SIZE:
                return

    def _new(self, ssrc: int, pt: int, sequence: int) -> Down | None:
        kind = self.pts.get(pt, "")
        if kind not in ("audio", "video"):
            self.retransmitted += kind == "rtx"
            return None
        down = self.downs[ssrc] = Down(ssrc, kind == "video", sequence)
        return down

    def _look(self, down: Down, packet: bytes, arrival_ns: int, stamp: int) -> None:
        down.transit(arrival_ns, stamp)
        try:
            plain = self.endpoint.rx.unprotect(packet)
        except SrtpError:
            self.unreadable += 1
            return
        magic, sent = STAMP.unpack_from(plain, len(plain) - STAMP.size)
        if magic == MAGIC:
            self.latency["video" if down.video else "audio"].append(arrival_ns - sent)

    def _rtcp(self, packet: bytes) -> None:
        try:
            parts: list[Any] = RtcpPacket.parse(self.endpoint.rx.unprotect_rtcp(packet))
        except (SrtpError, ValueError):
            self.unreadable += 1
            return
        for part in parts:
            if isinstance(part, RtcpSrPacket) and part.ssrc in self.downs:
                down = self.downs[part.ssrc]
                down.last_sr, down.last_sr_at = part.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF, time.monotonic()
            elif isinstance(part, RtcpPsfbPacket) and part.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                for one in self.up:
                    if isinstance(one, Picture):
                        one.key_wanted = True
            elif isinstance(part, RtcpRtpfbPacket) and part.fmt == RTCP_RTPFB_NACK:
                for one in self.up:
                    if one.stream.ssrc == part.media_ssrc:
                        for sequence in part.lost:
                            one.stream.resend(sequence)

    def nack(self, now: float) -> None:
        """Ask again for what is missing."""
        for down in self.downs.values():
            if down.missing and (lost := down.nacks(now)):
                self._tell(bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, self._ssrc, down.ssrc, sorted(lost))))

    def want_pictures(self) -> None:
        """A PLI for every picture: what a decoder does that has not had a key frame."""
        for down in self.downs.values():
            if down.video:
                self._tell(bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, self._ssrc, down.ssrc)))

    def report(self, now: float, seconds: float) -> None:
        """SR of what it sends; RR and REMB of what it receives."""
        for one in self.up:
            if one.stream.packets:
                info = one.stream.sender_info(time.time_ns(), seconds - one.start)
                self._send(bytes(RtcpSrPacket(one.stream.ssrc, info)) + self._names)
        downs = list(self.downs.values())
        if not downs:
            return
        blocks = [down.report(now) for down in downs]
        feedback = self._names
        if videos := [down.ssrc for down in downs if down.video]:
            bits = sum(down.wire_bytes for down in downs) * 8
            rate = (bits - self._bits) / (now - self._bits_at)
            self._bits_at, self._bits = now, bits
            # A browser's estimate on a good network stays well above what flows.
            estimate = int(max(3 * rate, MIN_REMB * len(videos)))
            feedback += bytes(RtcpPsfbPacket(RTCP_PSFB_APP, self._ssrc, 0, pack_remb_fci(estimate, videos)))
        self._send(bytes(RtcpRrPacket(self._ssrc, blocks)) + feedback)

    def _tell(self, feedback: bytes) -> None:
        self._send(bytes(RtcpRrPacket(self._ssrc)) + self._names + feedback)

    def _send(self, compound: bytes) -> None:
        try:
            self.endpoint.sock.sendto(self.endpoint.tx.protect_rtcp(compound), self.endpoint.remote)
        except OSError:
            return
