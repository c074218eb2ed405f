"""One half (sound or picture) of a receive slot in a browser's connection."""

from __future__ import annotations

from secrets import randbelow

from media import rtcp
from media.continuity import AUDIO_STEP, SlotClock
from media.ports import Medium, Outlet
from media.rtp import ExtensionIds, Packet, Stamp
from media.source import RATES, Source
from media.vp8 import PictureRewriter


class Slot:
    """Carries at most one source at a time, as one uninterrupted stream on the SSRC announced in the answer."""

    __slots__ = (
        "_clock",
        "_generation",
        "_outlet",
        "_pictures",
        "_stamp",
        "cname",
        "flowing",
        "fraction_lost",
        "medium",
        "octets",
        "packets",
        "source",
        "ssrc",
    )

    def __init__(
        self, outlet: Outlet, medium: Medium, ssrc: int, pt: int, mid: str, ids: ExtensionIds, cname: str
    ) -> None:
        self._outlet = outlet
        self.medium = medium
        self.ssrc = ssrc
        self.cname = cname
        self._stamp = Stamp(ssrc, pt, mid, ids)
        # Starting in the lower half keeps the first wrap of the sequence away from the start of SRTP (RFC 3711, 3.3.1).
        self._clock = SlotClock(
            RATES[medium], AUDIO_STEP if medium == "audio" else 1, randbelow(0x8000), randbelow(1 << 32)
        )
        self._pictures = PictureRewriter(randbelow(1 << 15), randbelow(256)) if medium == "video" else None
        self._generation = -1
        self.source: Source | None = None
        self.flowing = False
        self.packets = self.octets = 0
        self.fraction_lost = 0

    def attach(self, source: Source, now: float) -> None:
        """Carry this source from its next packet (video: its next key frame) on."""
        self.detach()
        self.source = source
        self.flowing = False
        source.add(self, now)

    def detach(self) -> None:
        """Carry nothing; effective at once, even in the middle of a fan-out."""
        if self.source is not None:
            self.source.remove(self)
        self.source = None
        self.flowing = False

    def take(self, packet: Packet, source: Source) -> None:
        """Forward one packet of the source this slot carries now."""
        if self.source is not source:
            return
        pictures = self._pictures
        if not self.flowing or self._generation != source.generation:
            self.flowing = False
            if pictures is not None:
                if not packet.picture.key:
                    return
                pictures.begin(packet.picture)
            self._clock.begin(packet.seq, packet.ts, packet.now)
            self._generation = source.generation
            self.flowing = True
        sent_as = self._clock.carry(packet.seq, packet.ts, packet.now)
        if sent_as is None:
            return
        head = self._stamp.head(packet, sent_as[0], sent_as[1])
        if pictures is not None and packet.raw:
            head += pictures.carry(packet.picture, packet.raw)
        self.packets += 1
        self.octets += len(packet.tail)
        self._outlet.send_rtp(head, packet.tail)

    def sender_report(self, ntp: float) -> bytes | None:
        """SR and SDES that map this slot's timestamps to our clock (`ntp`: seconds since 1900), so that lips match."""
        source = self.source
        if source is None or not self.flowing or source.last_sr is None:
            return None
        at, stamp = source.last_sr
        stamp += round((ntp - at) * source.rate) + self._clock.ts_shift
        return rtcp.sender_report(self.ssrc, ntp, stamp, self.packets, self.octets) + rtcp.source_description(
            self.ssrc, self.cname
        )

    def want_key(self, now: float) -> None:
        """The browser lost the picture."""
        if self.source is not None and self.medium == "video":
            self.source.keys.want(now)
