"""One published medium of an endpoint, and whoever subscribes to it."""

from __future__ import annotations

from typing import Literal, Protocol

from media.keyframes import KeyRequest
from media.ports import Medium
from media.reception import NEW, RESTART, SEEN, Reception
from media.rtp import Packet

Kind = Literal["mic", "camera", "screen"]

RATES: dict[Medium, int] = {"audio": 48000, "video": 90000}


class Subscriber(Protocol):
    """Takes packets of the source it is attached to: a slot, or a tap of the recorder."""

    def take(self, packet: Packet, source: Source) -> None:
        """Handle one packet; must not raise."""


class Source:
    """A medium that lives as long as its endpoint, across the connections that carry it.

    `generation` counts the lives of the stream behind it (a new SSRC, a new connection, a jump of the sequence):
    subscribers that see it change treat it as a switch.
    """

    __slots__ = (
        "endpoint",
        "generation",
        "keys",
        "kind",
        "last_sr",
        "medium",
        "rate",
        "reception",
        "ssrc",
        "subscribers",
    )

    def __init__(self, endpoint: str, kind: Kind) -> None:
        self.endpoint = endpoint
        self.kind = kind
        self.medium: Medium = "audio" if kind == "mic" else "video"
        self.rate = RATES[self.medium]
        self.ssrc = 0
        self.generation = 0
        self.reception = Reception(self.rate)
        self.keys = KeyRequest()
        # (our NTP seconds, RTP timestamp) of the publisher's last sender report
        self.last_sr: tuple[float, int] | None = None
        self.subscribers: tuple[Subscriber, ...] = ()

    def add(self, subscriber: Subscriber, now: float, *, first: bool = False) -> None:
        """Subscribe from the next packet on (video: from the next key frame, which is asked for).

        `first` subscribers are served before the others: what they refuse, nobody gets.
        """
        self.subscribers = (subscriber, *self.subscribers) if first else (*self.subscribers, subscriber)
        if self.medium == "video":
            self.keys.want(now)

    def remove(self, subscriber: Subscriber) -> None:
        """Unsubscribe at once."""
        self.subscribers = tuple(other for other in self.subscribers if other is not subscriber)

    def unbind(self) -> None:
        """The connection that carried the stream is gone."""
        self.ssrc = 0

    def feed(self, packet: Packet) -> None:
        """Hand a packet to all subscribers, once."""
        if packet.ssrc != self.ssrc:
            self._rebind(packet)
        verdict = self.reception.take(packet.seq, packet.ts, len(packet.data), packet.now)
        if verdict != NEW:
            if verdict == SEEN:
                return
            if verdict == RESTART:
                self._renew(packet.now)
        data, start = packet.data, packet.start
        if self.medium == "video":
            picture = packet.picture
            if not picture.read(data, start, packet.end):
                picture.size = 0  # padding only: passed on as it is, to leave no hole in the sequence
                picture.picture = picture.tl0 = -1
            elif picture.key:
                self.keys.passed()
            packet.raw = data[start : start + picture.size]
            packet.tail = data[start + picture.size :]
        else:
            packet.tail = data[start:]
        for subscriber in self.subscribers:
            subscriber.take(packet, self)

    def _rebind(self, packet: Packet) -> None:
        self.ssrc = packet.ssrc
        self.reception = Reception(self.rate)
        self.last_sr = None
        self._renew(packet.now)

    def _renew(self, now: float) -> None:
        self.generation += 1
        if self.medium == "video" and self.subscribers:
            self.keys.want(now)
