"""The native engine's parts as Python knows them: each tells its other half what was decided, and hears the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from formats.framing import Batch
from media.extensions import ExtensionIds
from media.follower import Follower
from media.link import Flow, Link, Plan
from media.native.plane import Plane
from media.ports import Medium, Outlet, Sink
from media.rtp import Packet
from media.rtx import LEAST_PER_SECOND, SHARE
from media.slot import Draw, Slot, SlotLine, Start
from media.source import Kind, Source
from media.stream import Stream, Subscriber
from media.table import Record
from media.tap import Tap


class NativeStream(Stream):
    """See `Stream`."""

    def __init__(self, plane: Plane, medium: Medium, rate: int, layer: int) -> None:
        super().__init__(medium, rate, layer)
        self._plane = plane
        number = plane.number()
        with plane:
            self.handle = plane.made(plane.lib.stream_new(plane.c, number, medium == "video"))
        plane.keep(number, self, self.handle, plane.lib.stream_free)

    def join(self, subscriber: Subscriber, now: float, *, first: bool) -> None:
        """See `Stream`."""
        with self._plane:
            super().join(subscriber, now, first=first)
            self._tell()

    def leave(self, subscriber: Subscriber) -> None:
        """See `Stream`."""
        with self._plane:
            super().leave(subscriber)
            self._tell()

    def forget(self, subscriber: Subscriber) -> None:
        """It has left on the other side already."""
        super().leave(subscriber)

    def _tell(self) -> None:
        handles = [subscriber.handle for subscriber in cast(tuple[Any, ...], self.subscribers)]
        if self._plane.lib.stream_subscribers(self.handle, handles, len(handles)):
            raise MemoryError

    def bind(self, ssrc: int, ids: ExtensionIds, now: float) -> None:
        """See `Stream`."""
        with self._plane:
            super().bind(ssrc, ids, now)
            self._plane.lib.stream_bind(self.handle, ssrc, c_ids(self._plane, ids), self.generation)

    def unbind(self) -> None:
        """See `Stream`."""
        with self._plane:
            super().unbind()
            self._plane.lib.stream_unbind(self.handle)


def c_ids(plane: Plane, ids: ExtensionIds) -> Any:
    """Ids as the other side reads them; URIs as hashes, which only need to tell them apart."""
    made = plane.ffi.new("ext_ids *")
    made.mid, made.sent, made.rid, made.repaired_rid = ids.mid, ids.sent, ids.rid, ids.repaired_rid
    for uri, number in ids.carried.items():
        if 0 < number < 15:
            made.carried[number] = int.from_bytes(hashlib.sha256(uri.encode()).digest()[:8], "big") | 1
    return made


class _Told(Follower):
    """A follower whose other half carries the packets."""

    _plane: Plane
    handle: Any
    _stamp = 0

    def attach(self, source: Source, now: float) -> None:
        """See `Follower`."""
        with self._plane:
            self._plane.overtake()
            super().attach(source, now)
            self._tell()

    def detach(self) -> None:
        """See `Follower`."""
        with self._plane:
            super().detach()
            self._tell()

    def refresh(self, now: float) -> None:
        """See `Follower`."""
        with self._plane:
            super().refresh(now)
            self._tell()

    def _tell(self) -> None:
        plane, source = self._plane, self.source
        marks = list(self._floors.items())[:4] if source is not None else []
        floors = plane.ffi.new("floor_mark[]", max(len(marks), 1))
        for mark, (stream, (generation, newest)) in zip(floors, marks, strict=False):
            mark.of, mark.generation, mark.newest = cast(NativeStream, stream).handle, generation, newest
        self._stamp = self._stamp + 1 & 0xFFFF
        plane.lib.follower_set(
            self.handle,
            self._stamp,
            source is not None,
            _handle(plane, self._stream),
            _handle(plane, self._next),
            self._generation,
            self.floor,
            floors,
            len(marks),
        )

    def heard_switch(self, stamp: int, stream: NativeStream, generation: int, floor: int) -> None:
        """The other half carries this stream from here on, unless something else was decided since."""
        if stamp != self._stamp:
            return
        current = self._stream
        if stream is not current:
            if current is not None:
                cast(NativeStream, current).forget(self)
            self._stream = stream
            self._next = None
        self._generation, self.floor = generation, floor


def _handle(plane: Plane, stream: Stream | None) -> Any:
    return plane.ffi.NULL if stream is None else cast(NativeStream, stream).handle


class NativeSlot(_Told, Slot):
    """See `Slot`."""

    def __init__(self, plane: Plane, link: Any, line: SlotLine, start: Start) -> None:
        self._plane = plane
        number = plane.number()
        with plane:
            video = line.medium == "video"
            self.handle = plane.made(
                plane.lib.slot_new(plane.c, link, number, video, line.ssrc, line.pt, *line.rtx, *start)
            )
        self._state = plane.lib.slot_look(self.handle)
        super().__init__(line)
        plane.keep(number, self, self.handle, plane.lib.follower_free)

    @property
    def packets(self) -> int:
        """See `Slot`."""
        return int(self._state.packets)

    @property
    def octets(self) -> int:
        """See `Slot`."""
        return int(self._state.octets)

    @property
    def repeated(self) -> int:
        """See `Slot`."""
        return int(self._state.repeated)

    @property
    def repeated_octets(self) -> int:
        """See `Slot`."""
        return int(self._state.repeated_octets)

    @property
    def report_due(self) -> bool:
        """See `Slot`."""
        return bool(self._state.report_due)

    @report_due.setter
    def report_due(self, due: bool) -> None:
        self._state.report_due = due

    @property
    def echo(self) -> bool:
        """See `Slot`."""
        return bool(self._state.echo)

    @echo.setter
    def echo(self, echo: bool) -> None:
        self._state.echo = echo

    def sent(self, seq: int) -> bool:
        """See `Slot`."""
        return bool(self._plane.ask(self._plane.lib.slot_kept, self.handle, seq & 0xFFFF))

    def unsent(self, first: int, last: int) -> int:
        """See `Slot`."""
        return self._plane.ask(self._plane.lib.slot_unsent, self.handle, first, last)

    def cut(self, now: float) -> None:
        """See `Slot`."""
        with self._plane:
            super().cut(now)

    def _forget(self) -> None:
        with self._plane:
            self._plane.lib.slot_forget(self.handle)

    def _again(self, lost: Sequence[int], now: float) -> int:
        plane, numbers = self._plane, [seq & 0xFFFF for seq in lost]
        return plane.ask(plane.lib.slot_repeat, plane.c, self.handle, numbers, len(numbers), now)

    def _paced(self, packets_per_second: float) -> None:
        self._state.per_second = max(LEAST_PER_SECOND, SHARE * packets_per_second)

    def _ts_shift(self) -> int:
        return int(self._state.ts_shift)


class NativeTap(_Told, Tap):
    """See `Tap`."""

    def __init__(self, plane: Plane, source: Source, record: Record, sink: Sink, failed: Callable[[str], None]) -> None:
        self._plane = plane
        number = plane.number()
        with plane:
            self.handle = plane.made(plane.lib.tap_new(plane.c, number))
        self._captured = plane.ffi.new("captured *")
        self._broken = False
        super().__init__(source, record, sink, lambda cause: plane.later(lambda: failed(cause)))
        plane.keep(number, self, self.handle, plane.lib.follower_free)
        plane.keep_tap(self)

    def detach(self) -> None:
        """See `Follower`. What was captured until now is handed on."""
        with self._plane:
            super().detach()
            self.collect()

    def collect(self) -> None:
        """Hand on what was captured since the last time, and passed on; a broken journal's is lost."""
        plane, captured = self._plane, self._captured
        if plane.ask(plane.lib.tap_take, self.handle, captured) and not self._broken:
            records = plane.ffi.buffer(captured.data, captured.size)[:]
            self._broken = not self.write(Batch(records, captured.packets, captured.first_ns, captured.last_ns))


class NativeLink(Link):
    """See `Link`."""

    def __init__(
        self,
        plane: Plane,
        plan: Plan,
        sources: Mapping[Kind, Source],
        outlet: Outlet,
        ntp_base: float,
        draw: Draw,
    ) -> None:
        self._plane = plane
        self._draw = draw
        number = plane.number()
        with plane:
            self.handle = plane.made(plane.lib.conn_new(plane.c, number, c_ids(plane, plan.ids)))
        self._state = plane.lib.conn_look(self.handle)
        super().__init__(plan, sources, outlet, ntp_base)
        plane.keep(number, self, self.handle, plane.lib.conn_free)

    @property
    def active(self) -> bool:
        """See `Link`."""
        return bool(self._state.active)

    @active.setter
    def active(self, active: bool) -> None:
        with self._plane:
            self._state.active = active

    @property
    def heard_at(self) -> float:
        """See `Link`."""
        return float(self._state.heard_ns / 1e9)

    @heard_at.setter
    def heard_at(self, at: float) -> None:
        self._state.heard_ns = round(at * 1e9)

    @property
    def deadline_ns(self) -> int:
        """See `Link`."""
        return int(self._state.deadline_ns)

    @deadline_ns.setter
    def deadline_ns(self, at: int) -> None:
        self._state.deadline_ns = at

    @property
    def packets(self) -> int:
        """See `Link`."""
        return int(self._state.packets)

    @property
    def octets(self) -> int:
        """See `Link`."""
        return int(self._state.octets)

    @property
    def dropped(self) -> int:
        """See `Link`."""
        return int(self._state.dropped)

    def _slot(self, line: SlotLine) -> Slot:
        return NativeSlot(self._plane, self.handle, line, self._draw())

    def rtp(self, data: bytes, arrival_ns: int) -> None:
        """See `Link`."""
        plane = self._plane
        with plane:
            plane.lib.conn_rtp(plane.c, self.handle, data, len(data), arrival_ns, 0)

    def unbound(self, data: bytes, at: int, *, overtaken: bool) -> None:
        """A packet whose SSRC was not known when it came."""
        plane, packet = self._plane, Packet()
        with plane:
            if self.active and packet.read(data, at, at / 1e9, self._ids):
                flow = self._flows.get(packet.ssrc) or self._bind(packet)
                if flow is not None:
                    self._tell(packet.ssrc, flow)
            if not overtaken:
                plane.lib.conn_rtp(plane.c, self.handle, data, len(data), at, 1)

    def _send_sender_report(self, slot: Slot, now: float) -> None:
        with self._plane:  # or its timestamps could be one stream's and its clock another's
            super()._send_sender_report(slot, now)

    def _tell(self, ssrc: int, flow: Flow) -> None:
        stream = cast(NativeStream, flow.stream).handle
        if self._plane.lib.conn_bind(self.handle, ssrc, flow.pt, flow.original_pt, flow.red, stream):
            raise MemoryError

    def arrived(self, size: int, sent: int, now: float) -> None:
        """A packet came, for the estimate."""
        self._arrived(size, sent, now)

    def left(self, data: bytes) -> None:
        """What a traced plane would have sent."""
        self.outlet.send_rtp(data, b"")
