"""Who may do what about a sealed recording, and when: pure.

requested → approved | refused; approved → unsealed; unsealed → expired. What waits too long lapses to expired, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from recording.sealed.errors import (
    Lapsed,
    NoReason,
    NotApproved,
    NotForYou,
    NotOpen,
    NotToAsk,
    NotToDecide,
    SamePerson,
)

State: TypeAlias = Literal["requested", "approved", "refused", "unsealed", "expired"]

REASON: Final = 1000
WAITING: Final = timedelta(days=7)
"""So long a request waits for its decision, and so long an approval for the key."""
VIEWING_HOURS: Final = 72
"""So long unsealed material stays readable, unless the holder of the key says another time."""
MOST_HOURS: Final = 240


@dataclass(frozen=True, slots=True)
class Person:
    """An officer in whose sight the case lies, with the account's role."""

    id: str
    role: Literal["officer", "supervisor", "administrator"]


@dataclass(frozen=True, slots=True)
class Unsealing:
    """One request: which journals (ids of manifest rows), who, why, and how far it has come. Times are UTC."""

    id: str
    case_id: str
    session_id: str
    journals: tuple[str, ...]
    reason: str
    requested_by: str
    requested_at: datetime
    state: State = "requested"
    decided_by: str | None = None
    decided_at: datetime | None = None
    word: str = ""
    unsealed_at: datetime | None = None
    expires_at: datetime | None = None


def words(text: str) -> str:
    """A reason as it is kept. Raises `NoReason` for none, or one of more than `REASON` characters."""
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= REASON:
        raise NoReason
    return cleaned


def may_ask(who: Person, mediator: str) -> bool:
    """Whether this person may ask: the case's mediator (by account id), or a supervisor."""
    return who.role == "supervisor" or (who.role == "officer" and who.id == mediator)


def asked(who: Person, mediator: str) -> None:
    """Raises `NotToAsk`."""
    if not may_ask(who, mediator):
        raise NotToAsk


def may_decide(one: Unsealing, who: Person, now: datetime) -> bool:
    """Whether this person may approve or refuse it now."""
    return who.role == "supervisor" and who.id != one.requested_by and due(one, now).state == "requested"


def decided(one: Unsealing, who: Person, approve: bool, word: str, now: datetime) -> Unsealing:
    """The request as a second person decided it. Raises `NotToDecide`, `SamePerson`, `NotOpen`, `NoReason`."""
    if who.role != "supervisor":
        raise NotToDecide
    if who.id == one.requested_by:
        raise SamePerson
    if due(one, now).state != "requested":
        raise NotOpen
    state: State = "approved" if approve else "refused"
    return replace(one, state=state, decided_by=who.id, decided_at=now, word=words(word))


def unsealed(one: Unsealing, now: datetime, hours: int = VIEWING_HOURS) -> Unsealing:
    """The request once its keys were sealed anew for viewing.

    Raises `NotApproved`; ValueError for a time outside 1 … `MOST_HOURS` hours.
    """
    if not 1 <= hours <= MOST_HOURS:
        raise ValueError(f"1 to {MOST_HOURS} hours expected")
    if due(one, now).state != "approved":
        raise NotApproved
    return replace(one, state="unsealed", unsealed_at=now, expires_at=now + timedelta(hours=hours))


def seen(one: Unsealing, who: str, now: datetime) -> None:
    """Raises `NotForYou`, `NotApproved`, `Lapsed` unless this account may watch it now."""
    if who not in (one.requested_by, one.decided_by):
        raise NotForYou
    state = due(one, now).state
    if state == "expired":
        raise Lapsed
    if state != "unsealed":
        raise NotApproved


def due(one: Unsealing, now: datetime) -> Unsealing:
    """The request as time has made it: what waited or was open too long is expired."""
    ends = {
        "requested": one.requested_at + WAITING,
        "approved": one.decided_at + WAITING if one.decided_at else None,
        "unsealed": one.expires_at,
    }.get(one.state)
    return replace(one, state="expired") if ends is not None and now >= ends else one
