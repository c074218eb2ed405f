"""The agreement's commands: each runs inside its room's transaction, so that a caucus and an edit cannot cross."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agreements import Agreement
from agreements.edits import (
    AddClause,
    AddTerm,
    ChangeClause,
    ChangeTerm,
    Edit,
    RemoveClause,
    RemoveTerm,
    SetField,
    TermBody,
    Undo,
)
from agreements.errors import AgreementMissing, TextChanged
from agreements.model import Attendee
from cases.errors import CaseClosed
from formats.canonical import JSON
from rooms import Room
from rooms.errors import EsignDeclined, NotCaptured, NotVerified, RoomInCaucus, SeatReplaced, WrongPhase
from rooms.model import Act, Seat
from rooms.rules.seats import require_admitted, seat_of
from signaling.live.speaker import Speaker
from signaling.messages import agreement as said
from signaling.messages.base import Empty
from signaling.minutes import place_now
from vault import Transaction

PLACE = "线上调解室（和事室）"
"""Where an online session is held, as the minutes and the agreement say it."""

Use = Callable[[Transaction, Room, Seat], Awaitable[Any]]


async def _act(speaker: Speaker, use: Use, *, recorded: bool = False) -> dict[str, Any]:
    """Run one use case as the speaker, once per key. With `recorded` only while the joint session is being recorded."""
    holder = speaker.holder

    async def work(tx: Transaction, room: Room) -> tuple[Room, Sequence[Act], JSON]:
        await _run(speaker, tx, room, use, recorded)
        return room, [], None

    await speaker.services.rooms.change(holder.room, holder.seat, speaker.key, work)
    speaker.poke(holder.room)
    return {}


async def _run(speaker: Speaker, tx: Transaction, room: Room, use: Use, recorded: bool) -> None:
    seat = seat_of(room, speaker.holder.seat)
    require_admitted(seat)
    if seat.endpoint != speaker.holder.endpoint:
        raise SeatReplaced
    # What one side does with the text during a caucus would show the other side what is being said there.
    if room.phase == "caucus":
        raise RoomInCaucus
    if recorded and (room.phase != "joint" or room.recorder not in ("ok", "degraded")):
        raise WrongPhase(speaker.name)
    if (await speaker.services.cases.facts(tx, room.case_id)).case.status == "closed":
        raise CaseClosed
    await use(tx, room, seat)


def may_sign(room: Room, seat: Seat) -> None:
    """Who signs is on the recording, was recognised by the officer, and agreed to signing electronically.

    Raises `NotCaptured`, `NotVerified`, `EsignDeclined`.
    """
    endpoint = room.endpoints.get(seat.endpoint or "")
    if endpoint is None or endpoint.media != "connected":
        raise NotCaptured
    if seat.role != "mediator":
        if seat.verified_at is None:
            raise NotVerified
        consent = seat.consents.get("esign")
        if consent is None or not consent.given:
            raise EsignDeclined


async def start(speaker: Speaker, _: Empty) -> dict[str, Any]:
    services = speaker.services

    async def use(tx: Transaction, room: Room, seat: Seat) -> None:
        facts = await services.cases.facts(tx, room.case_id)
        mediator = Attendee(seat.person_id, seat.name, "mediator")
        await services.agreements.start(tx, facts, room_id=room.id, mediator=mediator, place=PLACE)

    return await _act(speaker, use)


async def edit(speaker: Speaker, asked: said.AgreementEdit) -> dict[str, Any]:
    services = speaker.services

    async def use(tx: Transaction, room: Room, seat: Seat) -> None:
        agreement = await _current(speaker, tx, room, asked.version)
        for change in _changes(agreement, asked.edit):
            await services.agreements.edit(tx, room.case_id, seat.person_id, change)

    return await _act(speaker, use)


async def lock(speaker: Speaker, asked: said.AgreementLock) -> dict[str, Any]:
    async def use(tx: Transaction, room: Room, seat: Seat) -> None:
        await _current(speaker, tx, room, asked.version)
        facts = await speaker.services.cases.facts(tx, room.case_id)
        where = await place_now(speaker.services, tx, room)
        await speaker.services.agreements.lock(tx, room.case_id, seat.person_id, facts, where)

    return await _act(speaker, use)


async def unlock(speaker: Speaker, _: Empty) -> dict[str, Any]:
    agreements = speaker.services.agreements
    return await _act(speaker, lambda tx, room, seat: agreements.unlock(tx, room.case_id, seat.person_id))


async def reopen(speaker: Speaker, _: Empty) -> dict[str, Any]:
    agreements = speaker.services.agreements
    return await _act(speaker, lambda tx, room, seat: agreements.reopen(tx, room.case_id, seat.person_id))


async def sign(speaker: Speaker, asked: said.AgreementSign) -> dict[str, Any]:
    strokes = [[point.model_dump() for point in stroke] for stroke in asked.strokes]

    async def use(tx: Transaction, room: Room, seat: Seat) -> None:
        may_sign(room, seat)
        where = await place_now(speaker.services, tx, room)
        device: dict[str, JSON] = {"seat": seat.id, "endpoint": seat.endpoint, **where}
        await speaker.services.agreements.sign(tx, room.case_id, seat.person_id, asked.lock_hash, strokes, device)

    return await _act(speaker, use, recorded=True)


async def decline(speaker: Speaker, asked: said.AgreementDecline) -> dict[str, Any]:
    agreements = speaker.services.agreements
    return await _act(
        speaker,
        lambda tx, room, seat: agreements.decline(tx, room.case_id, seat.person_id, asked.reason),
        recorded=True,
    )


async def seal(speaker: Speaker, _: Empty) -> dict[str, Any]:
    """Rendering and sealing take long, so they stand outside the room's transaction; the room and the agreement are
    looked at again when it ends."""
    holder, services = speaker.holder, speaker.services

    async def look(tx: Transaction) -> Room:
        room = await services.rooms.load(tx, holder.room)
        await _run(speaker, tx, room, _nothing, False)
        return room

    async def look_again(tx: Transaction, _: Agreement) -> None:
        await look(tx)

    room = await services.db.read(look)
    await services.agreements.seal(room.case_id, holder.person, look_again)
    speaker.poke(holder.room)
    return {}


async def _nothing(*_: object) -> None:
    return None


async def _current(speaker: Speaker, tx: Transaction, room: Room, version: int) -> Agreement:
    """The agreement, if the speaker saw its newest text. Raises `AgreementMissing`, `TextChanged`."""
    agreement = await speaker.services.agreements.load(tx, room.case_id)
    if agreement is None:
        raise AgreementMissing
    if agreement.draft.version != version:
        raise TextChanged
    return agreement


def _changes(agreement: Agreement, asked: said.Edit) -> list[Edit]:
    """The protocol's edit in the draft's own terms."""
    match asked:
        case said.EditFacts():
            return [SetField(kind="set_field", field="facts", value=asked.facts)]
        case said.EditTerm():
            body = TermBody(
                debtor=asked.debtor,
                creditor=asked.creditor,
                what=asked.what,
                amount_fen=asked.amount_fen,
                way=asked.way,
                due=asked.due or "",
                place=asked.place,
            )
            if asked.id is None:
                return [AddTerm(kind="add_term", term=body)]
            return [ChangeTerm(kind="change_term", id=asked.id, term=body)]
        case said.RemoveTerm():
            return [RemoveTerm(kind="remove_term", id=asked.id)]
        case said.EditClauses():
            return _clause_changes(agreement, asked.clauses)
        case said.Undo():
            return [Undo(kind="undo")]


def _clause_changes(agreement: Agreement, wanted: Sequence[str]) -> list[Edit]:
    """From the clauses as they stand to the list that is wanted, position by position."""
    have = agreement.draft.clauses
    changes: list[Edit] = [
        ChangeClause(kind="change_clause", id=clause.id, text=text)
        for clause, text in zip(have, wanted, strict=False)
        if clause.text != text
    ]
    changes += [RemoveClause(kind="remove_clause", id=clause.id) for clause in have[len(wanted) :]]
    changes += [AddClause(kind="add_clause", text=text) for text in wanted[len(have) :]]
    return changes
