"""One half (sound or picture) of a receive slot in a browser's connection: what it carries, and what is told of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import randbelow, randbits
from typing import NamedTuple

from media import rtcp
from media.follower import NONE, Follower
from media.ports import Medium


class Start(NamedTuple):
    """The last values before the first packet: numbers, timestamp, picture id, TL0PICIDX, number of a repeat."""

    seq: int
    ts: int
    picture: int
    tl0: int
    rtx_seq: int


def drawn() -> Start:
    """By chance (RFC 3550, section 5.1).

    Starting in the lower half keeps the first wrap of the sequence away from the start of SRTP (RFC 3711, 3.3.1).
    """
    return Start(randbelow(0x8000), randbits(32), randbelow(1 << 15), randbelow(256), randbelow(0x8000))


Draw = Callable[[], Start]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One m-line of a receive slot; `rtx`: SSRC and payload type of its retransmissions, or zeros.

    With zeros lost packets are repeated as they were.
    """

    mid: str
    medium: Medium
    pt: int
    ssrc: int
    cname: str
    rtx: tuple[int, int] = (0, 0)


class Slot(Follower, ABC):
    """Carries at most one source at a time, as one uninterrupted stream on the SSRC announced in the answer."""

    __slots__ = ("_counted", "cname", "echo", "fraction_lost", "medium", "report_due", "ssrc")

    def __init__(self, line: SlotLine) -> None:
        super().__init__(first=False)
        self.medium: Medium = line.medium
        self.ssrc = line.ssrc
        self.cname = line.cname
        self._counted = 0
        self.fraction_lost = 0.0
        self.report_due = False
        """Whether it has just changed what it carries, and a sender report should say so."""
        self.echo = False
        """For lines that lose some: each packet of a voice goes twice, the second time with the next one; of pictures
        the last of each frame, because nothing after it would show soon that it is missing."""

    @property
    def withheld(self) -> bool:
        """Whether its picture is not sent because the browser's network is too thin for it."""
        return self.source is not None and self.layer == NONE

    def detach(self) -> None:
        """Carry nothing; what was sent is not repeated any more either."""
        if self.source is not None:
            self._forget()
        super().detach()

    def cut(self, now: float) -> None:
        """Withhold the picture at once, and do not repeat what was sent of it."""
        self._forget()
        self.aim(NONE, now)

    def repeat(self, lost: Sequence[int], now: float) -> int:
        """Send again what the browser asks for and may have; returns how many packets."""
        return 0 if self.source is None else self._again(lost, now)

    def pace(self, seconds: float) -> None:
        """So long is it since the last call: what may be repeated follows from what was sent."""
        self._paced((self.packets - self._counted) / seconds)
        self._counted = self.packets

    def sender_report(self, ntp: float) -> bytes | None:
        """SR and SDES that map this slot's timestamps to our clock (`ntp`: seconds since 1900), so that lips match.

        RFC 3550, section 6.4.1.
        """
        stream = self._stream
        if stream is None or stream.last_sr is None:
            return None
        self.report_due = False
        at, stamp = stream.last_sr
        stamp += round((ntp - at) * stream.rate) + self._ts_shift()
        return rtcp.sender_report(self.ssrc, ntp, stamp, self.packets, self.octets) + rtcp.source_description(
            self.ssrc, self.cname
        )

    def want_key(self, now: float) -> None:
        """The browser lost the picture."""
        if self._stream is not None and self.medium == "video":
            self._stream.keys.want(now)

    @property
    @abstractmethod
    def packets(self) -> int:
        """Packets sent so far, the first time."""

    @property
    @abstractmethod
    def octets(self) -> int:
        """Bytes of their payloads."""

    @property
    @abstractmethod
    def repeated(self) -> int:
        """Packets sent again."""

    @property
    @abstractmethod
    def repeated_octets(self) -> int:
        """Bytes of their payloads."""

    @abstractmethod
    def sent(self, seq: int) -> bool:
        """Whether this packet was sent here lately; one that its publisher's network has lost was not."""

    @abstractmethod
    def unsent(self, first: int, last: int) -> int:
        """How many of these sequence numbers (extended, both included) were not sent here, as far as is remembered."""

    @abstractmethod
    def _forget(self) -> None:
        """What was sent under an earlier table must not be repeated under a later one."""

    @abstractmethod
    def _again(self, lost: Sequence[int], now: float) -> int: ...

    @abstractmethod
    def _paced(self, packets_per_second: float) -> None: ...

    @abstractmethod
    def _ts_shift(self) -> int:
        """From the source's timestamps to those sent."""
