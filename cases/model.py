"""What a case is: plain frozen values, as they stand decrypted in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cases.rules.tracks import TrackCode

Role = Literal["officer", "supervisor", "administrator"]
Side = Literal["A", "B"]
Gender = Literal["male", "female"]
Status = Literal["open", "closed"]
Outcome = Literal["agreed", "not_agreed", "suspended", "withdrawn", "not_applicable"]
IdType = Literal["resident", "passport", "hk_macau", "taiwan", "foreign_residence", "other"]


@dataclass(frozen=True)
class Organ:
    """A station, committee or brigade; organs form a tree."""

    id: str
    parent_id: str | None
    name: str
    kind: str


@dataclass(frozen=True)
class Officer:
    """A person with an account. `post` is the office held, as printed on documents.

    `may_download` is the right to take recordings out of the house, given by an administrator.
    """

    id: str
    organ_id: str
    username: str
    name: str
    post: str
    role: Role
    disabled: bool
    must_change_password: bool
    may_download: bool = False


@dataclass(frozen=True)
class Case:
    """A dispute's record. Times are UTC ISO with milliseconds and `Z`; `happened_at` may be empty if unknown."""

    id: str
    organ_id: str
    number: str
    track: TrackCode
    cause: str
    happened_at: str
    place: str
    facts: str
    officer_id: str
    community: str
    status: Status
    outcome: Outcome | None
    created_at: str
    revision: int
    closed_at: str | None
    closing_note: str


@dataclass(frozen=True)
class Party:
    """A person on one side of a case. `birth_date` is an ISO date or empty.

    `name_substitute` stands where no font has a character of the name; `private_contact` keeps phone and address from
    the other side.
    """

    id: str
    case_id: str
    side: Side
    name: str
    name_substitute: str
    id_type: IdType
    id_number: str
    phone: str
    address: str
    gender: Gender | None
    birth_date: str
    workplace: str
    private_contact: bool


@dataclass(frozen=True)
class CaseFacts:
    """A case and its parties in full, for drafting an agreement or checking an identity. Never for a screen."""

    case: Case
    organ: Organ
    officer: Officer
    parties: tuple[Party, ...]


@dataclass(frozen=True)
class PartyView:
    """A party as a screen shows it: the name in full, the rest masked."""

    id: str
    side: Side
    name: str
    name_substitute: str
    id_type: IdType
    id_number: str
    phone: str
    address: str
    gender: Gender | None
    birth_date: str
    workplace: str
    private_contact: bool


@dataclass(frozen=True)
class CaseView:
    """A case as a screen shows it: `case.facts` masked, parties masked."""

    case: Case
    organ: Organ
    officer: Officer
    parties: tuple[PartyView, ...]


@dataclass(frozen=True)
class CaseRow:
    """One line of a list of cases; party names masked, side A first."""

    id: str
    organ_id: str
    number: str
    track: TrackCode
    cause: str
    status: Status
    outcome: Outcome | None
    officer_id: str
    created_at: str
    parties: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A page of cases, newest first; `next` is given back as `after` for the following one."""

    rows: tuple[CaseRow, ...]
    next: str | None
