"""How a connection carries, in words: pure rules from figures to grades, and who is told what.

Thresholds: a round trip under 300 ms is not felt in talk and one over 800 ms breaks it (ITU-T G.114: 150 and 400 ms one
way); losses are counted before repair, of which 3 % go unnoticed, 10 % may be heard and 20 % are; made-up sound, which
only the browser knows, is heard from about 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from rooms.views import RoomView
from signaling.messages.quality import Grade, Layer, QualityNews, QualityReport, SeatQuality, Sending

FAIR_LOSS, POOR_LOSS, WORST_LOSS = 0.03, 0.10, 0.20
FAIR_RTT_MS, POOR_RTT_MS = 300, 800
FAIR_CONCEALED, POOR_CONCEALED = 0.02, 0.05
WEAK_UP_LOSS = 0.08
THIN_UP_KBPS = 400
"""Below it a camera's high layer does not fit beside the sound."""
MAX_PICTURES = 8

T = TypeVar("T")


class Figures(BaseModel):
    """What the relay measured on one endpoint's connection (`media.Quality`); later fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    up_kbps: int = Field(ge=0)
    up_loss: float = Field(ge=0, le=1)
    down_kbps: int = Field(ge=0)
    down_loss: float = Field(ge=0, le=1)
    rtt_ms: int | None = Field(ge=0)
    down_estimate_kbps: int | None = Field(ge=0)
    up_estimate_kbps: int | None = Field(ge=0)
    picture: Layer
    sending: Layer


class RoomFigures(BaseModel):
    """One room in a worker's report."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    epoch: int
    endpoints: dict[str, Figures]


class WorkerReport(BaseModel):
    """A worker's `quality` event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rooms: dict[str, RoomFigures]
    counters: dict[str, int]


_REPORT = TypeAdapter(WorkerReport)


def read_report(data: object) -> WorkerReport:
    """The event, checked. Raises ValidationError."""
    return _REPORT.validate_python(data)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known from a seat's browser: the freezes of this sitting, and how its sound was lately."""

    freezes: int = 0
    concealed_share: float | None = None
    """`None`: nothing was heard lately, or the browser does not tell."""


def clamped(report: QualityReport, elapsed_s: float) -> QualityReport:
    """The report with nothing in it that cannot have happened in `elapsed_s` seconds."""
    longest_ms = round(1000 * max(0.0, elapsed_s)) * MAX_PICTURES
    return report.model_copy(
        update={
            "freezes": min(report.freezes, longest_ms // 100),
            "frozen_ms": min(report.frozen_ms, longest_ms),
            "concealed": min(report.concealed, report.heard),
        }
    )


def grade_of(figures: Figures, heard: Heard) -> Grade:
    """One word for the connection.

    Smaller pictures alone are no trouble, they keep the rest good; nor is a loss that the browser says is mended.
    """
    loss = max(figures.up_loss, figures.down_loss)
    rtt = figures.rtt_ms or 0
    concealed = heard.concealed_share or 0.0
    mended = heard.concealed_share is not None and concealed < FAIR_CONCEALED
    lost = loss >= WORST_LOSS or (figures.down_loss >= POOR_LOSS and not mended)
    if figures.picture == "none" or lost or rtt >= POOR_RTT_MS or concealed >= POOR_CONCEALED:
        return "poor"
    if loss >= FAIR_LOSS or rtt >= FAIR_RTT_MS or concealed >= FAIR_CONCEALED or sending_of(figures) != "ok":
        return "fair"
    return "good"


def sending_of(figures: Figures) -> Sending:
    """How the person's own camera arrives.

    A low layer counts only with a sign that it is the network: a slow processor may make it, too, and every connection
    begins with it.
    """
    if figures.sending == "off":
        return "ok"
    if figures.sending == "none":
        return "unseen"
    thin = figures.up_estimate_kbps is not None and figures.up_estimate_kbps < THIN_UP_KBPS
    low = figures.sending == "low" and (thin or figures.up_loss >= FAIR_LOSS)
    return "weak" if low or figures.up_loss >= WEAK_UP_LOSS else "ok"


@dataclass(frozen=True, slots=True)
class Steady(Generic[T]):
    """A value that is shown anew only after it has been seen `needed` times in a row, so that words do not flicker."""

    shown: T
    needed: int = 2
    candidate: T | None = None
    times: int = 0

    def see(self, value: T) -> Steady[T]:
        """The state after one more look."""
        if value == self.shown:
            return replace(self, candidate=None, times=0)
        times = self.times + 1 if value == self.candidate else 1
        if times >= self.needed:
            return Steady(value, self.needed)
        return replace(self, candidate=value, times=times)


Words = tuple[Grade, Layer, Sending]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one connected seat now."""

    figures: Figures
    words: Words
    heard: Heard = field(default_factory=Heard)


def words_of(figures: Figures, heard: Heard) -> Words:
    """Grade, received picture and own sending of one look."""
    return grade_of(figures, heard), figures.picture, sending_of(figures)


def news_for(view: RoomView, known: Mapping[str, Known]) -> QualityNews | None:
    """What the reader of `view` is told; `None`: nothing is known of their own connection, or they are not inside.

    Quality leaks out of a caucus as easily as sound: nobody but the mediator learns of others, and the mediator only of
    those whose live state the view shows.
    """
    own = known.get(view.you.seat)
    if own is None or view.you.presence != "admitted" or view.waiting_hint == "replaced":
        return None
    others = (
        [peer.seat for peer in view.peers if not peer.apart and peer.online and peer.media == "connected"]
        if view.you.role == "mediator"
        else []
    )
    grade, picture, sending = own.words
    seats = [_seat(seat, known[seat]) for seat in others if seat in known]
    return QualityNews(grade=grade, picture=picture, sending=sending, seats=seats)


def _seat(seat: str, known: Known) -> SeatQuality:
    figures, (grade, picture, sending) = known.figures, known.words
    concealed = known.heard.concealed_share
    return SeatQuality(
        seat=seat,
        grade=grade,
        picture=picture,
        sending=sending,
        layer=figures.sending,
        # Coarse enough that an unchanged connection is not news every time.
        up_kbps=_round(figures.up_kbps, 50),
        down_kbps=_round(figures.down_kbps, 50),
        loss_percent=round(100 * max(figures.up_loss, figures.down_loss)),
        rtt_ms=None if figures.rtt_ms is None else _round(figures.rtt_ms, 10),
        freezes=known.heard.freezes,
        concealed_percent=None if concealed is None else round(100 * concealed),
    )


def _round(value: int, step: int) -> int:
    return (value + step // 2) // step * step
