"""What the relay tells of itself: counters by room and endpoint, and each connection's quality."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from media.link import Link
from media.room import Endpoint, Room
from media.slot import Slot
from media.stream import HIGH, Stream

Picture = Literal["high", "low", "none", "off"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How one endpoint's connection fares, over about the last second.

    Rates in kbit/s, losses 0…1 (before repair), round trip in ms, estimates of what the path carries in kbit/s.
    `picture` is the worst of the pictures it is to receive ("none": withheld, its network is thin; "off": there are
    none); `sending` the best encoding of its own camera that arrives ("low": its network is why no better one does;
    "none": none does though somebody should see it; "off": nobody should).
    """

    up_kbps: int
    up_loss: float
    down_kbps: int
    down_loss: float
    rtt_ms: int | None
    down_estimate_kbps: int | None
    up_estimate_kbps: int | None
    picture: Picture
    sending: Picture


def quality(endpoint: Endpoint, link: Link, now: float) -> Quality:
    """The quality of a connected endpoint."""
    streams = [stream for source in endpoint.sources.values() for stream in source.streams() if stream.ssrc]
    slots = [slot for pair in link.slots for slot in pair if slot is not None and slot.source is not None]
    return Quality(
        up_kbps=_kbps(stream.bit_rate for stream in streams if stream.alive(now)),
        up_loss=round(link.up_loss, 3),
        down_kbps=_kbps([link.thinning.sent_rate]),
        down_loss=round(link.thinning.loss, 3),
        rtt_ms=None if link.rtt is None else round(link.rtt * 1000),
        down_estimate_kbps=None if link.thinning.estimate is None else link.thinning.estimate // 1000,
        up_estimate_kbps=link.uplink.estimate // 1000 if streams else None,
        picture=_received([slot for slot in slots if slot.medium == "video"], now),
        sending=_sent(endpoint, link, now),
    )


def _kbps(rates: Iterable[float]) -> int:
    return round(sum(rates) / 1000)


def _received(slots: list[Slot], now: float) -> Picture:
    if not slots:
        return "off"
    if any(slot.withheld for slot in slots):
        return "none"
    return "low" if any(_spared(slot, now) for slot in slots) else "high"


def _spared(slot: Slot, now: float) -> bool:
    """Whether a better encoding arrives than this slot carries: a camera that sends but one is at its best."""
    carried, best = slot.carried, slot.source.pick(HIGH, now) if slot.source else None
    return carried is not None and best is not None and carried.layer < best.layer


ENOUGH = 400_000
"""Bit/s of uplink with which a camera that sends its small encoding only has other reasons than the network."""


def _sent(endpoint: Endpoint, link: Link, now: float) -> Picture:
    camera = endpoint.sources["camera"]
    if not camera.followers:
        return "off"
    alive = [stream.layer for stream in camera.streams() if stream.alive(now)]
    if not alive:
        return "none"
    return "high" if HIGH in alive or link.uplink.estimate >= ENOUGH else "low"


def room_stats(room: Room) -> dict[str, Any]:
    """Counters of a room and its endpoints, as plain data."""
    return {
        "revision": room.fence.revision,
        "epoch": room.fence.epoch,
        "recorder": {
            "state": room.recorder,
            "reason": room.recorder_reason,
            "bytes": sum(tap.bytes for tap in room.taps.values()),
        },
        "endpoints": {name: _endpoint_stats(endpoint) for name, endpoint in room.endpoints.items()},
    }


def _endpoint_stats(endpoint: Endpoint) -> dict[str, Any]:
    link = endpoint.link
    slots = enumerate(link.slots) if link else ()
    return {
        "state": endpoint.state,
        "dropped": link.dropped if link else 0,
        "in": {
            f"{kind}.{stream.layer}" if kind == "camera" else kind: _in(stream)
            for kind, source in endpoint.sources.items()
            for stream in source.streams()
            if stream.ssrc
        },
        "out": {
            f"{index}.{slot.medium}": {
                "from": slot.source.endpoint if slot.source else None,
                "layer": slot.carried.layer if slot.carried else None,
                "packets": slot.packets,
                "bytes": slot.octets,
                "repeated": slot.repeated,
                "loss": slot.fraction_lost,
            }
            for index, pair in slots
            for slot in pair
            if slot is not None and slot.packets
        },
    }


def _in(stream: Stream) -> dict[str, int]:
    reception = stream.reception
    return {
        "packets": reception.packets,
        "bytes": reception.bytes,
        "jitter": int(reception.jitter),
        "repaired": reception.repaired,
        "lost": stream.missing.lost,
        "kbps": round(stream.bit_rate / 1000),
    }
