"""What one person sends: VP8 and Opus, paced as a browser does, with answers to NACK and PLI."""

from __future__ import annotations

import struct
import time
from collections import deque
from random import Random

from aiortc.rtp import RtcpSenderInfo

from bench.relay.endpoint import Endpoint
from bench.relay.footage import BITS_PER_S, FRAMES_PER_S, Footage
from bench.relay.offers import LEVEL, MID, SENT, TRANSPORT, Theirs

STAMP = struct.Struct(">4sQ")
MAGIC = b"hSh1"
"""Every payload ends with MAGIC and its send time, which no SFU looks at (and no decoder is there to see)."""

MAX_PAYLOAD = 1100
PACING = 2.5
KEPT = 512
NTP_EPOCH = 2_208_988_800
_HEAD = struct.Struct(">BBHII")


def ntp(now_ns: int) -> int:
    """64-bit NTP time of a Unix time."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return ((seconds + NTP_EPOCH) << 32) | ((rest << 32) // 1_000_000_000)


class Shared:
    """The transport-wide sequence number of one endpoint."""

    def __init__(self) -> None:
        self.number = 0


class Stream:
    """One RTP stream: headers, protection, sending, and what is kept for a NACK."""

    def __init__(self, endpoint: Endpoint, line: Theirs, ssrc: int, rate: int, shared: Shared, random: Random) -> None:
        self.endpoint, self.line, self.ssrc, self.rate, self._shared = endpoint, line, ssrc, rate, shared
        self.sequence = random.getrandbits(16)
        self.offset = random.getrandbits(32)
        self.packets = self.octets = self.wire_bytes = self.resent = 0
        self.stamped = True
        self._kept: list[tuple[int, bytes] | None] = [None] * KEPT

    def timestamp(self, seconds: float) -> int:
        """RTP time of an instant of this stream."""
        return (int(seconds * self.rate) + self.offset) & 0xFFFFFFFF

    def send(self, payload: bytes, stamp: int, marker: bool) -> None:
        """One packet, now."""
        now = time.time_ns()
        self.sequence = (self.sequence + 1) & 0xFFFF
        head = _HEAD.pack(0x90, self.line.pt | (marker << 7), self.sequence, stamp, self.ssrc)
        if self.stamped:
            payload += STAMP.pack(MAGIC, now)
        packet = self.endpoint.tx.protect(head + self._extensions(now) + payload)
        self._kept[self.sequence % KEPT] = self.sequence, packet
        self.packets += 1
        self.octets += len(payload)
        self.wire_bytes += len(packet)
        self._put(packet)

    def _extensions(self, now: int) -> bytes:
        ids, out = self.line.extensions, b""
        if (number := ids.get(SENT, 0)) and TRANSPORT not in ids:
            out += bytes((number << 4 | 2,)) + (((now << 18) // 1_000_000_000) & 0xFFFFFF).to_bytes(3, "big")
        if number := ids.get(TRANSPORT, 0):
            self._shared.number = (self._shared.number + 1) & 0xFFFF
            out += bytes((number << 4 | 1,)) + self._shared.number.to_bytes(2, "big")
        if number := ids.get(LEVEL, 0):
            out += bytes((number << 4, 0x80 | 30))
        if number := ids.get(MID, 0):
            mid = self.line.mid.encode()
            out += bytes((number << 4 | (len(mid) - 1),)) + mid
        out += bytes(-len(out) % 4)
        return b"\xbe\xde" + (len(out) // 4).to_bytes(2, "big") + out

    def _put(self, packet: bytes) -> None:
        try:
            self.endpoint.sock.sendto(packet, self.endpoint.remote)
        except OSError:  # a full socket is loss, as anywhere
            return

    def resend(self, sequence: int) -> None:
        """Answer a NACK, if the packet is still kept."""
        kept = self._kept[sequence % KEPT]
        if kept is not None and kept[0] == sequence:
            self.resent += 1
            self._put(kept[1])

    def sender_info(self, now_ns: int, seconds: float) -> RtcpSenderInfo:
        """For a sender report."""
        return RtcpSenderInfo(ntp(now_ns), self.timestamp(seconds), self.packets, self.octets & 0xFFFFFFFF)


class Voice:
    """Opus: a packet every 20 ms of its own time, `speed` times as fast."""

    def __init__(self, stream: Stream, footage: Footage, speed: int, at: int) -> None:
        self.stream = stream
        self.start = self.due = 0.0
        self._sounds, self._step, self._at = footage.sounds, 0.02 / speed, at

    def begin(self, start: float) -> None:
        """Send the first packet at `start` (monotonic seconds)."""
        self.start = self.due = start

    def send(self) -> None:
        """The packet that is due; sets when the next one is."""
        sound = self._sounds[self._at % len(self._sounds)]
        self.stream.send(sound, self.stream.timestamp(self.due - self.start), False)
        self._at += 1
        self.due += self._step


class Picture:
    """VP8: frames cut into packets that leave at PACING times the rate; a key frame on request."""

    def __init__(self, stream: Stream, footage: Footage, speed: int, at: int) -> None:
        self.stream = stream
        self.start = self.due = self._next_frame = 0.0
        self.key_wanted = False
        self.keys = self.frames = 0
        self._frames, self._at = footage.frames, at
        self._step, self._bytes_per_s = 1 / FRAMES_PER_S / speed, BITS_PER_S / 8 * PACING * speed
        self._picture = 0
        self._queue: deque[tuple[bytes, int, bool]] = deque()

    def begin(self, start: float) -> None:
        """Send the first packet at `start` (monotonic seconds)."""
        self.start = self.due = self._next_frame = start

    def send(self) -> None:
        """The packet that is due; sets when the next one is."""
        while self._next_frame <= self.due:
            self._frame()
            self._next_frame += self._step
        payload, stamp, marker = self._queue.popleft()
        self.stream.send(payload, stamp, marker)
        self.due = self.due + len(payload) / self._bytes_per_s if self._queue else max(self._next_frame, self.due)

    def _frame(self) -> None:
        count = len(self._frames)
        if self.key_wanted:
            self.key_wanted = False
            while not self._frames[self._at % count][1]:
                self._at += 1
        frame, key = self._frames[self._at % count]
        self._at += 1
        self.keys += key
        self.frames += 1
        self._picture = (self._picture + 1) & 0x7FFF
        stamp = self.stream.timestamp(self._next_frame - self.start)
        number = (0x8000 | self._picture).to_bytes(2, "big")
        for begin in range(0, len(frame), MAX_PAYLOAD):
            part = frame[begin : begin + MAX_PAYLOAD]
            # RFC 7741, section 4.2: X; S on the first packet; then I and a picture id of 15 bits.
            head = b"\x90\x80" if begin == 0 else b"\x80\x80"
            self._queue.append((head + number + part, stamp, begin + MAX_PAYLOAD >= len(frame)))
