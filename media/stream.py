"""One encoding of a source as it arrives on one SSRC, and whoever carries it on."""

from __future__ import annotations

from typing import Protocol

from media.extensions import ExtensionIds
from media.keyframes import KeyRequest
from media.nack import Missing
from media.ports import Medium
from media.reception import LATE, NEW, RESTART, SEEN, Reception

LOW, HIGH = 0, 1

ALIVE_S = 1.5
"""An encoding that has been silent for longer is taken to be switched off by its browser."""


class Subscriber(Protocol):
    """Is served the packets of a stream it has joined: a slot, or a tap of the recorder."""


class Stream:
    """An encoding that lives as long as its source, across the connections that carry it. Its engine feeds it.

    `generation` counts the lives of the stream behind it (a new SSRC, a new connection, a jump of the sequence):
    subscribers that see it change treat it as a switch.
    """

    __slots__ = (
        "_counted",
        "_counted_at",
        "bit_rate",
        "generation",
        "ids",
        "keys",
        "last_at",
        "last_sr",
        "layer",
        "medium",
        "missing",
        "rate",
        "reception",
        "ssrc",
        "subscribers",
    )

    def __init__(self, medium: Medium, rate: int, layer: int) -> None:
        """`rate`: RTP clock in Hz; `layer`: LOW or HIGH."""
        self.medium: Medium = medium
        self.rate = rate
        self.layer = layer
        self.ssrc = 0
        self.ids = ExtensionIds()
        self.generation = 0
        self.reception = Reception(rate)
        self.keys = KeyRequest()
        self.missing = Missing(medium)
        # (our NTP seconds, RTP timestamp) of the publisher's last sender report
        self.last_sr: tuple[float, int] | None = None
        self.last_at = float("-inf")
        self.bit_rate = 0.0
        self.subscribers: tuple[Subscriber, ...] = ()
        self._counted = 0
        self._counted_at = 0.0

    def join(self, subscriber: Subscriber, now: float, *, first: bool) -> None:
        """Hand packets to it from now on (pictures: a key frame is asked for)."""
        if subscriber not in self.subscribers:
            self.subscribers = (subscriber, *self.subscribers) if first else (*self.subscribers, subscriber)
        if self.medium == "video":
            self.keys.want(now)

    def leave(self, subscriber: Subscriber) -> None:
        """Hand it nothing any more, effective at once."""
        self.subscribers = tuple(other for other in self.subscribers if other is not subscriber)

    def bind(self, ssrc: int, ids: ExtensionIds, now: float) -> None:
        """The stream arrives on this SSRC of a new connection from now on."""
        self.ssrc, self.ids = ssrc, ids
        self.reception = Reception(self.rate)
        self.last_sr = None
        self.last_at = now
        self._counted = 0
        self._renew(now)

    def unbind(self) -> None:
        """The connection that carried it is gone."""
        self.ssrc = 0
        self.last_at = float("-inf")
        self.bit_rate = 0.0
        self.missing.clear()

    def alive(self, now: float) -> bool:
        """Whether it has been arriving lately."""
        return now - self.last_at < ALIVE_S

    def measure(self, now: float) -> None:
        """Bring `bit_rate` up to date; called about once a second."""
        if now > self._counted_at:
            fresh = (self.reception.bytes - self._counted) * 8 / (now - self._counted_at)
            self.bit_rate = fresh if not self.alive(now) else (self.bit_rate + fresh) / 2 if self.bit_rate else fresh
        self._counted, self._counted_at = self.reception.bytes, now

    def account(self, seq: int, ts: int, size: int, now: float, repaired: bool) -> int:
        """Note that a packet arrived, and what is missing since; returns what `Reception.take` says of it."""
        reception = self.reception
        before = reception.highest
        started = reception.started
        verdict = reception.take(seq, ts, size, now, repaired)
        if verdict == NEW:
            if started and self.subscribers and reception.highest - before > 1:
                whole = self.missing.gap(before + 1, reception.highest - 1, now)
                if not whole and self.medium == "video":
                    self.keys.want(now)
        elif verdict == LATE:
            self.missing.arrived(reception.number)
        elif verdict == SEEN:
            return verdict
        elif verdict == RESTART:
            self._renew(now)
        self.last_at = now
        return verdict

    def _renew(self, now: float) -> None:
        self.generation += 1
        self.missing.clear()
        if self.medium == "video" and self.subscribers:
            self.keys.want(now)
