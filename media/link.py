"""One negotiated connection as the forwarding core sees it: packets in, slots out. No sockets here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import randbits

from media import rtcp
from media.ports import Medium, Outlet
from media.router import Router
from media.rtp import ExtensionIds, Packet
from media.slot import Slot
from media.source import Kind, Source

REMB_BITS = 1_500_000  # per second; a generous fixed figure until the relay estimates by itself


@dataclass(frozen=True, slots=True)
class UpLine:
    """A published m-line: what it carries and with which payload type."""

    kind: Kind
    pt: int


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One m-line of a receive slot."""

    mid: str
    medium: Medium
    pt: int
    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What offer and answer agreed on."""

    up: Mapping[str, UpLine]  # by mid
    announced: Mapping[int, str]  # SSRC to mid
    slots: tuple[tuple[SlotLine | None, SlotLine | None], ...]  # (audio, video) per slot
    ids: ExtensionIds


class Link:
    """Routes what one browser sends to its sources, and holds the slots it receives."""

    def __init__(self, plan: Plan, sources: Mapping[Kind, Source], outlet: Outlet, ntp_base: float) -> None:
        """`ntp_base`: our NTP time in seconds at monotonic zero."""
        self.outlet = outlet
        self.ssrc = randbits(31) | 1
        self.active = False
        self.heard_at = 0.0
        self.dropped = 0
        self._plan = plan
        self._sources = sources
        self._router = Router(plan.announced, frozenset(plan.up))
        self._flows: dict[int, tuple[Source, int]] = {}
        self._packet = Packet()
        self._ntp_base = ntp_base
        self._ntp_shift: float | None = None
        self.slots = tuple(tuple(self._slot(line) for line in pair) for pair in plan.slots)
        self._by_ssrc = {slot.ssrc: slot for pair in self.slots for slot in pair if slot is not None}

    def _slot(self, line: SlotLine | None) -> Slot | None:
        if line is None:
            return None
        return Slot(self.outlet, line.medium, line.ssrc, line.pt, line.mid, self._plan.ids, line.cname)

    def rtp(self, data: bytes, arrival_ns: int) -> None:
        """One decrypted RTP packet from the browser."""
        packet = self._packet
        now = arrival_ns / 1e9
        if not self.active or not packet.read(data, arrival_ns, now):
            self.dropped += 1
            return
        self.heard_at = now
        flow = self._flows.get(packet.ssrc) or self._bind(packet)
        if flow is None or flow[1] != packet.pt:
            self.dropped += 1
            return
        source = flow[0]
        if source.medium == "audio":
            level = packet.extension(self._plan.ids.level)
            packet.level = level[0] if level else -1
        else:
            packet.level = -1
        source.feed(packet)

    def _bind(self, packet: Packet) -> tuple[Source, int] | None:
        mid = self._router.place(packet.ssrc, packet.extension(self._plan.ids.mid))
        if mid is None:
            return None
        line = self._plan.up[mid]
        flow = (self._sources[line.kind], line.pt)
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
                    slot = self._by_ssrc.get(report.ssrc)
                    if slot is not None:
                        slot.fraction_lost = report.fraction_lost
            elif kind == rtcp.PSFB:
                for ssrc in rtcp.key_requests(count, body):
                    slot = self._by_ssrc.get(ssrc)
                    if slot is not None:
                        slot.want_key(now)

    def _sender_report(self, body: bytes, now: float) -> None:
        info = rtcp.sender_info(body)
        flow = self._flows.get(info[0]) if info else None
        if info is None or flow is None:
            return
        ssrc, ntp, stamp = info
        if self._ntp_shift is None:
            # One offset for all media of a publisher: two would let its sound and picture drift apart.
            self._ntp_shift = self._ntp_base + now - ntp
        source = flow[0]
        if source.ssrc == ssrc:
            source.last_sr = (ntp + self._ntp_shift, stamp)
            source.reception.last_sr = int(ntp * 65536) & 0xFFFFFFFF
            source.reception.last_sr_at = now

    def ask_keys(self, now: float) -> None:
        """Send the picture loss indications that are due."""
        for source in self._bound():
            if source.medium == "video" and source.keys.due(now):
                self.outlet.send_rtcp(self._receiver_head() + rtcp.pli(self.ssrc, source.ssrc))

    def send_sender_reports(self, now: float) -> None:
        """SR and SDES of every slot that carries something."""
        ntp = self._ntp_base + now
        for slot in self._by_ssrc.values():
            report = slot.sender_report(ntp)
            if report is not None:
                self.outlet.send_rtcp(report)

    def send_receiver_report(self, now: float) -> None:
        """RR, SDES and REMB for what the browser publishes."""
        bound = self._bound()
        if not bound:
            return
        compound = rtcp.receiver_report(self.ssrc, [source.reception.report(source.ssrc, now) for source in bound])
        compound += rtcp.source_description(self.ssrc, "heshi")
        video = [source.ssrc for source in bound if source.medium == "video"]
        if video:
            compound += rtcp.remb(self.ssrc, REMB_BITS, video)
        self.outlet.send_rtcp(compound)

    def _receiver_head(self) -> bytes:
        # Feedback must travel in a compound that begins with a report (RFC 4585, section 3.1).
        return rtcp.receiver_report(self.ssrc, []) + rtcp.source_description(self.ssrc, "heshi")

    def _bound(self) -> list[Source]:
        return [source for ssrc, (source, _) in self._flows.items() if source.ssrc == ssrc]

    def detach(self) -> None:
        """Empty every slot."""
        for slot in self._by_ssrc.values():
            slot.detach()
