"""One negotiated connection as the forwarding core sees it: packets in, slots out. No sockets here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import randbits
from typing import NamedTuple

from media import rtcp
from media.bandwidth import Uplink
from media.extensions import ExtensionIds
from media.ports import Outlet
from media.router import Place, Router
from media.rtcp import Report
from media.rtp import Packet
from media.slot import Slot, SlotLine
from media.source import Kind, Source
from media.stream import Stream
from media.thinning import Thinning

PATIENCE = 1024
"""Lost packets a browser may name between two calls of `ask`: to look each up costs time that belongs to the others."""

NO_RTT = 0.1
"""Seconds assumed for the round trip until a report tells it."""

ALWAYS = (1 << 63) - 1
"""A deadline that never comes, in monotonic nanoseconds."""


@dataclass(frozen=True, slots=True)
class UpLine:
    """A published m-line: what it carries, its payload types (`rtx`, `red` -1: none), its RIDs from low to high."""

    kind: Kind
    pt: int
    rtx: int = -1
    rids: tuple[str, ...] = ()
    red: int = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """What offer and answer agreed on."""

    up: Mapping[str, UpLine]  # by mid
    announced: Mapping[int, Place]  # by SSRC
    slots: tuple[tuple[SlotLine | None, SlotLine | None], ...]  # (audio, video) per slot
    ids: ExtensionIds


class Flow(NamedTuple):
    """What arrives on one SSRC."""

    stream: Stream
    pt: int
    original_pt: int  # of what a retransmission repeats; -1: it is the original
    red: int  # payload type of the same with redundancy; -1: none


class Link(ABC):
    """Routes what one browser sends to its sources, and holds the slots it receives. Its engine feeds it."""

    active: bool
    """Whether it is the endpoint's present connection: others carry nothing."""
    heard_at: float
    """When its browser was last heard, in monotonic seconds."""
    deadline_ns: int
    """Monotonic nanoseconds: nothing that arrives later is passed on, for its room's lease ends then."""

    def __init__(self, plan: Plan, sources: Mapping[Kind, Source], outlet: Outlet, ntp_base: float) -> None:
        """`ntp_base`: our NTP time in seconds at monotonic zero."""
        self.outlet = outlet
        self.ssrc = randbits(31) | 1
        self.active = False
        self.heard_at = 0.0
        self.deadline_ns = ALWAYS
        self.nacked = 0
        self.rtt: float | None = None
        self._patience = PATIENCE
        self._plan = plan
        self._ids = plan.ids
        self._sources = sources
        self._router = Router(plan.announced, {mid: line.rids for mid, line in plan.up.items()})
        self._flows: dict[int, Flow] = {}
        self._ntp_base = ntp_base
        self._ntp_shift: float | None = None
        self.slots = tuple(tuple(self._slot(line) if line else None for line in pair) for pair in plan.slots)
        self._by_ssrc = {slot.ssrc: slot for pair in self.slots for slot in pair if slot is not None}
        self.uplink = Uplink()
        self.up_loss = 0.0  # share of what the browser sent lately, before repair
        self.thinning = Thinning(list(self._by_ssrc.values()))

    @abstractmethod
    def _slot(self, line: SlotLine) -> Slot: ...

    @property
    @abstractmethod
    def packets(self) -> int:
        """RTP packets received so far."""

    @property
    @abstractmethod
    def octets(self) -> int:
        """Their bytes."""

    @property
    @abstractmethod
    def dropped(self) -> int:
        """Packets that belong to nothing, or came too late."""

    @abstractmethod
    def rtp(self, data: bytes, arrival_ns: int) -> None:
        """One decrypted RTP packet from the browser."""

    def _arrived(self, size: int, sent: int, now: float) -> None:
        if self.uplink.packet(now, sent if sent >= 0 else None, size):
            # Congestion: every tenth of a second that the publisher does not know of it fills its queue further.
            self._feedback(self._remb())

    def _bind(self, packet: Packet) -> Flow | None:
        repairs = any(line.rtx == packet.pt for line in self._plan.up.values())
        place = self._router.place(packet.ssrc, packet.mid, packet.rid, packet.repaired_rid, repairs)
        if place is None:
            return None
        line = self._plan.up[place.mid]
        source = self._sources[line.kind]
        if place.repair:
            stream = source.stream(place.layer)
            # A retransmission before its original's first packet has nothing to mend.
            if stream is None or self._flows.get(stream.ssrc) is None:
                return None
            flow = Flow(stream, line.rtx, line.pt, -1)
        else:
            flow = Flow(source.bind(place.layer, packet.ssrc, self._ids, packet.now), line.pt, -1, line.red)
        self._flows[packet.ssrc] = flow
        return flow

    def rtcp(self, data: bytes, now: float) -> None:
        """One decrypted compound RTCP packet from the browser."""
        if not self.active:
            return
        self.heard_at = now
        for kind, count, body in rtcp.split(data):
            if kind == rtcp.SR:
                self._sender_report(body, now)
            if kind in (rtcp.SR, rtcp.RR):
                for report in rtcp.reports(kind, count, body):
                    self._report(report, now)
            elif kind == rtcp.RTPFB and self._patience > 0:
                asked = rtcp.nacked(count, body)
                if asked is not None and (slot := self._by_ssrc.get(asked[0])) is not None:
                    self.nacked += len(asked[1])
                    self._patience -= len(asked[1])
                    slot.repeat(asked[1], now)
                    self.thinning.asked(slot, asked[1], now)
            elif kind == rtcp.PSFB:
                for ssrc in rtcp.key_requests(count, body):
                    slot = self._by_ssrc.get(ssrc)
                    if slot is not None:
                        slot.want_key(now)
                bits = rtcp.estimate(count, body)
                if bits is not None:
                    self.thinning.remb(bits, now)

    def _report(self, report: Report, now: float) -> None:
        slot = self._by_ssrc.get(report.ssrc)
        if slot is None:
            return
        slot.fraction_lost = report.fraction_lost / 256
        self.thinning.report(report, now)
        rtt = rtcp.round_trip(report, self._ntp_base + now)
        if rtt is not None:
            self.thinning.round_trip(rtt, now)
            self.rtt = rtt if self.rtt is None else self.rtt + (rtt - self.rtt) / 4

    def _sender_report(self, body: bytes, now: float) -> None:
        info = rtcp.sender_info(body)
        flow = self._flows.get(info[0]) if info else None
        if info is None or flow is None or flow.original_pt >= 0:
            return
        ssrc, ntp, stamp = info
        if self._ntp_shift is None:
            # One offset for all media of a publisher: two would let its sound and picture drift apart.
            self._ntp_shift = self._ntp_base + now - ntp
        stream = flow.stream
        if stream.ssrc == ssrc:
            stream.last_sr = (ntp + self._ntp_shift, stamp)
            stream.reception.last_sr = int(ntp * 65536) & 0xFFFFFFFF
            stream.reception.last_sr_at = now

    @property
    def asks(self) -> bool:
        """Whether something is to be asked for soon."""
        return any(
            stream.missing or stream.keys.pending for source in self._sources.values() for stream in source.streams()
        )

    def ask(self, now: float) -> None:
        """Send the requests that are due: for key frames, and for packets that did not arrive; many times a second."""
        self._patience = PATIENCE
        for source in self._sources.values():
            source.watch(now)
            for stream in source.streams():
                if stream.ssrc:
                    self._ask(stream, now, off=source.off(stream))

    def _ask(self, stream: Stream, now: float, *, off: bool) -> None:
        """`off`: its browser has switched this encoding off; asking would turn the other into key frames."""
        out = b""
        if stream.missing:
            lost, given_up = stream.missing.due(now, self.rtt or NO_RTT)
            if lost:
                out += rtcp.nack(self.ssrc, stream.ssrc, [number & 0xFFFF for number in lost])
            if given_up and stream.medium == "video" and stream.subscribers:
                stream.keys.want(now)
        if stream.medium == "video" and not off and stream.keys.due(now):
            out += rtcp.pli(self.ssrc, stream.ssrc)
        self._feedback(out)

    def _feedback(self, body: bytes) -> None:
        if body:
            # Feedback must travel in a compound that begins with a report (RFC 4585, section 3.1).
            head = rtcp.receiver_report(self.ssrc, []) + rtcp.source_description(self.ssrc, "heshi")
            self.outlet.send_rtcp(head + body)

    def report_switches(self, now: float) -> None:
        """A sender report at once for every slot that has just changed what it carries, so that lips stay matched."""
        for slot in self._by_ssrc.values():
            if slot.report_due:
                self._send_sender_report(slot, now)

    def send_sender_reports(self, now: float) -> None:
        """SR and SDES of every slot that carries something."""
        for slot in self._by_ssrc.values():
            self._send_sender_report(slot, now)

    def _send_sender_report(self, slot: Slot, now: float) -> None:
        report = slot.sender_report(self._ntp_base + now)
        if report is not None:
            self.outlet.send_rtcp(report)

    def send_receiver_report(self, now: float) -> None:
        """RR, SDES and REMB for what the browser publishes."""
        bound = list(self._bound())
        if not bound:
            return
        blocks = [stream.reception.report(stream.ssrc, now) for stream in bound]
        for stream in bound:
            stream.measure(now)
        for source in self._sources.values():
            source.refresh(now)
        expected = sum(stream.reception.expected_lately for stream in bound)
        self.up_loss = sum(stream.reception.lost_lately for stream in bound) / expected if expected else 0.0
        self.uplink.tick(now, self.up_loss)
        compound = rtcp.receiver_report(self.ssrc, blocks)
        compound += rtcp.source_description(self.ssrc, "heshi")
        self.outlet.send_rtcp(compound + self._remb())

    def _remb(self) -> bytes:
        video = [stream.ssrc for stream in self._bound() if stream.medium == "video"]
        return rtcp.remb(self.ssrc, self.uplink.estimate, video) if video else b""

    def _bound(self) -> Iterator[Stream]:
        for source in self._sources.values():
            for stream in source.streams():
                if stream.ssrc:
                    yield stream

    def detach(self) -> None:
        """Empty every slot."""
        for slot in self._by_ssrc.values():
            slot.detach()

    def counters(self) -> dict[str, int]:
        """What this connection has carried and mended so far."""
        slots = self._by_ssrc.values()
        streams = list(self._bound())
        return {
            "packets_in": self.packets,
            "bytes_in": self.octets,
            "packets_out": sum(slot.packets + slot.repeated for slot in slots),
            "bytes_out": sum(slot.octets for slot in slots),
            "dropped": self.dropped,
            "nacks_received": self.nacked,
            "retransmitted": sum(slot.repeated for slot in slots),
            "nacks_sent": sum(stream.missing.asked for stream in streams),
            "repaired": sum(stream.reception.repaired for stream in streams),
            "given_up": sum(stream.missing.lost for stream in streams),
        }
