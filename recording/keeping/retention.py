"""How long the recording of a sitting is kept, and who may do what about it: pure.

The rules are data. Where no text of theirs was found they say "unverified"; keeping too long harms nobody's evidence,
so they hold all the same.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from recording.keeping.errors import (
    AlreadyDeleted,
    KeptForGood,
    NoReason,
    NotOpen,
    NotYours,
    SamePerson,
    StillHeld,
    TooEarly,
)

Role: TypeAlias = Literal["officer", "supervisor", "administrator"]
State: TypeAlias = Literal["running", "held", "permanent", "until", "free", "deleting", "deleted"]
REASON: Final = 1000
WAITING: Final = timedelta(days=7)
"""So long a request for deletion waits for its decision."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of retention: `months` None is for good; `article` may be empty and `text` None where none was found."""

    id: str
    since: str
    months: int | None
    article: str
    text: str | None
    status: Literal["verified", "unverified"]


CASE_FILE: Final = Rule(
    "retention.case_file", "2026-01-01", None, "治安管理处罚法（2025 修订）第一百三十九条第十三项", None, "unverified"
)
LEAST: Final = Rule("retention.least", "2026-01-01", 6, "", None, "unverified")
OUT_OF_FILE: Final = frozenset({"withdrawn", "not_applicable"})
"""Outcomes of a case after which no case file is made of its mediation."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a sitting's recording; times are aware.

    `ended_at` is its last moment, None while it is being captured or processed; `outcome` and `closed_at` are the
    case's; `held` is whether a hold is on it.
    """

    ended_at: datetime | None
    outcome: str | None
    closed_at: datetime | None
    held: bool = False
    deletion: Literal["", "deleting", "deleted"] = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a recording stands: `until` is set for "until" and "free", `rule` names what decided."""

    state: State
    until: datetime | None = None
    rule: str = ""


def keeping(facts: Facts, now: datetime) -> Kept:
    """How a sitting's recording stands now. A hold comes before every term; a case that is open is a case file."""
    if facts.deletion == "deleted":
        return Kept("deleted")
    if facts.deletion == "deleting":
        return Kept("deleting")
    if facts.held:
        return Kept("held")
    if facts.ended_at is None:
        return Kept("running")
    if facts.closed_at is None or facts.outcome not in OUT_OF_FILE:
        return Kept("permanent", None, CASE_FILE.id)
    assert LEAST.months is not None
    until = months_after(max(facts.ended_at, facts.closed_at), LEAST.months)
    return Kept("free" if now >= until else "until", until, LEAST.id)


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many months later; where that month is shorter, the first day of the next."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if moment.day <= calendar.monthrange(year, month + 1)[1]:
        return moment.replace(year=year, month=month + 1)
    return months_after(moment.replace(day=1), months + 1)


def deletable(kept: Kept) -> None:
    """Raises `AlreadyDeleted`, `StillHeld`, `KeptForGood`, `TooEarly` for whatever keeps it."""
    if kept.state == "free":
        return
    if kept.state in ("deleted", "deleting"):
        raise AlreadyDeleted
    if kept.state == "held":
        raise StillHeld
    if kept.state == "permanent":
        raise KeptForGood
    raise TooEarly


def words(text: str) -> str:
    """A reason as it is kept. Raises `NoReason` for none, or one of more than `REASON` characters."""
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= REASON:
        raise NoReason
    return cleaned


def may_act(who: str, role: Role, mediator: str) -> bool:
    """Whether this account may set holds and ask for deletions: the case's mediator's, or a supervisor's."""
    return role == "supervisor" or (role == "officer" and who == mediator)


def acts(who: str, role: Role, mediator: str) -> None:
    """Raises `NotYours`."""
    if not may_act(who, role, mediator):
        raise NotYours


def lifts(role: Role) -> None:
    """Raises `NotYours` unless this role may lift a hold."""
    if role != "supervisor":
        raise NotYours


def may_decide(who: str, role: Role, requested_by: str, requested_at: datetime, now: datetime) -> bool:
    """Whether this account may decide on a deletion that waits."""
    return role == "supervisor" and who != requested_by and now < requested_at + WAITING


def decides(who: str, role: Role, requested_by: str, requested_at: datetime, now: datetime) -> None:
    """Raises `NotYours`, `SamePerson`, `NotOpen`."""
    if role != "supervisor":
        raise NotYours
    if who == requested_by:
        raise SamePerson
    if now >= requested_at + WAITING:
        raise NotOpen
