"""One published medium of an endpoint: its encodings, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from media.extensions import ExtensionIds
from media.ports import Medium
from media.stream import HIGH, LOW, Stream

if TYPE_CHECKING:
    from media.follower import Follower

Kind = Literal["mic", "camera", "screen"]

MEDIUM: dict[Kind, Medium] = {"mic": "audio", "camera": "video", "screen": "video"}
RATES: dict[Medium, int] = {"audio": 48000, "video": 90000}


QUIET_S = 0.4
"""Seconds for which the other encoding of a camera has gone on alone: this one is switched off."""


class Source:
    """A medium that lives as long as its endpoint. A single encoding counts as the high one."""

    __slots__ = ("_gone", "_make", "_streams", "endpoint", "followers", "kind", "medium")

    def __init__(self, endpoint: str, kind: Kind, make: Callable[[Medium, int, int], Stream]) -> None:
        """`make`: an encoding of this medium, RTP clock and layer."""
        self.endpoint = endpoint
        self.kind = kind
        self.medium = MEDIUM[kind]
        self._make = make
        self.followers: tuple[Follower, ...] = ()
        self._streams: dict[int, Stream] = {}
        self._gone: list[Stream] = []

    def streams(self) -> Iterator[Stream]:
        """All encodings known so far."""
        return iter(self._streams.values())

    def stream(self, layer: int) -> Stream | None:
        """One encoding, or None if it never arrived."""
        return self._streams.get(layer)

    def bind(self, layer: int, ssrc: int, ids: ExtensionIds, now: float) -> Stream:
        """An encoding arrives on a new SSRC. Whoever follows this source hears of it."""
        stream = self._streams.get(layer)
        if stream is None:
            stream = self._streams[layer] = self._make(self.medium, RATES[self.medium], layer)
        stream.bind(ssrc, ids, now)
        self.refresh(now)
        return stream

    def refresh(self, now: float) -> None:
        """Let whoever follows look again which encoding to carry; called about once a second."""
        for follower in self.followers:
            follower.refresh(now)

    def off(self, stream: Stream) -> bool:
        """Whether its browser has switched this encoding off: the other one goes on without it."""
        return any(other.last_at - stream.last_at > QUIET_S for other in self._streams.values())

    def watch(self, now: float) -> None:
        """Let whoever follows look again as soon as an encoding was switched off or on; called many times a second."""
        if len(self._streams) > 1:
            gone = [stream for stream in self._streams.values() if self.off(stream)]
            if gone != self._gone:
                self._gone = gone
                self.refresh(now)

    def unbind(self) -> None:
        """The connection that carried it is gone."""
        for stream in self._streams.values():
            stream.unbind()

    def arriving(self, layer: int, now: float) -> Stream | None:
        """This encoding, if it arrives now."""
        stream = self._streams.get(layer)
        return stream if stream is not None and stream.alive(now) and not self.off(stream) else None

    def pick(self, layer: int, now: float) -> Stream | None:
        """The best encoding for who wants this layer: that one, else the other, of those that arrive now."""
        return self.arriving(layer, now) or self.arriving(LOW if layer == HIGH else HIGH, now)
