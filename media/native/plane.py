"""The native engine's plane: one lock, and a log through which Python hears what the threads have done.

The threads forward packets without Python. Python decides what is forwarded: whoever holds the lock finds everything
standing still, and every packet that was passed on before is accounted for, as if Python had carried it itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from media.faults import Faults
from media.port import Port

_RECORD: Final = struct.Struct("=IHHIIqqq")  # `record` in api.h
_DATAGRAM, _RTCP, _UNBOUND, _ARRIVED, _PACKET, _SWITCHED, _OUT, _LATE = range(1, 9)
_REPAIRED, _KEY = 16, 32
_TURN_NS = 200_000  # of the loop, where packets and the loop share a core
_SMALL = 1024  # bytes of log that may be read while the threads wait
_PATIENCE_S = 0.005  # of one look at the log
_STRANGERS, _MANY = 256, 2048  # how many may wait when a datagram comes that asks for an answer, or anything else
_OVERTAKEN: Final = 0  # an unbound packet that came before the latest decision

SrtpCalls = tuple[int, int, int, int]
"""Addresses of libsrtp's protect, unprotect, protect_rtcp and unprotect_rtcp."""


class _Waiting(NamedTuple):
    """What was logged and asks for an answer."""

    kind: int
    flags: int
    one: int
    when: int
    a: int
    data: bytes


class Connected(Protocol):
    """What hears of one connection's packets: see `NativeLink`."""

    def arrived(self, size: int, sent: int, now: float) -> None:
        """A packet of its browser, for the estimate."""

    def unbound(self, data: bytes, at: int, *, overtaken: bool) -> None:
        """A packet on an SSRC that is not known yet; `overtaken`: what may flow has changed since it came."""

    def rtcp(self, data: bytes, now: float) -> None:
        """A compound RTCP packet."""

    def left(self, data: bytes) -> None:
        """What would have been sent, on a traced plane."""


class Captures(Protocol):
    """What a journal hears through: see `NativeTap`."""

    def collect(self) -> None:
        """Hand on what was captured since the last time."""


class Plane:
    """Owned by one event loop's thread. `with plane:` before touching what api.h guards; it may nest."""

    def __init__(self, ffi: Any, lib: Any, srtp: SrtpCalls | None) -> None:
        """`srtp` None: a traced plane without sockets and encryption, for tests."""
        self.ffi, self.lib = ffi, lib
        self.traced = srtp is None
        self._faults = Faults()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        calls = [ffi.cast("void *", address) for address in srtp or (0, 0, 0, 0)]
        self.c = lib.plane_new(*calls, self._wake)
        if self.c == ffi.NULL:
            raise MemoryError
        self._size = ffi.new("uint32_t *")
        self._used = lib.plane_used(self.c)
        self._depth = 0
        self._absorbing = self._settling = False
        self._last = 0
        self._parts: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._taps: weakref.WeakSet[Captures] = weakref.WeakSet()
        self._waiting: deque[_Waiting] = deque()
        self._later: deque[Callable[[], None]] = deque()
        self._refused = 0
        self._buried: list[tuple[Any, Any]] = []
        self._port: Port | None = None
        self.on_late: Callable[[], None] = lambda: None
        """Packets came after their room's lease had ended."""
        self.on_asking: Callable[[], None] = lambda: None
        """Something may have to be asked for or told: packets are missing, a follower has switched, a browser asks."""
        self._asking = False

    # -- parts

    def number(self) -> int:
        """A new part's id in the log."""
        self._last = self._last % 0xFFFFFFFF + 1
        return self._last if self._last not in self._parts else self.number()

    def made(self, handle: Any) -> Any:
        """A new handle. Raises MemoryError where there was no room for it."""
        if handle == self.ffi.NULL:
            raise MemoryError
        return handle

    def keep(self, number: int, part: Any, handle: Any, free: Any) -> None:
        """This part hears of what is logged under its number; `handle` is freed some time after the part is gone."""
        self._parts[number] = part
        weakref.finalize(part, self._buried.append, (free, handle)).atexit = False

    def keep_tap(self, tap: Captures) -> None:
        """Hand on what this one captures, as long as it lives."""
        self._taps.add(tap)

    def _bury(self) -> None:
        while self._buried:
            free, handle = self._buried.pop()
            free(self.c, handle)

    # -- the lock

    def __enter__(self) -> Plane:
        if self._depth == 0:
            if self._used[0] > _SMALL:
                self._absorb(self.lib.plane_swap)
            self.lib.plane_lock(self.c)
            self._depth = 1
            try:
                if self._used[0]:
                    self._absorb(self.lib.plane_take)
                if self._buried:
                    self._bury()
            except BaseException:
                self._depth = 0
                self.lib.plane_unlock(self.c)
                raise
        else:
            self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.lib.plane_unlock(self.c)
            self._stop_broken()
            if self.traced and self._used[0]:
                self.settle()

    def ask(self, question: Callable[..., int], *about: object) -> int:
        """What the threads know of something; nothing needs to be accounted for first."""
        if self._depth:
            return question(*about)
        self.lib.plane_lock(self.c)
        try:
            return question(*about)
        finally:
            self.lib.plane_unlock(self.c)
            if self.traced:
                self.settle()

    def settle(self) -> None:
        """Hear what is in the log, and answer what asks for an answer; the threads go on meanwhile."""
        if self._depth or self._settling:
            return
        self._settling = True
        try:
            until = time.monotonic() + _PATIENCE_S
            read = self._absorb(self.lib.plane_swap)
            while self._waiting or read >= _SMALL:
                if time.monotonic() > until and not self.traced:
                    os.eventfd_write(self._wake, 1)  # others on the loop have their turn first
                    return
                if self._waiting:
                    self._answer(*self._waiting.popleft())
                read = self._absorb(self.lib.plane_swap)
        finally:
            self._settling = False

    def _absorb(self, take: Any) -> int:
        """Account for what was logged; what needs an answer waits. Returns how many bytes were read."""
        if self._absorbing:
            return 0
        self._absorbing = True
        read = 0
        try:
            while True:
                data = take(self.c, self._size)
                size = int(self._size[0])
                if not size:
                    return read
                self._read(self.ffi.buffer(data, size), size)
                read += size
                if not self._depth and read >= _SMALL:
                    return read
        finally:
            self._absorbing = False
            self._stop_broken()

    def collect(self) -> None:
        """Hand the journals what was captured since the last time."""
        for tap in list(self._taps):
            tap.collect()
        if not self._depth:
            self._stop_broken()

    def later(self, act: Callable[[], None]) -> None:
        """Do this once nobody is in the middle of a decision."""
        self._later.append(act)

    def _stop_broken(self) -> None:
        while self._later and not self._absorbing:
            try:
                self._later.popleft()()
            except Exception:  # whoever is told of a broken journal; the others' go on
                self._failed()

    def overtake(self) -> None:
        """What waits for its source to be found was sent before the decision of now: it must not profit from it."""
        for index, asks in enumerate(self._waiting):
            if asks.kind == _UNBOUND:
                self._waiting[index] = asks._replace(kind=_OVERTAKEN)

    def _read(self, view: Any, size: int) -> None:
        at, unpack, head = 0, _RECORD.unpack_from, _RECORD.size
        out: list[tuple[int, bytes]] = []
        while at < size:
            whole, kind, flags, one, two, when, a, b = unpack(view, at)
            try:
                if kind == _PACKET:
                    self._packet(flags, one, two, when, a, b)
                elif kind == _ARRIVED:
                    self._parts[one].arrived(b & 0xFFFF, (b >> 16) - 1, when / 1e9)
                elif kind == _SWITCHED:
                    follower, stream = self._parts.get(one), self._parts.get(two)
                    if follower is not None and stream is not None:
                        self._asking = True
                        follower.heard_switch(flags, stream, a, b)
                elif kind == _OUT:
                    out.append((one, view[at + head : at + head + b]))
                else:
                    data = view[at + head : at + head + b] if kind != _LATE else b""
                    self._wait(_Waiting(kind, flags, one, when, a, data))
            except Exception:
                # One bad packet must cost no connection, least of all somebody else's.
                self._failed()
            at += whole
        if self.traced:
            self.collect()  # journals first, as on the threads' side
        for number, data in out:
            self._parts[number].left(data)

    def _wait(self, asks: _Waiting) -> None:
        # What strangers send is the first to be let go when more comes than can be answered.
        if len(self._waiting) >= (_STRANGERS if asks.kind == _DATAGRAM else _MANY):
            self._refused += 1
        else:
            self._waiting.append(asks)

    def _packet(self, flags: int, one: int, two: int, when: int, a: int, b: int) -> None:
        now, size = when / 1e9, b & 0xFFFF
        link, stream = self._parts.get(one), self._parts.get(two)
        if stream is not None:
            stream.account(a & 0xFFFF, a >> 16, size, now, flags & _REPAIRED != 0)
            if flags & _KEY:
                stream.keys.passed()
            if stream.missing or stream.keys.pending:
                self._asking = True
        if link is not None:
            link.arrived(size, (b >> 16) - 1, now)

    def _answer(self, kind: int, flags: int, one: int, when: int, a: int, data: bytes) -> None:
        try:
            if kind == _DATAGRAM:
                self._deliver(one, flags, data, a)  # what strangers send hurries nobody
                return
            self._asking = True
            link: Connected | None = self._parts.get(one)
            if kind == _LATE:
                self.on_late()
            elif link is not None and kind == _RTCP:
                link.rtcp(data, when / 1e9)
            elif link is not None:
                link.unbound(data, when, overtaken=kind == _OVERTAKEN)
        except Exception:
            self._failed()

    def _failed(self) -> None:
        if self.traced:
            raise
        self._faults.add()

    # -- sockets

    def listen(self, port: Port) -> None:
        """Read the port's sockets from now on. Raises OSError."""
        self._port = port
        asyncio.get_running_loop().add_reader(self._wake, self._woken)
        self.lib.plane_turns(_TURN_NS)
        for number, wire in enumerate(port.wires):
            wire.sock.setblocking(True)
            failed = self.lib.plane_listen(self.c, wire.sock.fileno(), number)
            if failed:
                raise OSError(failed, os.strerror(failed))

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        self.settle()
        if self._asking:
            self._asking = False
            self.on_asking()

    def _deliver(self, wire: int, family: int, data: bytes, number: int) -> None:
        if self._port is None or wire >= len(self._port.wires):
            return
        host = socket.inet_ntop(*((socket.AF_INET, data[:4]) if family == 4 else (socket.AF_INET6, data[:16])))
        self._port.deliver(self._port.wires[wire], data[16:], (host, number))

    def close(self) -> None:
        """End the threads; call it before the sockets are closed."""
        self.lib.plane_stop(self.c)
        if self._port is not None:
            asyncio.get_running_loop().remove_reader(self._wake)
            self.settle()
            self._port = None
        self._hang_up()

    def _hang_up(self) -> None:
        wake, self._wake = self._wake, -1
        if wake >= 0:
            os.close(wake)

    def counters(self) -> dict[str, int]:
        """What the threads have lost, refused or not understood."""
        counted = self.lib.plane_counted(self.c)
        return {
            "lost_by_socket": counted.lost,
            "handler_errors": self._faults.count,
            "unknown_address": counted.unknown_address,
            "bad_srtp": counted.bad_srtp,
            "over_rate": counted.over_rate,
            "unsent": counted.unsent,
            "log_full": counted.full + self._refused,
        }

    def __del__(self) -> None:
        if getattr(self, "c", None):
            self.lib.plane_free(self.c)
            self._hang_up()
