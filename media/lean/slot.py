"""One half of a receive slot, packet by packet."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from media.continuity import AUDIO_STEP, SlotClock
from media.extensions import ExtensionIds, renumber, renumbering
from media.ports import Outlet
from media.rtp import Packet, extension_block
from media.rtx import PICTURES_KEPT, SOUND_KEPT, Resender
from media.serial import ahead16
from media.slot import Slot, SlotLine, Start
from media.source import RATES
from media.stream import Stream
from media.vp8 import PictureRewriter

_FIXED = struct.Struct("!BBHII")


class LeanSlot(Slot):
    """See `Slot`."""

    __slots__ = (
        "_clock",
        "_forgotten",
        "_ids",
        "_outlet",
        "_pictures",
        "_pt",
        "_renumber",
        "_resender",
        "_ring_put",
        "_shared",
        "octets",
        "packets",
        "repeated",
        "repeated_octets",
    )

    packets: int
    octets: int
    repeated: int
    repeated_octets: int

    def __init__(self, outlet: Outlet, line: SlotLine, ids: ExtensionIds, start: Start) -> None:
        super().__init__(line)
        self._outlet = outlet
        self._ids = ids
        self._renumber: Mapping[int, int] | None = None
        self._pt = line.pt
        self._shared = False
        sound = line.medium == "audio"
        self._clock = SlotClock(RATES[line.medium], AUDIO_STEP if sound else 1, start.seq, start.ts)
        self._pictures = None if sound else PictureRewriter(start.picture, start.tl0)
        self._resender = Resender(*line.rtx, start.rtx_seq, bool(ids.sent), SOUND_KEPT if sound else PICTURES_KEPT)
        self._ring_put = self._resender.ring.put
        self.packets = self.octets = self.repeated = self.repeated_octets = 0
        self._forgotten = 0, self._clock.seq  # packets and sequence number when what was sent before was forgotten

    def _forget(self) -> None:
        self._resender.clear()
        self._forgotten = self.packets, self._clock.seq

    def take(self, packet: Packet, stream: Stream) -> None:
        """Forward one packet of the source this slot carries now, or shall carry."""
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
            if self._pictures is None:
                self._send_before(seq)
            elif packet.marker:
                self._again((seq,), packet.now)

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
        floor = self._begins(stream, packet.picture.key)
        if floor is None:
            return False
        self._switched(stream, stream.generation, floor)
        if self._pictures is not None:
            self._pictures.begin(packet.picture)
            self._forget()  # a key frame needs nothing from before it
        self._clock.begin(packet.seq, packet.ts, packet.now)
        self._renumber = renumbering(stream.ids, self._ids)
        self._shared = self._renumber is None and stream.ids.sent == self._ids.sent
        self.report_due = True
        return True

    def _again(self, lost: Sequence[int], now: float) -> int:
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
        """See `Slot`."""
        return self._resender.ring.get(seq) is not None

    def unsent(self, first: int, last: int) -> int:
        """See `Slot`."""
        newest, ring = self._clock.seq, self._resender.ring
        packets, seq = self._forgotten
        size = ring.size
        kept = size if self.packets - packets >= size else min(ahead16(newest, seq), size)
        numbers = range(max(first, last - size + 1), last + 1)
        return sum(0 <= ahead16(newest, seq & 0xFFFF) < kept and ring.get(seq & 0xFFFF) is None for seq in numbers)

    def _paced(self, packets_per_second: float) -> None:
        self._resender.pace(packets_per_second)

    def _ts_shift(self) -> int:
        return self._clock.ts_shift
