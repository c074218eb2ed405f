"""What carries the packets: the same rules, once in plain Python and once in native code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from aiortc import RTCCertificate

from media.adapter import OnMedia, Transport
from media.link import Link, Plan
from media.negotiation import Offer
from media.port import Port
from media.ports import Medium, Outlet, Sink
from media.source import Kind, Source
from media.stream import Stream
from media.table import Record
from media.tap import Tap

__all__ = ["Engine", "OnMedia"]


class Engine(Protocol):
    """Makes the parts that packets pass through. All methods belong to the relay's loop."""

    @property
    def name(self) -> str:
        """As settings call it."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held, no packet passes, and all that passed are accounted for. It may nest."""

    @property
    def wakes(self) -> bool:
        """Whether it tells when something is to be asked for; else look often."""

    def start(self, port: Port, on_late: Callable[[], None], on_asking: Callable[[], None]) -> None:
        """Take what arrives at the open port. Raises OSError.

        `on_late`: packets came after their room's lease. `on_asking`: something may have to be asked for soon.
        """

    def stop(self) -> None:
        """Take nothing more; the port is closed next."""

    def settle(self) -> None:
        """Account for what has passed, and answer what asks for an answer; called many times a second."""

    def collect(self) -> None:
        """Hand the journals what was captured since the last time; called several times a second."""

    def counters(self) -> dict[str, int]:
        """What was lost, refused or not understood, beside what the port counts."""

    def transport(self, port: Port, certificate: RTCCertificate, offer: Offer, on_media: OnMedia) -> Transport:
        """A browser's connection, not up yet. `on_media`: what to do with a decrypted packet."""

    def stream(self, medium: Medium, rate: int, layer: int) -> Stream:
        """One encoding; see `Stream`."""

    def tap(self, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> Tap:
        """A journal's way in; see `Tap`."""

    def link(self, plan: Plan, sources: Mapping[Kind, Source], outlet: Outlet, ntp_base: float) -> Link:
        """One connection, idle; see `Link`. `outlet`: the connection's transport."""
