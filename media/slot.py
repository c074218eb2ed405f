"""One half (sound or picture) of a receive slot in a browser's connection."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from secrets import randbelow, randbits

from media import rtcp
from media.continuity import AUDIO_STEP, SlotClock
from media.extensions import ExtensionIds, renumber, renumbering
from media.follower import NONE, Follower
from media.ports import Medium, Outlet
from media.rtp import Packet, extension_block
from media.rtx import PICTURES_KEPT, SOUND_KEPT, Resender
from media.serial import ahead16
from media.source import RATES
from media.stream import Stream
from media.vp8 import PictureRewriter

_FIXED = struct.Struct("!BBHII")


class Slot(Follower):
    """Carries at most one source at a time, as one uninterrupted stream on the SSRC announced in the answer."""

    __slots__ = (
        "_clock",
        "_counted",
        "_forgotten",
        "_ids",
        "_outlet",
        "_pictures",
        "_pt",
        "_renumber",
        "_resender",
        "_ring_put",
        "_shared",
        "cname",
        "echo",
        "fraction_lost",
        "medium",
        "octets",
        "packets",
        "repeated",
        "repeated_octets",
        "report_due",
        "ssrc",
    )

    def __init__(
        self,
        outlet: Outlet,
        medium: Medium,
        ssrc: int,
        pt: int,
        ids: ExtensionIds,
        cname: str,
        rtx: tuple[int, int] = (0, 0),
    ) -> None:
        """`rtx`: SSRC and payload type of the retransmission stream; zeros: lost packets are repeated as they were."""
        super().__init__(first=False)
        self._outlet = outlet
        self.medium = medium
        self.ssrc = ssrc
        self.cname = cname
        self._ids = ids
        self._renumber: Mapping[int, int] | None = None
        self._pt = pt
        self._shared = False
        # Starting in the lower half keeps the first wrap of the sequence away from the start of SRTP (RFC 3711, 3.3.1).
        self._clock = SlotClock(RATES[medium], AUDIO_STEP if medium == "audio" else 1, randbelow(0x8000), randbits(32))
        self._pictures = PictureRewriter(randbelow(1 << 15), randbelow(256)) if medium == "video" else None
        self._resender = Resender(
            *rtx, randbelow(0x8000), bool(ids.sent), SOUND_KEPT if medium == "audio" else PICTURES_KEPT
        )
        self._ring_put = self._resender.ring.put
        self.packets = self.octets = self.repeated = self.repeated_octets = 0
        self._counted = 0
        self._forgotten = 0, self._clock.seq  # packets and sequence number when what was sent before was forgotten
        self.fraction_lost = 0.0
        self.report_due = False
        self.echo = False
        """Whether every packet goes twice, the second time with the next one: for voices on a line that loses some."""

    @property
    def withheld(self) -> bool:
        """Whether its picture is not sent because the browser's network is too thin for it."""
        return self.source is not None and self.layer == NONE

    def detach(self) -> None:
        """Carry nothing; what was sent is not repeated any more either."""
        if self.source is not None:
            self._forget()
        super().detach()

    def cut(self, now: float) -> None:
        """Withhold the picture at once, and do not repeat what was sent of it."""
        self._forget()
        self.aim(NONE, now)

    def _forget(self) -> None:
        self._resender.clear()
        self._forgotten = self.packets, self._clock.seq

    def take(self, packet: Packet, stream: Stream) -> None:
        """Forward one packet of the source this slot carries now."""
        if (stream is not self._stream or self._generation != stream.generation) and not self._begin(packet, stream):
            return
        sent_as = self._clock.carry(packet.seq, packet.ts, packet.now)
        if sent_as is None:
            return
        seq, ts = sent_as
        block = packet.block if self._shared else self._block(packet)
        if block is None:
            block = packet.block = extension_block(self._ids.sent, packet.now, packet.carried)
        first = 0x90 | packet.padded if block else 0x80 | packet.padded
        head = _FIXED.pack(first, packet.marker | self._pt, seq, ts, self.ssrc) + block
        if self._pictures is not None and packet.picture.size:
            head += self._pictures.carry(packet.picture, packet.raw)
        tail = packet.tail
        self._ring_put(seq, head, tail)
        self.packets += 1
        self.octets += len(tail)
        self._outlet.send_rtp(head, tail)
        if self.echo:
            self._send_before(seq)

    def _send_before(self, seq: int) -> None:
        before = self._resender.ring.get((seq - 1) & 0xFFFF)
        if before is not None:
            self._outlet.send_rtp(*before)
            self.repeated += 1
            self.repeated_octets += len(before[1])

    def _block(self, packet: Packet) -> bytes:
        carried = packet.carried
        if carried and self._renumber is not None:
            carried = renumber(carried, self._renumber)
        return extension_block(self._ids.sent, packet.now, carried)

    def _begin(self, packet: Packet, stream: Stream) -> bool:
        if not self._switch(packet, stream):
            return False
        if self._pictures is not None:
            self._pictures.begin(packet.picture)
            self._forget()  # a key frame needs nothing from before it
        self._clock.begin(packet.seq, packet.ts, packet.now)
        self._renumber = renumbering(stream.ids, self._ids)
        self._shared = self._renumber is None and stream.ids.sent == self._ids.sent
        self.report_due = True
        return True

    def repeat(self, lost: list[int], now: float) -> int:
        """Send again what the browser asks for and may have; returns how many packets."""
        if self.source is None:
            return 0
        count = 0
        for seq in lost:
            again = self._resender.again(seq, now)
            if again is not None:
                self._outlet.send_rtp(*again)
                self.repeated_octets += len(again[1])
                count += 1
        self.repeated += count
        return count

    def sent(self, seq: int) -> bool:
        """Whether this packet was sent here lately; one that its publisher's network has lost was not."""
        return self._resender.ring.get(seq) is not None

    def unsent(self, first: int, last: int) -> int:
        """How many of these sequence numbers (extended, both included) were not sent here, as far as is remembered."""
        newest, ring = self._clock.seq, self._resender.ring
        packets, seq = self._forgotten
        size = ring.size
        kept = size if self.packets - packets >= size else min(ahead16(newest, seq), size)
        numbers = range(max(first, last - size + 1), last + 1)
        return sum(0 <= ahead16(newest, seq & 0xFFFF) < kept and ring.get(seq & 0xFFFF) is None for seq in numbers)

    def pace(self, seconds: float) -> None:
        """So long is it since the last call: what may be repeated follows from what was sent."""
        self._resender.pace((self.packets - self._counted) / seconds)
        self._counted = self.packets

    def sender_report(self, ntp: float) -> bytes | None:
        """SR and SDES that map this slot's timestamps to our clock (`ntp`: seconds since 1900), so that lips match.

        RFC 3550, section 6.4.1.
        """
        stream = self._stream
        if stream is None or stream.last_sr is None:
            return None
        self.report_due = False
        at, stamp = stream.last_sr
        stamp += round((ntp - at) * stream.rate) + self._clock.ts_shift
        return rtcp.sender_report(self.ssrc, ntp, stamp, self.packets, self.octets) + rtcp.source_description(
            self.ssrc, self.cname
        )

    def want_key(self, now: float) -> None:
        """The browser lost the picture."""
        if self._stream is not None and self.medium == "video":
            self._stream.keys.want(now)
