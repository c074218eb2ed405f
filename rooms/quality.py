"""How each seat's connection carried over a sitting: a running aggregate, and the summary that stays on the case.

Pure. Only time in which something was to flow to and from a seat counts; what nobody watched (a stopped server) is not
made up: `watched_ms` tells how much of the sitting the rest is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from rooms.errors import RoomUnreadable
from rooms.model import Room, Seat, is_member

Picture = Literal["high", "low", "none", "off"]
K = TypeVar("K")

LOSS_STEP = 5
"""Per thousand: what losses are rounded to, so that a sitting of any length stays small."""
RTT_STEP_MS, MAX_RTT_MS = 10, 5000


@dataclass(frozen=True, slots=True)
class Carried:
    """What the relay measured on a connection at one look. Losses are shares, 0 to 1."""

    up_loss: float
    down_loss: float
    rtt_ms: int | None
    picture: Picture


@dataclass(frozen=True, slots=True)
class Reported:
    """What the browser told since the look before."""

    freezes: int = 0
    frozen_ms: int = 0
    concealed: int = 0
    heard: int = 0

    def plus(self, more: Reported) -> Reported:
        """Both together."""
        return Reported(
            self.freezes + more.freezes,
            self.frozen_ms + more.frozen_ms,
            self.concealed + more.concealed,
            self.heard + more.heard,
        )


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Aggregate:
    """Everything seen so far. The tallies hold milliseconds by value."""

    watched_ms: int = 0
    connected_ms: int = 0
    connects: int = 0
    up_loss: Mapping[int, int] = field(default_factory=dict)
    down_loss: Mapping[int, int] = field(default_factory=dict)
    rtt: Mapping[int, int] = field(default_factory=dict)
    picture: Mapping[Picture, int] = field(default_factory=dict)
    freezes: int = 0
    frozen_ms: int = 0
    concealed: int = 0
    heard: int = 0

    def look(self, ms: int, carried: Carried | None, reported: Reported) -> Aggregate:
        """After `ms` more milliseconds; `carried` is `None` while the seat's device has no connection."""
        more = replace(
            self,
            watched_ms=self.watched_ms + ms,
            freezes=self.freezes + reported.freezes,
            frozen_ms=self.frozen_ms + reported.frozen_ms,
            concealed=self.concealed + reported.concealed,
            heard=self.heard + reported.heard,
        )
        if carried is None:
            return more
        rtt = carried.rtt_ms
        return replace(
            more,
            connected_ms=self.connected_ms + ms,
            up_loss=_tally(self.up_loss, _loss(carried.up_loss), ms),
            down_loss=_tally(self.down_loss, _loss(carried.down_loss), ms),
            rtt=self.rtt if rtt is None else _tally(self.rtt, min(_nearest(rtt, RTT_STEP_MS), MAX_RTT_MS), ms),
            picture=_tally(self.picture, carried.picture, ms),
        )

    def connected(self) -> Aggregate:
        """After a connection of the seat's device came up."""
        return replace(self, connects=self.connects + 1)


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one seat and sitting, whole numbers; shares and losses per thousand, `None` if never measured."""

    watched_s: int
    connected_s: int
    reconnects: int
    down_loss_median: int | None
    down_loss_worst: int | None
    up_loss_median: int | None
    up_loss_worst: int | None
    rtt_median_ms: int | None
    rtt_worst_ms: int | None
    picture_low: int | None
    picture_none: int | None
    concealed: int | None
    freezes: int
    frozen_s: int


def summary(of: Aggregate) -> Summary:
    """The sum of it."""
    due = sum(ms for picture, ms in of.picture.items() if picture != "off")
    return Summary(
        watched_s=of.watched_ms // 1000,
        connected_s=of.connected_ms // 1000,
        reconnects=max(0, of.connects - 1),
        down_loss_median=_median(of.down_loss),
        down_loss_worst=max(of.down_loss, default=None),
        up_loss_median=_median(of.up_loss),
        up_loss_worst=max(of.up_loss, default=None),
        rtt_median_ms=_median(of.rtt),
        rtt_worst_ms=max(of.rtt, default=None),
        picture_low=_share(of.picture.get("low", 0), due),
        picture_none=_share(of.picture.get("none", 0), due),
        concealed=_share(of.concealed, of.heard),
        freezes=of.freezes,
        frozen_s=of.frozen_ms // 1000,
    )


def watched(room: Room) -> list[Seat]:
    """The seats to and from which something is to flow now."""
    if room.phase not in ("joint", "caucus") or room.recorder == "failed":
        return []
    caucus = room.caucus
    admitted = [seat for seat in room.seats.values() if seat.presence == "admitted" and seat.place is not None]
    return [seat for seat in admitted if caucus is None or is_member(seat, caucus.side)]


_AGGREGATE = TypeAdapter(Aggregate)


def encode(aggregate: Aggregate) -> bytes:
    """UTF-8 JSON."""
    return _AGGREGATE.dump_json(aggregate)


def decode(document: bytes) -> Aggregate:
    """The aggregate of `encode`. Raises RoomUnreadable."""
    try:
        return _AGGREGATE.validate_json(document)
    except ValidationError as error:
        raise RoomUnreadable from error


def _loss(share: float) -> int:
    return _nearest(round(1000 * share), LOSS_STEP)


def _nearest(value: int, step: int) -> int:
    return (value + step // 2) // step * step


def _tally(tally: Mapping[K, int], value: K, ms: int) -> dict[K, int]:
    return {**tally, value: tally.get(value, 0) + ms}


def _median(tally: Mapping[int, int]) -> int | None:
    """The smallest value that at least half of the time did not exceed."""
    passed, half = 0, sum(tally.values()) / 2
    for value in sorted(tally):
        passed += tally[value]
        if passed >= half:
            return value
    return None


def _share(part: int, whole: int) -> int | None:
    return round(1000 * part / whole) if whole else None
