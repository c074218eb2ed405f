"""What one subscriber's path from us carries, told from that subscriber's own feedback. Pure state.

A browser's REMB (draft-alvestrand-rmcat-remb-03) cannot be read as a capacity: it stops at one and a half times what
the browser receives, so it is low because we send little, and after we send more it needs seconds to follow. What it
does tell is congestion: it *falls* when a queue builds up. Receiver reports (RFC 3550, section 6.4) add loss and round
trip.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.innate import Innate

START = 1_000_000  # bit/s, before anything is known

_FRESH = 6.0  # seconds that a word holds: browsers repeat each while there is something to receive
_FALL = 0.97  # a REMB below this share of the last one is a fall
_RISEN = 1.25  # times what it fell to: a REMB that has recovered
_LOW, _LESS, _VERY_LOW = 0.9, 0.65, 0.6  # shares of what we send; a browser cuts to 0.85 of what comes through
_PROOF, _FALLS = 3.0, 3  # seconds below _LESS, and falls meanwhile: it is the line, not a busy machine
_FALLING = 1.6  # seconds after a fall in which a browser would have cut again if it still had to
_PATIENCE = 2.0  # seconds that a queue must last; loss is smoothed anyway
_CALM = 0.08  # share lost at which more may be tried
_RADIO = 0.02  # share lost at which voices suffer
_TAIL_DROP = 0.03  # share lost beside a queue: the queue is full
_FOLD = 0.9  # seconds of reports taken together
_APART = 0.5  # seconds between two round trips worth telling apart
_QUEUE, _SHORT_QUEUE = 0.25, 0.12  # seconds of round trip above the shortest
_UNHEARD = 0.6  # such a queue where REMBs that tell of none: a busy machine answers late
_DEEP = 1.5  # such a queue is no busy machine's any more
_SHORTEST = 30.0  # seconds; the shortest round trip is that of the last one to two of these


@dataclass(frozen=True, slots=True)
class Outlook:
    """The state of one subscriber's path.

    `budget`: bit/s that it is believed to carry. `strained`: it carries less than we send, layers have to go.
    `roomy`: all is well, so that sending more may be tried. `loss`: share lost lately (0..1), whatever its cause.
    `radio`: it loses packets though nothing waits before it, as radio does: less would not help, twice will.
    `proven`: of a strain: packets are lost by it, or far less comes through for seconds. Without that it may as well be
    a machine too busy to read in time: both slow answers and a falling REMB look alike.
    `collapsed`: most is being lost right now, and waiting to see costs the voices.
    """

    budget: int
    strained: bool = False
    roomy: bool = False
    loss: float = 0.0
    radio: bool = False
    proven: bool = False
    collapsed: bool = False


class Downlink:
    """Feedback of one subscriber. Tell it everything as it comes; ask `outlook` about once a second."""

    __slots__ = (
        "_at",
        "_bad_since",
        "_deep_since",
        "_draining",
        "_falls",
        "_fell_at",
        "_fell_to",
        "_loss",
        "_lost",
        "_packets",
        "_remb",
        "_remb_at",
        "_rtt",
        "_rtt_at",
        "_sent",
        "_sent_least",
        "_shortest",
        "_shortest_before",
        "_shortest_until",
        "_thin_since",
    )

    def __init__(self) -> None:
        self._loss = Innate()
        self._lost = self._packets = 0.0
        self._at: float | None = None  # when reports were last folded
        self._remb = 0.0
        self._remb_at = -1e9
        self._fell_to: int | None = None  # the last REMB of a fall that it has not recovered from
        self._fell_at = -1e9
        self._sent: float | None = None
        self._sent_least = 0.0  # the last or the smoothed one: a step down does not prove itself
        self._rtt = 0.0
        self._draining = False  # round trips are becoming shorter
        self._rtt_at = -1e9
        self._shortest = self._shortest_before = 1e9
        self._shortest_until = 0.0
        self._bad_since: float | None = None
        self._deep_since: float | None = None
        self._thin_since: float | None = None
        self._falls = 0

    @property
    def estimate(self) -> int | None:
        """The last REMB in bit/s, for people to see; None before the first."""
        return int(self._remb) if self._remb_at > 0 else None

    def remb(self, now: float, bits: int) -> None:
        """The browser says it can receive so many bit/s."""
        if now - self._remb_at >= _FRESH:
            self._fell_to = None
        elif bits < _FALL * self._remb:
            self._fell_to, self._fell_at = bits, now
            self._falls += 1
        elif self._fell_to is not None and bits > _RISEN * self._fell_to:
            self._fell_to = None
        self._remb = float(max(bits, 0))
        self._remb_at = now
        if self._fell_to is None or bits >= _LESS * self._sent_least:
            self._thin_since = None
        elif self._thin_since is None:
            self._thin_since, self._falls = now, 1

    def loss(self, now: float, fraction: float, packets: float = 1.0) -> None:
        """A report block: `fraction` (0..1) lost of about so many packets that went into that slot since the last."""
        if self._at is None:
            self._at = now - _FOLD
        self._lost += min(max(fraction, 0.0), 1.0) * max(packets, 0.0)
        self._packets += max(packets, 0.0)

    def rtt(self, now: float, seconds: float) -> None:
        """A round trip, from a report's last-SR and delay fields."""
        if not 0 <= seconds < 30 or now - self._rtt_at < _APART:
            return  # arithmetic of foreign clocks, or another block of the same report
        if now - self._rtt_at >= _FRESH:
            self._rtt = seconds
        self._rtt_at = now
        self._draining = seconds < 0.9 * self._rtt
        # A short one is never chance; and browsers that get voices only report every five seconds.
        self._rtt += (seconds - self._rtt) * (0.8 if seconds < self._rtt else 0.5)
        if now >= self._shortest_until:
            self._shortest_before, self._shortest, self._shortest_until = self._shortest, seconds, now + _SHORTEST
        self._shortest = min(self._shortest, seconds)

    def sent(self, _now: float, bits_per_second: float) -> None:
        """What we have been sending over about the last second, retransmissions included."""
        self._sent_least = min(bits_per_second, self._sent or bits_per_second)
        self._sent = bits_per_second if self._sent is None else (self._sent + bits_per_second) / 2

    def budget(self, now: float) -> int:
        """Bit/s that the path is believed to carry."""
        return self.outlook(now).budget

    def outlook(self, now: float) -> Outlook:
        """What to make of all that was told so far."""
        sent = self._sent or 0.0
        self._fold(now, sent)
        lost = loss = queue = 0.0
        heavy = False
        if self._at is not None and now - self._at < _FRESH:
            lost, loss, heavy = self._loss.ours, self._loss.loss, self._loss.heavy
        if now - self._rtt_at < _FRESH:
            queue = self._rtt - min(self._shortest, self._shortest_before)
        told = now - self._remb_at < _FRESH
        fallen = told and self._fell_to is not None
        # It rises so slowly after a fall that it tells of the past, unless it falls on.
        low = fallen and now - self._fell_at < _FALLING and self._remb < _LOW * sent
        much = _UNHEARD if told and not fallen else _QUEUE
        full = queue > much or (queue > _SHORT_QUEUE and lost > _TAIL_DROP)
        self._bad_since = _since(self._bad_since, now, low or (full and not self._draining))
        self._deep_since = _since(self._deep_since, now, queue > _DEEP)
        plain = heavy or (low and self._remb < _VERY_LOW * sent)
        if plain or self._bad_since is not None:
            carried = 0.95 * sent * (1 - lost) if heavy else 0.85 * sent
            # A REMB that never fell says how little we sent, not how little comes through.
            return Outlook(
                int(min(carried, self._remb) if fallen else carried),
                strained=plain or _lasts(self._bad_since, now, _PATIENCE),
                loss=loss,
                proven=heavy
                or lost > _TAIL_DROP
                or (fallen and self._thin(now))
                or _lasts(self._deep_since, now, _PATIENCE),
            )
        if self._sent is None:
            return Outlook(int(self._remb) if told else START)
        calm = not fallen or self._remb > 1.1 * sent
        roomy = calm and lost < _CALM and queue < _SHORT_QUEUE
        radio = loss > _RADIO and queue < _SHORT_QUEUE
        return Outlook(int(max(self._remb, sent) if told else 1.5 * sent), roomy=roomy, loss=loss, radio=radio)

    def collapse(self, share: float) -> Outlook:
        """What to make of the browser's cry that this share of what we send is being lost."""
        sent = self._sent or float(START)
        return Outlook(int(0.9 * sent * (1 - share)), strained=True, loss=self._loss.loss, proven=True, collapsed=True)

    def _thin(self, now: float) -> bool:
        """Whether the browser has said for seconds, again and again, that far less comes through than is sent."""
        still = now - self._fell_at < _FALLING and self._remb < _LESS * self._sent_least
        return still and self._falls >= _FALLS and _lasts(self._thin_since, now, _PROOF)

    def _fold(self, now: float, sent: float) -> None:
        if self._at is not None and now - self._at >= _FOLD and self._packets:
            self._loss.report(now, self._lost / self._packets, sent)
            self._lost = self._packets = 0.0
            self._at = now


def _since(since: float | None, now: float, holds: bool) -> float | None:
    """Since when something holds without a break."""
    if not holds:
        return None
    return now if since is None else since


def _lasts(since: float | None, now: float, seconds: float) -> bool:
    return since is not None and now - since >= seconds
