"""A sitting's manifest out of what is on record: pure, no database, no file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from formats.manifest import Acknowledgement, ListedJournal, Manifest, State
from formats.signedheads import Trail
from recording.gaps import Covered, Told, find_gaps
from recording.model import journal_of

CONSENTS = frozenset({"consent.given", "consent.declined"})


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session that has ended; times are UTC."""

    case_id: str
    room: str
    session: str
    started: str
    ended: str


@dataclass(frozen=True, slots=True)
class Header:
    """What a journal's first line says: RTP clock in hertz, and the line's hex SHA-256."""

    clock_rate: int
    origin: str


def build(
    sitting: Sitting,
    rows: Sequence[Mapping[str, Any]],
    damaged: Mapping[str, str],
    trails: Mapping[str, Trail],
    headers: Mapping[str, Header],
    told: Sequence[Told],
) -> Manifest:
    """The unsigned manifest, without number and time of making.

    `rows` are the session's of table `recording_segments`, `damaged` kinds of damage by path, `trails` the signed
    heads, `headers` what is known of files by path, `told` the entries of `gaps.ACTS` and `CONSENTS`.
    """
    known = {str(row["path"]): _listed(row, headers.get(str(row["path"]), Header(0, ""))) for row in rows}
    sealed = {str(one.payload.get("segment")) for one in told if one.act == "caucus.entered"}
    for path, kind in damaged.items():
        # What was signed, not what is left: whoever compares the file with this finds the damage again.
        last = trails[path].heads[-1] if path in trails else None
        journal = known.get(path) or _unseen(path, sealed)
        state: State = "missing" if kind == "missing" else "damaged"
        signed = {"head": last.head.hex(), "chunks": last.chunks} if last is not None else {}
        known[path] = replace(journal, state=state, **signed)  # type: ignore[arg-type]
    return Manifest(
        case=sitting.case_id,
        room=sitting.room,
        session=sitting.session,
        number=0,
        started=sitting.started,
        ended=sitting.ended,
        made="",
        journals=tuple(known[path] for path in sorted(known)),
        gaps=find_gaps(
            sitting.started, sitting.ended, [_covered(one) for one in known.values()], _within(sitting, told)
        ),
        acknowledgements=_acknowledged(sitting, told),
    )


def same(one: Manifest, other: Manifest) -> bool:
    """Whether they say the same, whenever they were made."""
    blank = {"number": 0, "made": "", "public_key": b"", "signature": b""}
    return replace(one, **blank) == replace(other, **blank)  # type: ignore[arg-type]


def _listed(row: Mapping[str, Any], header: Header) -> ListedJournal:
    return ListedJournal(
        path=row["path"],
        segment=row["segment"],
        endpoint=row["endpoint"],
        medium=row["medium"],
        key=row["key_kind"],
        seats=tuple(json.loads(row["seats"])),
        clock_rate=header.clock_rate,
        origin=header.origin,
        head=row["head"],
        chunks=row["chunks"],
        size=row["bytes"],
        first=row["first_at"],
        last=row["last_at"],
        state="complete" if row["complete"] else "recovered",
    )


def _unseen(path: str, sealed: set[str]) -> ListedJournal:
    """A journal of which nothing but signed heads is known."""
    named = journal_of(path)
    assert named is not None
    _, segment, endpoint, medium = named
    key = "caucus" if segment in sealed else "joint"
    return ListedJournal(path, segment, endpoint, medium, key, (), 0, "", "00" * 32, 0, 0, None, None, "missing")


def _covered(journal: ListedJournal) -> Covered:
    return Covered(journal.segment, journal.endpoint, journal.medium, journal.seats, journal.first, journal.last)


def _within(sitting: Sitting, told: Sequence[Told]) -> list[Told]:
    return [one for one in told if one.at <= sitting.ended]


def _acknowledged(sitting: Sitting, told: Sequence[Told]) -> tuple[Acknowledgement, ...]:
    """Every answer about the recording up to the sitting's end, as they came."""
    return tuple(
        Acknowledgement(
            str(one.payload.get("seat", "")), one.at, one.act == "consent.given", str(one.payload.get("notice", ""))
        )
        for one in _within(sitting, told)
        if one.act in CONSENTS and one.payload.get("matter") == "recording"
    )
