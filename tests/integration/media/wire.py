"""The socket of a connected endpoint in the hands of a test, beside the event loop."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.integration.media.raw import MIC, Raw
from tests.unit.media.packets import rtp

SO_TIMESTAMPNS = 35  # of Linux; Python has no name for it
_ROOM = socket.CMSG_SPACE(16)
MEDIA = 128  # the first byte of an encrypted packet is not below


class Wire:
    """One endpoint's way to the relay and back, by blocking calls: for threads, and while the loop stands still."""

    def __init__(self, raw: Raw) -> None:
        connection: Any = raw.ice._connection
        pair = connection._nominated[1]
        self.raw = raw
        self.relay: tuple[str, int] = pair.remote_addr
        self._protocol = pair.protocol
        self.sock = socket.socket(fileno=os.dup(pair.protocol.transport.get_extra_info("socket").fileno()))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._seq = raw.seq

    def word(self, payload: bytes) -> bytes:
        """The next packet of sound, encrypted. Only one thread may call it."""
        self._seq += 1
        return self.raw.sealed(rtp(MIC, self._seq, 960 * self._seq, payload, mid="0"))

    def send(self, datagram: bytes) -> None:
        """Send it from the endpoint's own address."""
        self.sock.sendto(datagram, self.relay)

    def take(self) -> list[tuple[bytes, int]]:
        """Everything that has come: payloads of decrypted sound, and when the kernel had them (ns since 1970)."""
        came: list[tuple[bytes, int]] = []
        session: Any = self.raw.dtls._rx_srtp
        while True:
            try:
                data, ancillary, _, addr = self.sock.recvmsg(2048, _ROOM, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return came
            if data[0] < MEDIA:
                self._protocol.datagram_received(data, addr)  # ICE and DTLS go on
            elif not 192 <= data[1] <= 223:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                clear = session.unprotect(data)
                came.append((clear[_payload_at(clear) :], seconds * 1_000_000_000 + nanoseconds))

    def close(self) -> None:
        self.sock.close()


def _payload_at(data: bytes) -> int:
    return 16 + int.from_bytes(data[14:16], "big") * 4 if data[0] & 0x10 else 12


class Speaker:
    """A thread that sends until it is told to stop; `say` makes one round and returns what to send."""

    def __init__(self, say: Callable[[], None], apart: float) -> None:
        """`apart`: seconds between two rounds."""
        self._say, self._apart = say, apart
        self._over = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._over.wait(self._apart):
                self._say()
        except BaseException as fault:
            self._fault = fault

    def __enter__(self) -> Speaker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault


def stand_still(seconds: float) -> float:
    """Block the event loop; returns when it stood again, in monotonic seconds."""
    time.sleep(seconds)
    return time.monotonic()
