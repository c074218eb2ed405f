"""What a client may send about cases, officers and organs: shapes and sizes.

Only shapes: what a name or a number must be like is for `cases.rules`, applied by the use cases, so that each refusal
has its own code. `None` in a change means "leave as it is".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cases.model import Gender, IdType, Outcome, Role, Side, Status
from cases.rules.tracks import TrackCode

Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")]
Line = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=100)]
Moment = Annotated[str, Field(max_length=40, description="ISO 8601 with zone, or empty if unknown")]
Facts = Annotated[str, Field(max_length=10_000)]
Note = Annotated[str, Field(max_length=2_000)]
# Longer than a name may be, so that an overlong one reaches the rule and gets its plain sentence.
Name = Annotated[str, Field(max_length=1_000)]
Day = Annotated[str, Field(max_length=10, description="ISO date, or empty if unknown")]


class Input(BaseModel):
    """Strict, frozen, without unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NewParty(Input):
    """A person to be entered. A resident number supplies sex and birth date where they are left out."""

    side: Side
    name: Name
    name_substitute: Name = ""
    id_type: IdType
    id_number: Short
    phone: Short
    address: Line = ""
    gender: Gender | None = None
    birth_date: Day = ""
    workplace: Line = ""
    private_contact: bool = False


class PartyChanges(Input):
    """What to change about a party. The side stays: seats and caucus walls hang on it."""

    name: Name | None = None
    name_substitute: Name | None = None
    id_type: IdType | None = None
    id_number: Short | None = None
    phone: Short | None = None
    address: Line | None = None
    gender: Gender | None = None
    birth_date: Day | None = None
    workplace: Line | None = None
    private_contact: bool | None = None


class NewCase(Input):
    """A case to be opened: by default in the creator's organ, with the creator responsible."""

    number: Annotated[str, Field(max_length=200)]
    track: TrackCode
    cause: Line
    happened_at: Moment = ""
    place: Line = ""
    facts: Facts = ""
    officer_id: Identifier | None = None
    organ_id: Identifier | None = None
    community: Short = ""
    parties: Annotated[list[NewParty], Field(max_length=50)]


class CaseChanges(Input):
    """What to change about a case."""

    number: Annotated[str, Field(max_length=200)] | None = None
    track: TrackCode | None = None
    cause: Line | None = None
    happened_at: Moment | None = None
    place: Line | None = None
    facts: Facts | None = None
    officer_id: Identifier | None = None
    community: Short | None = None


class CaseFilters(Input):
    """Which cases to list; `text` is a part of the number or the cause."""

    status: Status | None = None
    track: TrackCode | None = None
    officer_id: Identifier | None = None
    organ_id: Identifier | None = None
    text: Short = ""


class PageRequest(Input):
    """Where a page starts (`Page.next` of the one before) and how long it is."""

    after: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Closing(Input):
    """How a case ended."""

    outcome: Outcome
    note: Note = ""


class NewOrgan(Input):
    """An organ to be added below `parent_id`."""

    parent_id: Identifier
    name: Short
    kind: Literal["bureau", "station", "committee", "brigade"]


class NewOfficer(Input):
    """An account to be added."""

    organ_id: Identifier
    username: Annotated[str, Field(max_length=64)]
    name: Name
    post: Short = ""
    role: Role
