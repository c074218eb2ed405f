"""What a sitting's recording does not cover, and why: from journals and timeline entries alone, without any key.

Only stretches between journals show here; a silence inside an open journal is the sender's. Causes, the first that
fits: "recorder_failed" (a pause that the recorder forced); "paused"; "outside_caucus" (others were in a caucus);
"worker_lost"; "other_device" (its seats were recorded at another one); "absent" (none of its seats was in the room);
"muted" (by the host); "switched_off" (sound or picture alone is missing, the other arrived); "reconnecting" (neither
came, though the room went on, and both came back in the same segment: so looks a lost connection, or both switched off
at once); "unknown".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from formats.manifest import Gap
from recording.clock import from_utc, to_utc

LEAST_MS = 2000
"""Shorter ones are how long a connection takes to change segments."""
SLIVER_MS = 1000
"""A shorter piece of a gap counts with the piece before it."""
ACTS = frozenset(
    {
        "session.started",
        "session.paused",
        "session.resumed",
        "session.ended",
        "caucus.entered",
        "caucus.left",
        "recording.gap",
        "host.entered",
        "seat.admitted",
        "seat.waiting",
        "seat.left",
        "seat.removed",
        "seat.muted",
        "seat.unmuted",
    }
)
"""Entries that tell of causes."""

Span = tuple[int, int]
"""From, until, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What one journal covers (UTC; None without packets)."""

    segment: str
    endpoint: str
    medium: str
    seats: tuple[str, ...]
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the timeline."""

    at: str
    act: str
    payload: Mapping[str, object]


def find_gaps(started: str, ended: str, journals: Sequence[Covered], told: Iterable[Told]) -> tuple[Gap, ...]:
    """Gaps of sound and camera of every endpoint that was recorded, in order; a screen has none, it is shared at will.

    Raises ValueError for times that are none.
    """
    story = _Story(_ms(started), _ms(ended), journals, list(told))
    found: list[Gap] = []
    for endpoint in sorted({one.endpoint for one in journals}):
        for medium in ("audio", "video"):
            if any(one.endpoint == endpoint and one.medium == medium for one in journals):
                found += story.gaps(endpoint, medium)
    return tuple(found)


class _Story:
    """The sitting as spans of time, by cause."""

    def __init__(self, start: int, end: int, journals: Sequence[Covered], told: Sequence[Told]) -> None:
        self._start, self._end, self._journals = start, end, journals
        self._told = sorted(told, key=lambda one: one.at)

    def gaps(self, endpoint: str, medium: str) -> list[Gap]:
        causes = self._causes(endpoint, medium)
        found: list[Gap] = []
        for gap in _holes((self._start, self._end), self._spans(endpoint, medium)):
            if gap[1] - gap[0] < LEAST_MS:
                continue
            found += [
                Gap(endpoint, medium, to_utc(since * 1_000_000), to_utc(until * 1_000_000), cause)
                for (since, until), cause in _pieces(gap, causes)
            ]
        return found

    def _spans(self, endpoint: str, medium: str | None = None) -> list[Span]:
        return [
            (_ms(one.first), _ms(one.last))
            for one in self._journals
            if one.endpoint == endpoint and medium in (None, one.medium) and one.first and one.last
        ]

    def _causes(self, endpoint: str, medium: str) -> list[tuple[str, list[Span]]]:
        mine = [one for one in self._journals if one.endpoint == endpoint]
        seats = {seat for one in mine for seat in one.seats}
        inside = {one.segment for one in mine}
        others = {one.endpoint for one in self._journals if one.endpoint != endpoint and seats & set(one.seats)}
        muted = [self._between(("seat.muted",), ("seat.unmuted",), seat) for seat in seats]
        return [
            ("recorder_failed", self._paused(by_recorder=True)),
            ("paused", self._paused(by_recorder=False)),
            ("outside_caucus", self._caucuses(inside)),
            ("worker_lost", self._lost(endpoint)),
            ("other_device", [span for other in others for span in self._spans(other)]),
            ("absent", self._absent(seats)),
            ("muted", [span for spans in muted for span in spans] if medium == "audio" else []),
            ("switched_off", self._spans(endpoint, "video" if medium == "audio" else "audio")),
            ("reconnecting", self._within_segments(mine)),
        ]

    def _paused(self, *, by_recorder: bool) -> list[Span]:
        begins = [
            _ms(one.at)
            for one in self._told
            if one.act == "session.paused" and (one.payload.get("cause") == "recorder") == by_recorder
        ]
        return [(begin, self._next(begin, ("session.resumed", "session.ended"))) for begin in begins]

    def _caucuses(self, inside: set[str]) -> list[Span]:
        return [
            (_ms(one.at), self._next(_ms(one.at), ("caucus.left",)))
            for one in self._told
            if one.act == "caucus.entered" and one.payload.get("segment") not in inside
        ]

    def _lost(self, endpoint: str) -> list[Span]:
        found = []
        for one in self._told:
            match one.act, one.payload:
                case "recording.gap", {"endpoint": str(whose), "from": str(since), "until": str(until)}:
                    if whose == endpoint:
                        found.append((_ms(since), _ms(until)))
        return found

    def _absent(self, seats: set[str]) -> list[Span]:
        """When none of the seats was in the room; a seat counts as outside before the first entry that lets it in."""
        spans: list[list[Span]] = []
        for seat in seats:
            left = ("seat.left", "seat.removed", "seat.waiting")
            out = self._between(left, ("seat.admitted", "host.entered"), seat)
            first = self._next(0, ("seat.admitted", "host.entered"), seat)
            spans.append([(0, first), *out])
        common = spans[0] if spans else []
        for other in spans[1:]:
            common = [(max(a, c), min(b, d)) for a, b in common for c, d in other if max(a, c) < min(b, d)]
        return common

    def _between(self, begins: tuple[str, ...], ends: tuple[str, ...], seat: str) -> list[Span]:
        return [
            (_ms(one.at), self._next(_ms(one.at), ends, seat))
            for one in self._told
            if one.act in begins and one.payload.get("seat") == seat
        ]

    def _next(self, after: int, acts: tuple[str, ...], seat: str | None = None) -> int:
        later = (
            _ms(one.at)
            for one in self._told
            if one.act in acts and _ms(one.at) >= after and seat in (None, one.payload.get("seat"))
        )
        return min(later, default=self._end)

    def _within_segments(self, mine: Sequence[Covered]) -> list[Span]:
        """From the first to the last arrival of each segment that has more than one journal of a medium."""
        found = []
        for segment in {one.segment for one in mine}:
            times = [_ms(at) for one in mine if one.segment == segment for at in (one.first, one.last) if at]
            if times:
                found.append((min(times), max(times)))
        return found


def _holes(whole: Span, covered: Sequence[Span]) -> list[Span]:
    """What of `whole` no span covers."""
    found, at = [], whole[0]
    for since, until in sorted(covered):
        if since > at:
            found.append((at, min(since, whole[1])))
        at = max(at, until)
    return [*found, (at, whole[1])] if at < whole[1] else [span for span in found if span[0] < span[1]]


def _pieces(gap: Span, causes: Sequence[tuple[str, Sequence[Span]]]) -> list[tuple[Span, str]]:
    """The gap cut where its cause changes."""
    edges = {at for _, spans in causes for span in spans for at in span if gap[0] < at < gap[1]}
    cuts = sorted({*gap, *edges})
    found: list[tuple[Span, str]] = []
    for since, until in itertools.pairwise(cuts):
        cause = next(
            (name for name, spans in causes if any(a <= since and until <= b for a, b in spans)),
            "unknown",
        )
        if found and (found[-1][1] == cause or until - since < SLIVER_MS):
            found[-1] = ((found[-1][0][0], until), found[-1][1])
        else:
            found.append(((since, until), cause))
    return found


def _ms(at: str) -> int:
    return from_utc(at) // 1_000_000
