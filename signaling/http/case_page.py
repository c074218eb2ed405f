"""The case page: every part of the house asked once, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from cases.model import PartyView
from rooms import Room, Session
from rooms.invitations import Invite
from rooms.links import Link
from rooms.model import ChatMessage
from rooms.quality import Summary
from signaling.agreement_views import agreement_message
from signaling.http.officers import officer_view
from signaling.http.route import Call
from signaling.messages.agreement import AgreementView
from signaling.messages.console import (
    CaseView,
    ChatRow,
    CompositeRow,
    InviteRow,
    LinkState,
    NoticeRow,
    PartyRow,
    RecordingRow,
    SeatRow,
    SessionRow,
)
from signaling.messages.quality import SittingQuality
from vault import Transaction


async def case_page(call: Call, case_id: str) -> CaseView:
    """Everything that hangs on a case, as its officer sees it. Raises `NoSuchCase`."""
    return await call.services.db.read(lambda tx: _read(call, tx, case_id))


async def _read(call: Call, tx: Transaction, case_id: str) -> CaseView:
    services, scope = call.services, call.sight
    seen = await services.cases.get(tx, scope, case_id)
    room = await services.rooms.by_case(tx, case_id)
    links = {link.party_id: link for link in await services.entry.party_links(tx, scope, case_id)}
    names = {seat.id: seat.name for seat in room.seats.values()}
    agreement = await services.agreements.load(tx, case_id)
    quality = await services.ledger.of_case(tx, case_id)
    case = seen.case
    return CaseView(
        id=case.id,
        revision=case.revision,
        number=case.number,
        track=case.track,
        cause=case.cause,
        happened_at=case.happened_at,
        place=case.place,
        facts=case.facts,
        community=case.community,
        status=case.status,
        outcome=case.outcome,
        outcome_note=case.closing_note,
        organ=seen.organ.name,
        officer=officer_view(seen.officer, {seen.organ.id: seen.organ}),
        room=room.id,
        phase=room.phase,
        parties=[_party(party, links.get(party.id)) for party in seen.parties],
        invites=[_invite(invite) for invite in await services.entry.invites(tx, scope, case_id)],
        seats=_seats(room),
        sessions=[_session(session, quality.get(session.id, {})) for session in room.sessions],
        recordings=[
            RecordingRow(
                id=row.id,
                session=row.session_id,
                seats=[names.get(seat, "") for seat in row.seats],
                screen=row.screen,
                status=row.status,
                started_at=row.started_at,
                duration_ms=row.duration_ms,
                note=row.reason,
            )
            for row in await services.recordings.list(tx, case_id)
        ],
        composites=[
            CompositeRow.model_validate(
                {
                    "id": film.id,
                    "session": film.session_id,
                    "status": film.status,
                    "permille": film.permille,
                    "started_at": film.started_at,
                    "duration_ms": film.duration_ms,
                    "note": film.reason,
                }
            )
            for film in await services.composites.of_case(tx, case_id)
        ],
        chat=[row.model_copy(update={"text": ""}) for row in chat_rows(room, call.who.id)],
        notices=[
            NoticeRow(id=n.id, party=n.party_id, kind=n.kind, to=n.to, at=n.at, expires_at=n.expires_at)
            for n in await services.notices.list(tx, scope, case_id)
        ],
        agreement=_without_words(agreement_message(services.agreements, agreement, call.who.id, "mediator"))
        if agreement
        else None,
    )


def _without_words(agreement: AgreementView) -> AgreementView:
    """How the agreement stands and who signs it; what it says is read by asking."""
    return agreement.model_copy(
        update={"facts": "", "terms": [], "clauses": [], "problems": [], "document": None},
    )


def _session(session: Session, quality: Mapping[str, Summary]) -> SessionRow:
    return SessionRow(
        id=session.id,
        number=session.number,
        opened_at=session.opened_at,
        started_at=session.started_at,
        ended_at=session.ended_at,
        outcome=session.outcome,
        quality=[SittingQuality(seat=seat, **asdict(summary)) for seat, summary in sorted(quality.items())],
    )


def _party(party: PartyView, link: Link | None) -> PartyRow:
    return PartyRow(
        id=party.id,
        side=party.side,
        name=party.name,
        name_substitute=party.name_substitute,
        id_type=party.id_type,
        id_number=party.id_number,
        phone=party.phone,
        address=party.address,
        workplace=party.workplace,
        gender=party.gender or "",
        birth_date=party.birth_date,
        private_contact=party.private_contact,
        link=LinkState(expires_at=link.expires_at, opened=link.opened_at is not None, locked=link.locked)
        if link
        else None,
    )


def _invite(invite: Invite) -> InviteRow:
    return InviteRow.model_validate(
        {
            "id": invite.id,
            "role": invite.role,
            "side": invite.side,
            "expires_at": invite.expires_at,
            "uses": invite.used,
            "max_uses": invite.uses,
        }
    )


def chat_rows(room: Room, officer_id: str) -> list[ChatRow]:
    """What was written, in clear; the words of a caucus only for the mediator who sat in it."""
    return [
        ChatRow(id=said.id, name=said.name, at=said.at, text=said.text, private=said.side is not None)
        for said in room.chat
        if said.side is None or _heard(room, said, officer_id)
    ]


def _heard(room: Room, said: ChatMessage, officer_id: str) -> bool:
    """Whether the officer was the mediator of the caucus in which this was written; its seat tells, not its role."""
    seat = room.seats.get(said.mediator or "")
    return seat is not None and seat.person_id == officer_id


def _seats(room: Room) -> list[SeatRow]:
    return [
        SeatRow(
            id=seat.id,
            name=seat.name,
            role=seat.role,
            side=seat.side,
            presence=seat.presence,
            verified_at=seat.verified_at,
            consents={matter: consent.given for matter, consent in seat.consents.items()},
        )
        for seat in room.seats.values()
    ]
