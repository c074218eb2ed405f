"""What one person receives: counted by the clear header, NACKed where it has gaps, and now and then looked into."""

from __future__ import annotations

import time

from aiortc.rtp import RtcpReceiverInfo

REPEATS = 5
FIRST_NACK_S, NEXT_NACK_S, GIVE_UP_S = 0.01, 0.05, 1.0
MAX_MISSING = 200


class Down:
    """One incoming stream."""

    def __init__(self, ssrc: int, video: bool, sequence: int) -> None:
        self.ssrc, self.video = ssrc, video
        self.first = self.next = self._newest = sequence
        self._cycles = 0
        self.packets = self.frames = self.wire_bytes = self.recovered = self.lost = 0
        self.missing: dict[int, tuple[float, float, int]] = {}
        """Sequence number to: when noticed, when to ask next, how often asked."""
        self.last_sr = 0
        self.last_sr_at = 0.0
        self._reported_expected = self._reported_packets = 0
        self._jitter = 0.0
        self._transit: float | None = None

    def out_of_order(self, sequence: int) -> bool:
        """A packet that is not the next one. False: it was counted before or came too late to matter."""
        ahead = (sequence - self.next) & 0xFFFF
        if ahead < 0x8000:
            now = time.monotonic()
            if ahead > MAX_MISSING:
                self.lost += ahead
            else:
                for number in range(ahead):
                    self.missing[(self.next + number) & 0xFFFF] = now, now + FIRST_NACK_S, 0
            self.advance(sequence)
            return True
        if self.missing.pop(sequence, None) is not None:
            self.recovered += 1
            return True
        return False

    def advance(self, sequence: int) -> None:
        """`sequence` is the newest now."""
        if sequence < self._newest:
            self._cycles += 1
        self._newest = sequence
        self.next = (sequence + 1) & 0xFFFF

    def nacks(self, now: float) -> list[int]:
        """What to ask for again now."""
        due = []
        for sequence, (noticed, at, asked) in list(self.missing.items()):
            if now - noticed > GIVE_UP_S or asked >= REPEATS:
                del self.missing[sequence]
                self.lost += 1
            elif at <= now:
                due.append(sequence)
                self.missing[sequence] = noticed, now + NEXT_NACK_S, asked + 1
        return due

    def transit(self, arrival_ns: int, stamp: int) -> None:
        """Interarrival jitter (RFC 3550, section 6.4.1), from the packets that are looked into."""
        rate = 90000 if self.video else 48000
        transit = (arrival_ns * rate // 1_000_000_000 - stamp) & 0xFFFFFFFF
        if self._transit is not None:
            change = (transit - self._transit + 0x80000000) % 0x100000000 - 0x80000000
            self._jitter += (abs(change) - self._jitter) / 16
        self._transit = transit

    def report(self, now: float) -> RtcpReceiverInfo:
        """Its block of a receiver report."""
        highest = (self._cycles << 16) + self._newest
        expected = highest - self.first + 1
        gone = expected - self._reported_expected - (self.packets - self._reported_packets)
        fraction = min(255, max(0, gone) * 256 // max(1, expected - self._reported_expected))
        self._reported_expected, self._reported_packets = expected, self.packets
        since = int((now - self.last_sr_at) * 65536) if self.last_sr else 0
        return RtcpReceiverInfo(
            self.ssrc,
            fraction,
            max(-(1 << 23), min((1 << 23) - 1, expected - self.packets)),
            highest & 0xFFFFFFFF,
            int(self._jitter),
            self.last_sr,
            since & 0xFFFFFFFF,
        )
