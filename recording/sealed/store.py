"""Requests for unsealing and their films in the database. Every function works inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from recording.sealed.errors import NoSuchUnsealing, NotOpen
from recording.sealed.rules import State, Unsealing
from recording.sealed.tables import journal_keys, unsealed_films, unsealings
from recording.tables import segments
from vault.cipher import Cipher
from vault.database import Transaction
from vault.errors import Erased
from vault.ids import new_id
from vault.utc import iso, parse

_SCREEN = "screen"
_WORDS = "unsealing words"
_VIEWING = "unsealing viewing key"


@dataclass(frozen=True, slots=True)
class SealedJournal:
    """One sealed journal of the manifest; `line` is what the case page lists it under."""

    id: str
    session_id: str
    segment: str
    endpoint: str
    screen: bool
    seats: tuple[str, ...]
    path: str
    head: str
    chunks: int
    first_at: str | None
    line: str = ""


@dataclass(frozen=True, slots=True)
class Film:
    """A playable file of one endpoint's unsealed segment, or of the screen that it shared in it."""

    id: str
    unsealing_id: str
    line: str
    segment: str
    endpoint: str
    screen: bool
    seats: tuple[str, ...]
    started_at: str
    status: str
    blob_id: str | None
    duration_ms: int | None
    reason: str


async def sealed_journals(tx: Transaction, case_id: str) -> list[SealedJournal]:
    """All sealed journals of a case. Those of one endpoint's segment (its screen apart) are one line."""
    query = select(segments).where(segments.c.case_id == case_id, segments.c.key_kind == "caucus")
    found: list[SealedJournal] = []
    lines: dict[tuple[str, str, str, bool], str] = {}
    for row in await tx.all(query.order_by(segments.c.path)):
        place = (row["session_id"], row["segment"], row["endpoint"], row["medium"] == _SCREEN)
        found.append(_journal(row, lines.setdefault(place, row["id"])))
    return found


def _journal(row: RowMapping, line: str) -> SealedJournal:
    return SealedJournal(
        row["id"],
        row["session_id"],
        row["segment"],
        row["endpoint"],
        row["medium"] == _SCREEN,
        tuple(json.loads(row["seats"])),
        row["path"],
        row["head"],
        row["chunks"],
        row["first_at"],
        line,
    )


async def add(tx: Transaction, cipher: Cipher, one: Unsealing) -> None:
    """Insert a request."""
    sealed = await cipher.encrypt_json(tx, one.case_id, [one.reason, one.word], _WORDS)
    await tx.execute(
        insert(unsealings).values(
            id=one.id,
            case_id=one.case_id,
            session_id=one.session_id,
            journals=json.dumps(one.journals),
            state=one.state,
            words=sealed,
            requested_by=one.requested_by,
            requested_at=iso(one.requested_at),
        )
    )


async def save(tx: Transaction, cipher: Cipher, one: Unsealing, was: State, **more: Any) -> None:
    """Write a request that was in state `was`. Raises `NotOpen` if somebody was faster."""
    values: dict[str, Any] = {
        "state": one.state,
        "decided_by": one.decided_by,
        "decided_at": iso(one.decided_at) if one.decided_at else None,
        "unsealed_at": iso(one.unsealed_at) if one.unsealed_at else None,
        "expires_at": iso(one.expires_at) if one.expires_at else None,
        **more,
    }
    if was == "requested" and one.decided_at:
        values["words"] = await cipher.encrypt_json(tx, one.case_id, [one.reason, one.word], _WORDS)
    done = await tx.execute(
        update(unsealings).where(unsealings.c.id == one.id, unsealings.c.state == was).values(values)
    )
    if done.rowcount != 1:
        raise NotOpen


async def find(tx: Transaction, cipher: Cipher, unsealing_id: str) -> Unsealing:
    """One request. Raises `NoSuchUnsealing`."""
    row = await tx.one(select(unsealings).where(unsealings.c.id == unsealing_id))
    if row is None:
        raise NoSuchUnsealing
    return await _unsealing(tx, cipher, row)


async def of_case(tx: Transaction, cipher: Cipher, case_id: str) -> list[Unsealing]:
    """A case's requests, newest first."""
    query = select(unsealings).where(unsealings.c.case_id == case_id)
    rows = await tx.all(query.order_by(unsealings.c.requested_at.desc(), unsealings.c.id))
    return [await _unsealing(tx, cipher, row) for row in rows]


async def in_states(tx: Transaction, cipher: Cipher, states: tuple[State, ...]) -> list[Unsealing]:
    """All requests in these states, oldest first."""
    query = select(unsealings).where(unsealings.c.state.in_(states))
    rows = await tx.all(query.order_by(unsealings.c.requested_at, unsealings.c.id))
    return [await _unsealing(tx, cipher, row) for row in rows]


async def _unsealing(tx: Transaction, cipher: Cipher, row: RowMapping) -> Unsealing:
    try:
        texts = await cipher.decrypt_json(tx, row["case_id"], row["words"], _WORDS)
    except Erased:
        texts = ["", ""]
    assert isinstance(texts, list)
    return Unsealing(
        id=row["id"],
        case_id=row["case_id"],
        session_id=row["session_id"],
        journals=tuple(json.loads(row["journals"])),
        reason=str(texts[0]),
        requested_by=row["requested_by"],
        requested_at=parse(row["requested_at"]),
        state=row["state"],
        decided_by=row["decided_by"],
        decided_at=parse(row["decided_at"]) if row["decided_at"] else None,
        word=str(texts[1]),
        unsealed_at=parse(row["unsealed_at"]) if row["unsealed_at"] else None,
        expires_at=parse(row["expires_at"]) if row["expires_at"] else None,
    )


async def seal_viewing(tx: Transaction, cipher: Cipher, unsealing_id: str, private: bytes) -> bytes:
    """The viewing key's private half as it is stored: under a key of the request's own."""
    return await cipher.encrypt(tx, unsealing_id, private, _VIEWING)


async def viewing_keys(tx: Transaction, cipher: Cipher, unsealing_id: str) -> tuple[bytes, bytes]:
    """The viewing key's halves (private, public). Raises `NoSuchUnsealing`, `Erased` when its time is over."""
    row = await tx.one(select(unsealings).where(unsealings.c.id == unsealing_id))
    if row is None or row["viewing"] is None:
        raise NoSuchUnsealing
    return await cipher.decrypt(tx, unsealing_id, row["viewing"], _VIEWING), row["viewing_public"]


async def viewing_public(tx: Transaction, unsealing_id: str) -> bytes:
    """The viewing key's public half. Raises `NoSuchUnsealing`."""
    row = await tx.one(select(unsealings.c.viewing_public).where(unsealings.c.id == unsealing_id))
    if row is None or row["viewing_public"] is None:
        raise NoSuchUnsealing
    public: bytes = row["viewing_public"]
    return public


@dataclass(frozen=True, slots=True)
class Box:
    """A journal's data key, sealed anew: `header` is the hex hash of its header line."""

    header: str
    path: str
    box: bytes


async def put_boxes(tx: Transaction, holder: str, boxes: Iterable[Box]) -> None:
    """Keep boxes for `holder`, in place of those it had."""
    rows = [{"header": one.header, "path": one.path, "holder": holder, "box": one.box} for one in boxes]
    if rows:
        headers = [row["header"] for row in rows]
        await tx.execute(
            delete(journal_keys).where(journal_keys.c.holder == holder, journal_keys.c.header.in_(headers))
        )
        await tx.execute(insert(journal_keys), rows)


async def boxes(tx: Transaction, holder: str) -> dict[str, bytes]:
    """Boxes kept for `holder`, by hex hash of the header line."""
    found = await tx.all(select(journal_keys).where(journal_keys.c.holder == holder))
    return {row["header"]: row["box"] for row in found}


async def drop_boxes(tx: Transaction, holder: str) -> None:
    """Forget all boxes of `holder`."""
    await tx.execute(delete(journal_keys).where(journal_keys.c.holder == holder))


async def drop_boxes_of(tx: Transaction, paths: Sequence[str]) -> None:
    """Forget all boxes of these journals, whoever could open them."""
    await tx.execute(delete(journal_keys).where(journal_keys.c.path.in_(paths)))


async def add_film(tx: Transaction, unsealing_id: str, journal: SealedJournal, started_at: str) -> str:
    """A film still to be made, of the line that this journal belongs to; its id."""
    film_id = new_id("usf")
    await tx.execute(
        insert(unsealed_films).values(
            id=film_id,
            unsealing_id=unsealing_id,
            line=journal.line,
            segment=journal.segment,
            endpoint=journal.endpoint,
            screen=journal.screen,
            seats=json.dumps(journal.seats),
            started_at=started_at,
            status="processing",
            reason="",
        )
    )
    return film_id


async def films(tx: Transaction, unsealing_ids: Collection[str]) -> list[Film]:
    """The films of these requests, in order of time."""
    query = select(unsealed_films).where(unsealed_films.c.unsealing_id.in_(unsealing_ids))
    return [_film(row) for row in await tx.all(query.order_by(unsealed_films.c.started_at, unsealed_films.c.id))]


async def film(tx: Transaction, film_id: str) -> Film:
    """One film. Raises `NoSuchUnsealing`."""
    row = await tx.one(select(unsealed_films).where(unsealed_films.c.id == film_id))
    if row is None:
        raise NoSuchUnsealing
    return _film(row)


async def settle_film(
    tx: Transaction,
    film_id: str,
    status: str,
    *,
    was: str,
    reason: str = "",
    blob_id: str | None = None,
    duration_ms: int | None = None,
) -> bool:
    """Write how a film stands that was in status `was`; whether it was still so."""
    mine = (unsealed_films.c.id == film_id, unsealed_films.c.status == was)
    values = {"status": status, "reason": reason, "blob_id": blob_id, "duration_ms": duration_ms}
    return (await tx.execute(update(unsealed_films).where(*mine).values(values))).rowcount == 1


def _film(row: RowMapping) -> Film:
    return Film(
        row["id"],
        row["unsealing_id"],
        row["line"],
        row["segment"],
        row["endpoint"],
        row["screen"],
        tuple(json.loads(row["seats"])),
        row["started_at"],
        row["status"],
        row["blob_id"],
        row["duration_ms"],
        row["reason"],
    )
