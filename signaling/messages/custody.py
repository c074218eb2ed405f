"""What is under seal, on hold or to be deleted of a case's recordings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signaling.messages.base import Id, Message, Time

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AskUnsealing(Message):
    """Ask for sealed lines of one sitting to be opened."""

    lines: Annotated[list[Id], Field(min_length=1, max_length=50)]
    reason: Words


class Decision(Message):
    """A second person's word."""

    approve: bool
    word: Words


class SittingReason(Message):
    """An act on one sitting's recording, and why."""

    session: Id
    reason: Words


class Reason(Message):
    """Why."""

    reason: Words


class FilmRow(Message):
    """An unsealed film, for the two people of its request."""

    id: Id
    line: Id
    status: Literal["processing", "ready", "failed"]
    duration_ms: int | None
    note: str = Field(description="a stable code where something is missing or failed")


class UnsealingRow(Message):
    """A request to open sealed lines."""

    id: Id
    session: Id
    lines: list[Id]
    state: Literal["requested", "approved", "refused", "unsealed", "expired"]
    reason: str
    requested_by: str
    requested_at: Time
    decided_by: str
    word: str
    expires_at: Time | None
    may_decide: bool = Field(description="whether the caller may approve or refuse it now")
    may_watch: bool = Field(description="whether the caller is one of its two people and it is open")
    films: list[FilmRow] = Field(description="only for who may watch")


class HoldRow(Message):
    """A legal hold."""

    id: Id
    reason: str
    set_by: str
    set_at: Time


class DeletionRow(Message):
    """A request to delete a sitting's recording."""

    id: Id
    state: Literal["requested", "approved", "refused", "stopped", "deleting", "deleted"]
    reason: str
    requested_by: str
    requested_at: Time
    decided_by: str
    word: str
    may_decide: bool


class KeptRow(Message):
    """How long a sitting's recording is kept: `until` is set for "until" and "free" (its time is over)."""

    session: Id
    state: Literal["running", "held", "permanent", "until", "free", "deleting", "deleted"]
    until: Time | None
    hold: HoldRow | None
    deletion: DeletionRow | None


class Custody(Message):
    """Everything under seal, on hold or to be deleted of one case."""

    may_ask: bool = Field(description="whether the caller may ask for unsealing or deletion, and set holds")
    may_lift: bool
    unsealings: list[UnsealingRow]
    sittings: list[KeptRow]


class CustodyTask(Message):
    """A request that waits for the caller's decision."""

    case: Id
    number: str
    kind: Literal["unsealing", "deletion"]
    requested_by: str
    requested_at: Time


class CustodyTasks(Message):
    """All that waits for the caller's decision, oldest first."""

    tasks: list[CustodyTask]
