"""A browser that receives over a constant line, simulated as a fluid: what it is sent, what it says about that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from media.downlink import Downlink
from media.layers import AUDIO, Layer, Layers, Want

_STEP = 0.1  # seconds


@dataclass(frozen=True)
class Moment:
    """One second: what was chosen, bit/s sent, share lost, milliseconds of queue."""

    at: float
    layers: dict[int, Layer]
    sent: float
    lost: float
    queue_ms: float


@dataclass
class Subscriber:
    """A line of `capacity` bit/s with a queue of `depth` seconds that loses `loss` of everything besides.

    Its REMB (said where `rembs`) grows by 8 % a second up to one and a half times what comes, and falls to 0.85 of what
    comes when the queue grows, as browsers do it.
    """

    capacity: float
    depth: float = 0.3
    loss: float = 0.0
    rembs: bool = True
    layers: Layers = field(default_factory=Layers)
    path: Downlink = field(default_factory=Downlink)
    now: float = 500.0
    _queue: float = 0.0
    _remb: float = 0.0
    _cut_at: float = 0.0

    def run(
        self, seconds: int, wants: Sequence[Want], audible: int = 1, pulse: Callable[[float], float] = lambda _: 1.0
    ) -> list[Moment]:
        """The moments of a call in which these pictures flow; `pulse` sways their rates, `AUDIO` a voice."""
        rates = {want.slot: {"high": want.high or 0, "low": want.low or 0, "none": 0} for want in wants}
        moments = []
        for _ in range(seconds):
            chosen = self.layers.choose(self.now, wants, audible, self.path.outlook(self.now))
            sent = lost = 0.0
            for _ in range(round(1 / _STEP)):
                self.now += _STEP
                flows = AUDIO * audible + sum(rates[slot][layer] for slot, layer in chosen.items()) * pulse(self.now)
                offered = flows * _STEP
                arrives = offered * (1 - self.loss)
                self._queue += arrives
                out = min(self._queue, self.capacity * _STEP)
                self._queue -= out
                over = max(self._queue - self.depth * self.capacity, 0.0)
                self._queue -= over
                sent += offered
                lost += offered - arrives + over
                self._feel(out / _STEP)
            self.path.sent(self.now, sent)
            if sent:
                self.path.loss(self.now, lost / sent, sent / 8000)
            wait = self._queue / self.capacity
            self.path.rtt(self.now, 0.06 + wait)
            if self.rembs and any(layer != "none" for layer in chosen.values()):
                self.path.remb(self.now, int(self._remb))
            moments.append(Moment(self.now, chosen, sent, lost / max(sent, 1), wait * 1000))
        return moments

    def _feel(self, rate: float) -> None:
        grown = self._queue > 0.05 * self.capacity
        if grown and self.now - self._cut_at >= 0.5:
            self._cut_at = self.now
            before, self._remb = self._remb, min(0.85 * rate, self._remb or rate)
            if self.rembs and self._remb < 0.97 * before:
                self.path.remb(self.now, int(self._remb))  # browsers tell a fall at once
        elif not grown and self._remb < 1.5 * rate:
            self._remb = min(max(self._remb, 0.3 * rate) * 1.08**_STEP, 1.5 * rate)


def switches(moments: Sequence[Moment]) -> int:
    """How often a picture changed its layer, all slots together."""
    return sum(
        before.layers.get(slot) != layer for before, after in pairwise(moments) for slot, layer in after.layers.items()
    )
