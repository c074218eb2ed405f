"""Slot arithmetic: many sources, one after another, as one uninterrupted RTP stream.

A receiver must never see that the source behind its slot changed. The rules were found by measuring browsers: raw
sequence numbers poison the SRTP context for good, a timestamp that steps back freezes the picture and kills the sound,
and a picture id that restarts stalls the decoder. Pure state, no clock of its own: times are monotonic seconds.
"""

from __future__ import annotations

AUDIO_STEP = 960  # one Opus frame of 20 ms at 48 kHz
MAX_IDLE = 3600.0  # seconds; longer gaps would overrun half the 32-bit timestamp range and look like a step back


class SlotClock:
    """Sequence and timestamp continuity of one slot."""

    __slots__ = ("_at", "_base_seq", "_seq_shift", "_started", "rate", "seq", "step", "ts", "ts_shift")

    def __init__(self, rate: int, step: int, seq: int, ts: int) -> None:
        """`rate` in Hz; `step` is what timestamps are rounded to and at least advance by; `seq`, `ts`: last sent."""
        self.rate = rate
        self.step = step
        self.seq = seq & 0xFFFF
        self.ts = ts & 0xFFFFFFFF
        self.ts_shift = 0
        self._seq_shift = 0
        self._base_seq = 0
        self._at = 0.0
        self._started = False

    def begin(self, seq: int, ts: int, now: float) -> None:
        """A new source starts with this packet: it follows the last one sent, by the time that has really passed."""
        if self._started:
            elapsed = min(max(now - self._at, 0.0), MAX_IDLE)
            advance = max(round(elapsed * self.rate / self.step), 1) * self.step
        else:
            advance = self.step
        self._started = True
        self._base_seq = seq
        self._seq_shift = (self.seq + 1 - seq) & 0xFFFF
        self.ts_shift = (self.ts + advance - ts) & 0xFFFFFFFF

    def carry(self, seq: int, ts: int, now: float) -> tuple[int, int] | None:
        """Sequence number and timestamp to send this packet with, or None if it is older than the switch point.

        A packet seen before maps to what it was sent as and moves nothing.
        """
        # Serial arithmetic (see `media.serial`) written out: this runs for every packet sent.
        since_base = (seq - self._base_seq) & 0xFFFF
        if since_base >= 0x8000:
            return None
        out_seq = (seq + self._seq_shift) & 0xFFFF
        out_ts = (ts + self.ts_shift) & 0xFFFFFFFF
        if 0 < (out_seq - self.seq) & 0xFFFF < 0x8000:
            self.seq = out_seq
            self._at = now
            # The base follows at a distance, so that serial comparison stays exact when a source runs for hours.
            if since_base > 0x4000:
                self._base_seq = (seq - 0x2000) & 0xFFFF
            if (out_ts - self.ts) & 0xFFFFFFFF < 0x80000000:
                self.ts = out_ts
        return out_seq, out_ts
