"""How a connection carries: what a browser reports, and what a seat is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.messages.base import Id, Message

Grade = Literal["good", "fair", "poor"]
Layer = Literal["high", "low", "none", "off"]
Sending = Literal["ok", "weak", "unseen"]

_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class QualityReport(Message):
    """What only the browser knows, since its last report; said every few seconds."""

    freezes: _Count = Field(description="pictures that stood still")
    frozen_ms: _Count = Field(description="how long, over all pictures")
    concealed: _Count = Field(description="samples of sound that had to be made up")
    heard: _Count = Field(description="all samples of sound")


class SeatQuality(Message):
    """A seat's figures; only the mediator is told them."""

    seat: Id
    grade: Grade
    picture: Layer = Field(description="the worst layer among the pictures it is to receive")
    sending: Sending
    layer: Layer = Field(description="the best layer of its own camera that arrives")
    up_kbps: int
    down_kbps: int
    loss_percent: int = Field(description="the worse of its two directions")
    rtt_ms: int | None
    freezes: int = Field(description="in this sitting")
    concealed_percent: int | None = Field(description="of the sound it heard lately; null: not known")


class QualityNews(Message):
    """How the reader's own connection carries; sent when it changes, never on record."""

    grade: Grade
    picture: Layer = Field(description="none: pictures are withheld so that the sound comes through")
    sending: Sending = Field(description="weak: others may see the reader badly; unseen: they get no picture")
    seats: list[SeatQuality] = Field(description="everybody whose state the reader may see; empty but for the mediator")


class SittingQuality(Message):
    """How a seat's connection carried over a sitting, as far as it was watched. Shares are per thousand."""

    seat: Id
    watched_s: int = Field(description="how long the seat was to hear and be heard while somebody watched")
    connected_s: int
    reconnects: int
    down_loss_median: int | None
    down_loss_worst: int | None
    up_loss_median: int | None
    up_loss_worst: int | None
    rtt_median_ms: int | None
    rtt_worst_ms: int | None
    picture_low: int | None = Field(description="share of the time with pictures due in which they were small")
    picture_none: int | None = Field(description="share in which they were withheld")
    concealed: int | None = Field(description="share of the heard sound that was made up; null: the browser cannot say")
    freezes: int
    frozen_s: int
