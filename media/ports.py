"""Where the relay meets the rest: settings and events, the sink a recorder fills, the outlet a packet leaves by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from formats.framing import Batch

Medium = Literal["audio", "video"]
Track = Literal["audio", "video", "screen"]
"""What a journal holds: an endpoint's sound, its camera's picture, or the screen it shows."""


EngineName = Literal["auto", "native", "lean"]


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Where the relay listens and what it tells browsers.

    `host_ips`: local IPv4 and IPv6 addresses to bind, all on one port number. `advertised`: addresses written into
    answers first: a public one per family, mapped 1:1 onto a bound one. `port`: UDP port, 0 = any free one.
    `engine`: "native", "lean" (plain Python) or "auto": native where it is built.
    `include_loopback`: also bind and offer 127.0.0.1 and ::1 where the machine has them (demo and tests).
    """

    host_ips: tuple[str, ...]
    advertised: tuple[str, ...] = ()
    port: int = 0
    include_loopback: bool = False
    engine: EngineName = "auto"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened by itself.

    kind "endpoint": `state` is "connected", "failed" or "closed".
    kind "recorder": `state` is "ok", "failed" or "idle", with `reason` when failed.
    kind "lease": `state` is "lapsed": the room forwards nothing until a table arrives.
    kind "segment": a sink was closed; `data` is the summary it returned.
    """

    kind: Literal["endpoint", "recorder", "lease", "segment"]
    room: str
    endpoint: str = ""
    state: str = ""
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """After a table was offered: the revision now in force, whether this table was taken, and the recorder."""

    revision: int
    accepted: bool
    recorder: Literal["ok", "failed", "idle"]


class Sink(Protocol):
    """One medium of one endpoint within one segment, as captured."""

    def write(self, batch: Batch) -> None:
        """Take decrypted RTP packets; arrivals are `time.monotonic_ns()` at reception."""

    def close(self) -> dict[str, Any]:
        """Flush, end the journal and return its summary. Called once, from another thread: it may wait for a disk."""


class SinkFactory(Protocol):
    """Opens sinks; any exception from `open`, `write` or `close` stops the room."""

    def open(
        self,
        room: str,
        endpoint: str,
        segment: str,
        key: str,
        medium: Track,
        seats: tuple[str, ...],
        clock_rate: int,
    ) -> Sink:
        """Open the journal of one medium. The same segment may be opened again after a failed recorder recovered."""


class Outlet(Protocol):
    """The encrypted way to one browser."""

    def send_rtp(self, head: bytes, tail: bytes) -> None:
        """Protect and send `head + tail` as one RTP packet."""

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound RTCP packet."""
