"""Which encodings one browser's network carries: its own feedback in, the layers of its slots out."""

from __future__ import annotations

from media.slot import Slot


class Thinning:
    """The state of one subscriber; it depends on nobody else's."""

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self._slots = slots
        self.budget: int | None = None  # bit/s
        self.sent_rate = 0.0  # bit/s

    def remb(self, bits: int, now: float) -> None:
        """The browser's own estimate of what reaches it."""
        self.budget = bits

    def loss(self, slot: Slot, fraction: float, now: float) -> None:
        """A receiver report about one slot."""

    def decide(self, now: float) -> None:
        """Choose the layers anew; called about twice a second."""
        for slot in self._slots:
            slot.refresh(now)
