"""Which encodings one browser's network carries: its own feedback in, the layers of its slots out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from media.downlink import Downlink, Outlook
from media.follower import NONE
from media.layers import Layer, Layers, Want
from media.outcry import Outcry
from media.rtcp import Report
from media.slot import Slot
from media.source import Source
from media.stream import HIGH, LOW

_LAYER: dict[Layer, int] = {"high": HIGH, "low": LOW, "none": NONE}
_FAR_TOO_LOW = 0.6  # share of what we send
_RADIO_S = 2.0  # seconds of loss without a queue, after which voices go twice
_ENDS_S = 10.0  # seconds after a request in which the last packet of each frame goes twice
_ECHO_S = 20.0  # seconds for which they do; what comes twice is lost so seldom that reports no longer tell
_REPORTS_APART = 0.2  # seconds between two reports about one slot: each costs a look at all that it covers
_HEADERS = 60  # bytes of IP, UDP, RTP and authentication that each packet costs beside its payload


class Thinning:
    """The state of one subscriber; it depends on nobody else's. Sound is never touched."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._downlink = Downlink()
        self._layers = Layers()
        self._radio_since: float | None = None
        self._echo_until = self._ends_until = 0.0
        self._strained_at = -1e9
        self._outcries: dict[int, Outcry] = {}
        self._counted: int | None = None
        self._at = 0.0
        self._by_ssrc = {slot.ssrc: slot for slot in slots}
        self._reported: dict[int, tuple[int, int, float]] = {}  # highest number, packets lost in all, when
        self._lost = self._expected = 0.0
        self.sent_rate = 0.0
        """Bit/s that went to this browser over about the last second."""

    @property
    def estimate(self) -> int | None:
        """What the browser says its path carries, in bit/s."""
        return self._downlink.estimate

    @property
    def loss(self) -> float:
        """Share of packets lost on the way to this browser lately, before repair."""
        return self._lost / self._expected if self._expected else 0.0

    def remb(self, bits: int, now: float) -> None:
        """The browser's own estimate of what reaches it."""
        before = self.estimate
        self._downlink.remb(now, bits)
        if before is not None and bits < min(before, _FAR_TOO_LOW * self.sent_rate):
            self._choose(now, self._downlink.outlook(now))  # the first second of a collapse costs most

    def round_trip(self, seconds: float, now: float) -> None:
        """A round trip, as measured by one of its reports."""
        self._downlink.rtt(now, seconds)

    def report(self, report: Report, now: float) -> None:
        """A report block about one of its slots.

        What its publisher's network has lost never left here, and is taken off: the numbers have holes then. The count
        of all losses is compared, because what arrives late is taken off that again (RFC 3550, section 6.4.1).
        """
        slot, before = self._by_ssrc.get(report.ssrc), self._reported.get(report.ssrc)
        if slot is None or (before is not None and now - before[2] < _REPORTS_APART):
            return
        self._reported[report.ssrc] = (report.highest, report.lost, now)
        packets = report.highest - before[0] if before is not None else 0
        if before is None or not 0 < packets < 1 << 15:
            return
        unsent = slot.unsent(before[0] + 1, report.highest)
        sent = packets - unsent
        if not sent:
            return
        lost = min(max(report.lost - before[1] - unsent, 0), sent)
        self._downlink.loss(now, lost / sent, sent)
        self._lost += lost
        self._expected += sent

    def asked(self, slot: Slot, lost: Iterable[int], now: float) -> None:
        """The browser asks for these packets of a slot again."""
        ours = [seq for seq in lost if slot.sent(seq)]
        if ours and now - self._strained_at >= _ECHO_S:
            self._ends_until = now + _ENDS_S
            if slot.medium == "video":
                slot.echo = True
        share = self._outcries.setdefault(slot.ssrc, Outcry()).asked(ours, now, trying=self._layers.trying)
        if share:
            self._choose(now, self._downlink.collapse(share))

    def decide(self, now: float) -> None:
        """Choose the layers anew; called about once a second."""
        self._measure(now)
        self._choose(now, self._downlink.outlook(now))

    def _choose(self, now: float, outlook: Outlook) -> None:
        pictures = [(index, slot, slot.source) for index, slot in enumerate(self._slots) if slot.medium == "video"]
        wants = [_want(index, source, now) for index, _, source in pictures if source is not None]
        audible = sum(slot.medium == "audio" and slot.source is not None for slot in self._slots)
        self._echo(now, outlook)
        chosen = self._layers.choose(now, wants, audible, outlook)
        for index, slot, source in pictures:
            if source is None:
                continue
            layer = _LAYER[chosen[index]]
            if outlook.collapsed and layer < slot.layer:
                slot.cut(now)  # the large picture must not go on until the small one's key frame comes
            slot.aim(layer, now)

    def _echo(self, now: float, outlook: Outlook) -> None:
        """Voices go twice where packets are lost and nothing waits: a request takes longer than players wait.

        So do the ends of frames as soon as anything was lost: what follows them, and shows the hole, is a frame away.
        """
        if outlook.strained:
            self._strained_at = self._echo_until = now
        if not outlook.radio or now - self._strained_at < _ECHO_S:
            # A line that was full lately is not made fuller: its loss was its queue's, and reports lag.
            self._radio_since = None
        elif self._radio_since is None:
            self._radio_since = now
        elif now - self._radio_since >= _RADIO_S:
            self._echo_until = now + _ECHO_S
        ends = now < self._ends_until and not outlook.strained
        for slot in self._slots:
            slot.echo = now < self._echo_until if slot.medium == "audio" else ends

    def _measure(self, now: float) -> None:
        sent = sum(
            slot.octets + slot.repeated_octets + _HEADERS * (slot.packets + slot.repeated) for slot in self._slots
        )
        if self._counted is not None and now > self._at:
            self.sent_rate = (sent - self._counted) * 8 / (now - self._at)
            self._downlink.sent(now, self.sent_rate)
            for slot in self._slots:
                slot.pace(now - self._at)
        self._counted, self._at = sent, now
        # What was reported long ago fades: half of it in about two seconds.
        self._lost *= 0.7
        self._expected *= 0.7


def _want(index: int, source: Source, now: float) -> Want:
    return Want(index, _rate(source, LOW, now), _rate(source, HIGH, now), screen=source.kind == "screen")


def _rate(source: Source, layer: int, now: float) -> int | None:
    stream = source.arriving(layer, now)
    return int(stream.bit_rate) if stream is not None else None
