"""The engine in native code: threads that forward packets without waiting for Python.

Everything that is decided is decided in Python, by the same classes as in the lean engine; the threads carry it out.
Built by `python media/native/build.py`; see `plane` for how the two halves meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiortc import RTCCertificate

from media.adapter import Transport, srtp_calls
from media.engine import OnMedia
from media.errors import EngineMissing
from media.link import Link, Plan
from media.native.library import load
from media.native.parts import NativeLink, NativeStream, NativeTap
from media.native.plane import Plane
from media.native.transport import NativeTransport
from media.negotiation import Offer
from media.port import Port
from media.ports import Medium, Outlet, Sink
from media.slot import Draw, drawn
from media.source import Kind, Source
from media.stream import Stream
from media.table import Record
from media.tap import Tap

__all__ = ["Native", "available"]


def available() -> bool:
    """Whether it is built for these sources."""
    return load() is not None


class Native:
    """See `Engine`."""

    name = "native"
    wakes = True

    def __init__(self, draw: Draw = drawn, *, traced: bool = False) -> None:
        """`traced`: what would be sent goes to each link's outlet, unencrypted. Raises EngineMissing."""
        loaded = load()
        if loaded is None:
            raise EngineMissing
        self._draw = draw
        self.lock = Plane(*loaded, None if traced else srtp_calls())

    def start(self, port: Port, on_late: Callable[[], None], on_asking: Callable[[], None]) -> None:
        """See `Engine`."""
        self.lock.on_late, self.lock.on_asking = on_late, on_asking
        self.lock.listen(port)

    def stop(self) -> None:
        """See `Engine`."""
        self.lock.close()

    def settle(self) -> None:
        """See `Engine`."""
        self.lock.settle()

    def collect(self) -> None:
        """See `Engine`."""
        self.lock.collect()

    def counters(self) -> dict[str, int]:
        """See `Engine`."""
        return self.lock.counters()

    def transport(self, port: Port, certificate: RTCCertificate, offer: Offer, on_media: OnMedia) -> Transport:
        """See `Engine`."""
        return NativeTransport(self.lock, port, certificate, offer)

    def stream(self, medium: Medium, rate: int, layer: int) -> Stream:
        """See `Engine`."""
        return NativeStream(self.lock, medium, rate, layer)

    def tap(self, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> Tap:
        """See `Engine`."""
        return NativeTap(self.lock, source, record, sink, failed)

    def link(self, plan: Plan, sources: Mapping[Kind, Source], outlet: Outlet, ntp_base: float) -> Link:
        """See `Engine`."""
        link = NativeLink(self.lock, plan, sources, outlet, ntp_base, self._draw)
        if isinstance(outlet, NativeTransport):
            outlet.serve(link)
        return link
