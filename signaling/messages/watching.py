"""Watching a sitting: its films, what happened when, who spoke, and what an officer watched of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signaling.messages.base import Id, Message, Side, Time

MAX_RANGES = 200
MAX_MS = 7 * 86_400_000


class FilmRow(Message):
    """One film of the sitting. Its time 0 is the sitting's start, as is that of all the others."""

    id: Id
    seats: list[Id]
    names: list[str]
    screen: bool
    composite: bool = Field(description="everybody in one picture; it comes first")
    status: Literal["capturing", "processing", "ready", "failed", "partial", "empty"]
    duration_ms: int | None
    note: str = Field(description="a stable code where something is missing or failed")
    content: str = Field(description="path of the file")
    speech: str = Field(description="Base64: a byte (0 to 100) per half second, how loud it was; empty where unknown")


class Mark(Message):
    """Something that happened in the sitting, and when."""

    seq: int = Field(description="its number on the timeline; 0 for what is told of the agreement's words")
    at: Time
    ms: int = Field(description="place in the films; negative before their time 0")
    act: str
    seat: Id | None
    name: str
    side: Side | None
    matter: str = Field(description="what was consented to, how somebody was recognised, or a clause's printed number")


class Apart(Message):
    """A stretch of the sitting with one side alone: not in the films."""

    from_ms: int
    until_ms: int
    side: Side


class WatchView(Message):
    """A sitting to watch."""

    case: Id
    number: str
    session: Id
    session_number: int
    started_at: Time | None
    ended_at: Time | None
    length_ms: int
    films: list[FilmRow]
    marks: list[Mark]
    apart: list[Apart]


class Place(Message):
    """A place in a sitting's films."""

    session: Id
    ms: int


class PlaceOf(Message):
    """Where one person, term or clause (by id) is to be found."""

    id: Id
    seat: Id | None = Field(description="the person's; null for words")
    place: Place


class Minutes(Message):
    """Where the agreement's words were written, locked and signed; what lies in no sitting is left out."""

    lock: Place | None
    signatures: list[PlaceOf]
    terms: list[PlaceOf]
    clauses: list[PlaceOf] = Field(description="id: the clause's number, from 0")


class Stretch(Message):
    """A part of a film."""

    from_ms: Annotated[int, Field(ge=0, le=MAX_MS)]
    until_ms: Annotated[int, Field(ge=0, le=MAX_MS)]


class Watched(Message):
    """What was played of a film, said on leaving it."""

    film: Id
    stretches: Annotated[list[Stretch], Field(max_length=MAX_RANGES)]


class DownloadFilm(Message):
    """Why the file is taken out of the house."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=300)]


class FilmAddress(Message):
    """Where the file can be fetched, by the same officer, for ten minutes."""

    path: str
