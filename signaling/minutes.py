"""Clause and minute: where in a sitting's recording the words of an agreement were written, locked and signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agreements import Agreement
from formats.canonical import JSON
from recording.position import ENDED, OPENED, STARTED, Noted, Position, positions, since
from rooms import Room
from signaling.services import Services
from vault import Transaction

EDITED, LOCKED, SIGNED = "agreement.edited", "agreement.locked", "agreement.signed"
ACTS = frozenset({OPENED, STARTED, ENDED, EDITED, LOCKED, SIGNED})
"""What has to be read of a timeline for `minutes`."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """Places in recordings; None (or no key) for what was done outside of any sitting, or not at all."""

    lock: Position | None
    signatures: Mapping[str, Position]
    """By person; of the text that is locked now."""
    terms: Mapping[str, Position]
    """By the term's id: where its present words were written."""
    clauses: Mapping[str, Position]
    """By the clause's id, likewise."""


async def place_now(services: Services, tx: Transaction, room: Room) -> dict[str, JSON]:
    """`{"position": {"session", "ms"}}` of this moment, for an entry's payload; empty where nothing is recorded."""
    if room.session is None or room.session.started_at is None:
        return {}
    starts = await services.timeline.entries(tx, room.case_id, acts={STARTED})
    if not starts:
        return {}
    now = _Now(services.clock.now(), services.clock.mono_ns(), services.clock.boot)
    return {"position": {"session": room.session.id, "ms": since(starts[-1], now)}}


def minutes(agreement: Agreement, entries: Sequence[Noted]) -> Minutes:
    """From the case's entries of `ACTS`, in order."""
    placed = positions(entries)
    locks = [entry.seq for entry in entries if entry.act == LOCKED]
    newest = locks[-1] if locks and agreement.lock is not None else None
    signed = {
        entry.seq: entry.actor for entry in entries if entry.act == SIGNED and newest is not None and entry.seq > newest
    }
    written = _written(entries)
    terms = {term.id: written.get(_words(vars(term)), 0) for term in agreement.draft.terms}
    clauses = {clause.id: written.get(clause.text, 0) for clause in agreement.draft.clauses}
    return Minutes(
        placed.get(newest or 0),
        {person: placed[seq] for seq, person in signed.items() if seq in placed},
        {key: placed[seq] for key, seq in terms.items() if seq in placed},
        {key: placed[seq] for key, seq in clauses.items() if seq in placed},
    )


@dataclass(frozen=True, slots=True)
class _Now:
    at: str
    mono_ns: int
    boot: str


def _words(term: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(term.get(name) for name in ("debtor", "creditor", "what", "amount_fen", "way", "due", "place"))


def _written(entries: Iterable[Noted]) -> dict[object, int]:
    """The number of the edit that last wrote each term or clause, by its words: an edit names no id of what it adds."""
    found: dict[object, int] = {}
    for entry in entries:
        edit = (entry.payload or {}).get("edit") if entry.act == EDITED else None
        if not isinstance(edit, dict):
            continue
        match edit:
            case {"term": dict(term)}:
                found[_words(term)] = entry.seq
            case {"text": str(text)}:
                found[text] = entry.seq
            case {"clauses": list(texts)}:
                found |= {str(text): entry.seq for text in texts}
    return found
