"""The three tracks of mediation, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

TrackCode = Literal["ZA", "JT", "RM"]


@dataclass(frozen=True)
class Track:
    """A track: its names, and the documents that end it with and without agreement (by their Chinese titles)."""

    code: TrackCode
    zh: str
    en: str
    agreed_form: str
    failed_form: str


TRACKS: Final[dict[str, Track]] = {
    track.code: track
    for track in (
        Track("ZA", "治安调解", "public-order mediation", "治安调解协议书", "调解不成记录"),
        Track(
            "JT",
            "道路交通事故损害赔偿调解",
            "traffic-accident compensation mediation",
            "道路交通事故损害赔偿调解书",
            "道路交通事故损害赔偿调解终结书",
        ),
        Track("RM", "人民调解", "people's mediation", "人民调解协议书", "调解不成告知"),
    )
}
