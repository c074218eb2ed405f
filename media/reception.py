"""What arrives on one SSRC: duplicates, losses, jitter (RFC 3550, appendix A.3 and A.8). Pure state."""

from __future__ import annotations

from media.rtcp import Report
from media.serial import ahead16, ahead32

WINDOW = 1024
"""Packets back within which a late one is told from a duplicate; retransmissions come a second late."""

MAX_JUMP = 8192  # a larger step in sequence numbers is a new life of the source, not loss

NEW, SEEN, RESTART, LATE = 0, 1, 2, 3

_NONE = -WINDOW  # numbers of packets that overtook the first one are negative, but never so low


class Reception:
    """Statistics and duplicate detection of one received stream."""

    __slots__ = (
        "_base",
        "_expected_prior",
        "_received_prior",
        "_seen",
        "_transit",
        "bytes",
        "expected_lately",
        "highest",
        "jitter",
        "last_sr",
        "last_sr_at",
        "lost_lately",
        "number",
        "packets",
        "rate",
        "received",
        "repaired",
        "started",
    )

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.started = False
        self.highest = 0  # extended by cycles
        self.number = 0  # extended sequence number of the last packet taken
        self.packets = self.bytes = self.received = self.repaired = 0
        self.jitter = 0.0
        self.expected_lately = self.lost_lately = 0  # packets of the last interval reported
        self.last_sr = 0
        self.last_sr_at = 0.0
        self._base = 0
        self._seen = [_NONE] * WINDOW
        self._transit = 0
        self._expected_prior = self._received_prior = 0

    def take(self, seq: int, ts: int, size: int, now: float, repaired: bool = False) -> int:
        """Account one packet: NEW, LATE (new, but overtaken by others), RESTART (new, after a jump) or SEEN.

        SEEN is a duplicate or too old to tell: drop it. `repaired` packets came by retransmission or with
        others, and hide no loss from the reports (RFC 4588, section 7).
        """
        verdict = NEW
        if not self.started:
            self._restart(seq)
        else:
            step = ahead16(seq, self.highest & 0xFFFF)
            number = self.highest + step
            if step > 0:
                if step > MAX_JUMP:
                    self._restart(seq)
                    verdict = RESTART
                else:
                    self.highest = number
            elif step < -MAX_JUMP:
                self._restart(seq)
                verdict = RESTART
            elif step <= -WINDOW or self._seen[number % WINDOW] == number:
                return SEEN
            else:
                verdict = LATE
            if verdict != RESTART:
                self.number = number
                self._seen[number % WINDOW] = number
        self.packets += 1
        self.bytes += size
        if repaired:
            self.repaired += 1
            return verdict
        self.received += 1
        transit = (int(now * self.rate) - ts) & 0xFFFFFFFF
        if self.received > 1:
            self.jitter += (abs(ahead32(transit, self._transit)) - self.jitter) / 16
        self._transit = transit
        return verdict

    def lacks(self, seq: int) -> bool:
        """Whether this packet of the present life of the stream has not been taken, and still may be."""
        step = ahead16(seq, self.highest & 0xFFFF)
        number = self.highest + step
        return self.started and -WINDOW < step <= MAX_JUMP and (step > 0 or self._seen[number % WINDOW] != number)

    def report(self, ssrc: int, now: float) -> Report:
        """The report block for the time since the last one."""
        expected = self.highest - self._base + 1
        interval = expected - self._expected_prior
        lost = interval - (self.received - self._received_prior)
        self._expected_prior, self._received_prior = expected, self.received
        fraction = min(lost * 256 // interval, 255) if interval > 0 and lost > 0 else 0
        self.expected_lately, self.lost_lately = max(interval, 0), max(lost, 0)
        delay = int((now - self.last_sr_at) * 65536) & 0xFFFFFFFF if self.last_sr else 0
        return Report(
            ssrc,
            fraction,
            expected - self.received,
            self.highest & 0xFFFFFFFF,
            min(int(self.jitter), 0xFFFFFFFF),
            self.last_sr,
            delay,
        )

    def _restart(self, seq: int) -> None:
        self.started = True
        self.highest = self._base = self.number = seq
        self._seen = [_NONE] * WINDOW
        self._seen[seq % WINDOW] = seq
        self.received = 0
        self.jitter = 0.0
        self._expected_prior = self._received_prior = 0
