"""What is measured: how many rooms, of how many people, at which rate; and what one run found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SFU_CORE, GENERATOR_CORE = 0, 1
BUSY = 0.70
"""A generator busier than this share of its core may itself be what is measured: such a run is marked."""

LATE_US = 10_000
"""A generator that sends later than this (p99) did not get its core: such a run is marked, too."""

SLOW_S = 2.0
"""An SFU that takes longer than this to send everything over a good network is marked."""

TRANSCODES = "media_relay"

PRIORITY = -15
"""Niceness of SFU and generator where it is permitted, so that what else the machine does disturbs less."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`rooms` rooms of `room` people each, sending at `speed` times the real rate; `record`: all of it recorded."""

    room: int
    speed: int = 1
    rooms: int = 1
    record: bool = False

    @property
    def name(self) -> str:
        """As it ends a metric's name."""
        rate = "real" if self.speed == 1 else f"x{self.speed}"
        many = f"{self.rooms}rooms_of_" if self.rooms > 1 else "room"
        return f"{many}{self.room}_{rate}" + ("_recorded" if self.record else "")

    @property
    def streams(self) -> int:
        """How many streams reach somebody once everybody hears and sees everybody."""
        return self.rooms * self.room * (self.room - 1) * 2


@dataclass(slots=True)
class Figures:
    """One run. CPU in seconds, times in microseconds, latencies in nanoseconds, memory in megabytes."""

    sfu: str
    condition: Condition
    seconds: float
    cpu: float
    generator_cpu: float
    sent: int
    forwarded: int
    retransmitted: int
    bytes_in: dict[str, int]
    bytes_out: dict[str, int]
    packets_in: dict[str, int]
    packets_out: dict[str, int]
    memory_mb: float
    late_p99_us: float
    offer_cpu_ms: float | None = None
    latency: dict[str, list[int]] = field(default_factory=dict)
    unreadable: int = 0
    keys: int = 0
    frames_in: int = 0
    frames_out: int = 0
    ramp_s: float = 0.0

    @property
    def per_packet(self) -> float:
        """CPU-microseconds per forwarded packet."""
        return self.cpu / max(1, self.forwarded) * 1e6

    @property
    def loss(self) -> float:
        """Share of what was sent for somebody that never reached them, 0 to 1.

        Packets; of a peer that encodes anew, sounds and pictures.
        """
        sent, came = self.sent, self.forwarded
        if self.sfu == TRANSCODES:
            sent, came = self.packets_in["audio"] + self.frames_in, self.packets_out["audio"] + self.frames_out
        return max(0.0, 1 - came / max(1, sent * (self.condition.room - 1)))

    @property
    def generator_load(self) -> float:
        """Share of its core that the generator used."""
        return self.generator_cpu / self.seconds

    @property
    def marks(self) -> str:
        """What makes this run doubtful."""
        busy = f"generator at {self.generator_load:.0%}" if self.generator_load > BUSY else ""
        late = f"generator {self.late_p99_us / 1000:.0f} ms late" if self.late_p99_us > LATE_US else ""
        thin = f"{self.ramp_s:.0f} s until everything flowed" if self.ramp_s > SLOW_S else ""
        return ", ".join(one for one in (busy, late, thin) if one)

    def latency_us(self, kind: str, share: float) -> float:
        """A quantile of the time from the sender's socket to the receiver's, in microseconds."""
        found = sorted(self.latency[kind])
        return found[min(len(found) - 1, int(len(found) * share))] / 1000 if found else math.nan

    @property
    def core(self) -> float:
        """Share of one core that the SFU used."""
        return self.cpu / self.seconds
