"""The engine in plain Python: what every packet goes through, as readable as it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

from aiortc import RTCCertificate

from media.adapter import OnMedia, Transport
from media.lean.link import LeanLink
from media.lean.stream import LeanStream
from media.lean.tap import LeanTap
from media.link import Link, Plan
from media.negotiation import Offer
from media.port import Port
from media.ports import Medium, Outlet, Sink
from media.slot import Draw, drawn
from media.source import Kind, Source
from media.stream import Stream
from media.table import Record
from media.tap import Tap

__all__ = ["Lean"]


class Lean:
    """See `Engine`."""

    name = "lean"
    wakes = False

    def __init__(self, draw: Draw = drawn) -> None:
        """`draw`: the numbers that slots start with."""
        self._draw = draw
        self.lock = nullcontext()
        self._on_late: Callable[[], None] = lambda: None

    def start(self, port: Port, on_late: Callable[[], None], on_asking: Callable[[], None]) -> None:
        """See `Engine`. Packets and decisions share one thread: nobody is late for the other."""
        self._on_late = on_late
        port.read()

    def stop(self) -> None:
        """See `Engine`."""

    def settle(self) -> None:
        """See `Engine`."""

    def collect(self) -> None:
        """See `Engine`. They are handed each packet at once."""

    def counters(self) -> dict[str, int]:
        """See `Engine`."""
        return {}

    def transport(self, port: Port, certificate: RTCCertificate, offer: Offer, on_media: OnMedia) -> Transport:
        """See `Engine`."""
        return Transport(port, certificate, offer, on_media)

    def stream(self, medium: Medium, rate: int, layer: int) -> Stream:
        """See `Engine`."""
        return LeanStream(medium, rate, layer)

    def tap(self, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> Tap:
        """See `Engine`."""
        return LeanTap(source, record, sink, failed)

    def link(self, plan: Plan, sources: Mapping[Kind, Source], outlet: Outlet, ntp_base: float) -> Link:
        """See `Engine`."""
        return LeanLink(plan, sources, outlet, ntp_base, self._draw, self._on_late)
