"""One connection, packet by packet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from media.lean.slot import LeanSlot
from media.lean.stream import LeanStream
from media.link import Flow, Link, Plan
from media.ports import Outlet
from media.red import unfold
from media.rtp import Packet
from media.rtx import unwrap
from media.slot import Draw, Slot, SlotLine
from media.source import Kind, Source


class LeanLink(Link):
    """See `Link`."""

    packets = octets = dropped = 0

    def __init__(
        self,
        plan: Plan,
        sources: Mapping[Kind, Source],
        outlet: Outlet,
        ntp_base: float,
        draw: Draw,
        late: Callable[[], None],
    ) -> None:
        """`late`: a packet came after the deadline."""
        self._draw = draw
        super().__init__(plan, sources, outlet, ntp_base)
        self._late = late
        self._packet = Packet()

    def _slot(self, line: SlotLine) -> Slot:
        return LeanSlot(self.outlet, line, self._ids, self._draw())

    def rtp(self, data: bytes, arrival_ns: int) -> None:
        """See `Link`."""
        packet = self._packet
        now = arrival_ns / 1e9
        if not self.active or not packet.read(data, arrival_ns, now, self._ids):
            self.dropped += 1
            return
        self.heard_at = now
        if arrival_ns > self.deadline_ns:
            self.dropped += 1
            self._late()
            return
        self.packets += 1
        self.octets += len(data)
        flow = self._flows.get(packet.ssrc) or self._bind(packet)
        if flow is None or packet.pt not in (flow.pt, flow.red):
            self.dropped += 1
            return
        self._arrived(len(data), packet.sent, now)
        if packet.pt == flow.red:
            self._redundant(packet, flow)
        elif flow.original_pt < 0:
            cast(LeanStream, flow.stream).feed(packet)
        else:
            self._repaired(packet, flow)

    def _redundant(self, packet: Packet, flow: Flow) -> None:
        stream, seq = cast(LeanStream, flow.stream), packet.seq
        for data in unfold(packet.data, packet.start, packet.end, flow.pt):
            if packet.read(data, packet.arrival_ns, packet.now, self._ids):
                again = packet.seq != seq
                if not again or stream.reception.lacks(packet.seq):
                    stream.feed(packet, repaired=again)

    def _repaired(self, packet: Packet, flow: Flow) -> None:
        stream = cast(LeanStream, flow.stream)
        if not stream.ssrc:
            return
        original = unwrap(packet.data, packet.start, packet.end, stream.ssrc, flow.original_pt)
        if original is not None and packet.read(original, packet.arrival_ns, packet.now, self._ids):
            stream.feed(packet, repaired=True)
