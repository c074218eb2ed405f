"""Where an act lies in a sitting's recording: (sitting, milliseconds since the recording's time 0).

Time 0 of every film of a sitting is its start. Both ends are entries of the case's timeline and carry two clocks: the
monotonic one of the process that wrote them, which nobody can step, and the wall clock, which holds across processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from recording.clock import from_utc

OPENED = "session.opened"
STARTED = "session.started"
ENDED = "session.ended"


class Moment(Protocol):
    """An entry's two clocks."""

    @property
    def at(self) -> str:
        """Wall time, UTC ISO."""
        ...

    @property
    def mono_ns(self) -> int:
        """Monotonic nanoseconds of the process `boot`."""
        ...

    @property
    def boot(self) -> str:
        """Names the process."""
        ...


class Noted(Moment, Protocol):
    """An entry of the timeline, as far as positions need it."""

    @property
    def seq(self) -> int:
        """Its number."""
        ...

    @property
    def act(self) -> str:
        """What was done."""
        ...

    @property
    def actor(self) -> str:
        """Who did it."""
        ...

    @property
    def payload(self) -> Mapping[str, Any] | None:
        """Its content, if that can still be read."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a sitting's recording; `ms` is negative before its time 0."""

    session: str
    ms: int


def since(start: Moment, moment: Moment) -> int:
    """Milliseconds from `start` to `moment`: by the monotonic clock where both were told by the same process."""
    if start.boot == moment.boot:
        return (moment.mono_ns - start.mono_ns) // 1_000_000
    return (from_utc(moment.at) - from_utc(start.at)) // 1_000_000


def positions(entries: Iterable[Noted]) -> dict[int, Position]:
    """Where each entry (in order, with the sittings' starts and ends among them) lies, by its number.

    What happened outside of a sitting has no position; what happened in one that was open and had not begun yet has one
    before 0.
    """
    found: dict[int, Position] = {}
    before: list[Noted] | None = None
    session, start = "", None
    for entry in entries:
        if entry.act == OPENED:
            before = []
        if entry.act == STARTED:
            session, start = str((entry.payload or {}).get("session", "")), entry
            found |= {early.seq: Position(session, since(start, early)) for early in before or ()}
        if start is not None:
            found[entry.seq] = Position(session, since(start, entry))
        elif before is not None:
            before.append(entry)
        if entry.act == ENDED:
            before, start = None, None
    return found
