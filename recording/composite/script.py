"""What the makers of a film are told about the sitting: plain times and words, nothing of rooms or cases."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from formats.canonical import canonical


@dataclass(frozen=True, slots=True)
class Card:
    """A period (nanoseconds since 1970) of which nothing is shown but `text`, so that time stays true."""

    start_ns: int
    end_ns: int
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A moment (nanoseconds since 1970) that a player can jump to."""

    at_ns: int
    title: str


@dataclass(frozen=True, slots=True)
class Script:
    """`started_ns` is time 0 of the film; `labels` say for each seat what stands on its tile (name, role, side)."""

    started_ns: int
    labels: Mapping[str, str]
    cards: tuple[Card, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    camera_off: str = "画面未开启"

    def card_at(self, at_ns: int) -> str | None:
        """What is to be shown instead of people at that moment."""
        return next((card.text for card in self.cards if card.start_ns <= at_ns < card.end_ns), None)

    def digest(self) -> str:
        """Tells two scripts apart (64 hex digits)."""
        return hashlib.sha256(canonical({**asdict(self), "labels": dict(self.labels)})).hexdigest()
