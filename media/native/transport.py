"""ICE and DTLS with one browser; its media pass through the plane."""

from __future__ import annotations

import socket

from aiortc import RTCCertificate

from media.adapter import Transport, address_of
from media.native.parts import NativeLink
from media.native.plane import Plane
from media.negotiation import Offer
from media.port import Address, Port, Wire


class NativeTransport(Transport):
    """See `Transport`."""

    def __init__(self, plane: Plane, port: Port, certificate: RTCCertificate, offer: Offer) -> None:
        super().__init__(port, certificate, offer, lambda data, rtcp: None)
        self._plane = plane
        self._link: NativeLink | None = None
        self._ice.moved = self._moved
        self._ice.learned = self._learned

    def serve(self, link: NativeLink) -> None:
        """This is the connection whose packets it carries; called once, before any packet."""
        self._link = link

    def _secured(self) -> None:
        self._keys(address_of(self._rx), address_of(self._tx))

    def _ended(self) -> None:
        super()._ended()
        self._keys(0, 0)
        with self._plane as plane:
            if self._link is not None:
                plane.lib.plane_unlearn(plane.c, self._link.handle)

    def _keys(self, rx: int, tx: int) -> None:
        with self._plane as plane:
            if self._link is not None:
                cast = plane.ffi.cast
                plane.lib.conn_keys(self._link.handle, cast("void *", rx), cast("void *", tx))

    def _moved(self, wire: Wire, addr: Address) -> None:
        family, ip = packed(addr)
        with self._plane as plane:
            if self._link is not None:
                plane.lib.conn_path(self._link.handle, wire.sock.fileno(), family, ip, addr[1])

    def _learned(self, addr: Address) -> None:
        family, ip = packed(addr)
        with self._plane as plane:
            if self._link is not None and plane.lib.plane_learn(plane.c, family, ip, addr[1], self._link.handle):
                raise MemoryError

    def send_rtcp(self, packet: bytes) -> None:
        """See `Outlet`."""
        plane = self._plane
        if self._link is not None:
            plane.ask(plane.lib.conn_rtcp, plane.c, self._link.handle, packet, len(packet))


def packed(addr: Address) -> tuple[int, bytes]:
    """Family (4 or 6) and bytes of an address."""
    if ":" in addr[0]:
        return 6, socket.inet_pton(socket.AF_INET6, addr[0])
    return 4, socket.inet_pton(socket.AF_INET, addr[0])
