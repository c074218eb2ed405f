"""Case records and what hangs on them: parties, links, invite codes, notices, closing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from agreements.errors import AgreementMissing
from cases.inputs import CaseChanges as ChangesToMake
from cases.inputs import CaseFilters, NewCase, NewParty, PageRequest, PartyChanges
from cases.model import CaseRow as ListedCase
from cases.model import Status
from signaling.agreement_views import agreement_message
from signaling.errors import Malformed
from signaling.http.case_page import case_page, chat_rows
from signaling.http.entry import HOST_MARK, device_cookie
from signaling.http.evidence import folded
from signaling.http.route import Call, Route
from signaling.messages.agreement import AgreementView
from signaling.messages.console import (
    CaseChanges,
    CaseInput,
    CaseList,
    CaseRow,
    CaseView,
    ChatRecord,
    CloseCase,
    EnteredRoom,
    InviteCode,
    NewInvite,
    NewLink,
    PartyInput,
    ReceiptView,
    Reveal,
    Revealed,
    TimelineRow,
    TimelineView,
)
from vault import Transaction
from vault.utc import later


async def _list(call: Call) -> CaseList:
    status = call.query.get("status", "open")
    if status not in ("open", "closed", "all"):
        raise Malformed("status")
    wanted = cast(Status, status) if status != "all" else None
    filters = CaseFilters(status=wanted, text=call.query.get("q", "")[:100])
    page = PageRequest(after=call.query.get("after") or None)

    async def read(tx: Transaction) -> CaseList:
        found = await call.services.cases.list(tx, call.sight, filters, page)
        names = {officer.id: officer.name for officer in await call.services.officers.list(tx, call.sight)}
        return CaseList(cases=[await _row(call, tx, row, names) for row in found.rows], next=found.next)

    return await call.services.db.read(read)


async def _row(call: Call, tx: Transaction, case: ListedCase, names: dict[str, str]) -> CaseRow:
    room = await call.services.rooms.by_case(tx, case.id)
    return CaseRow(
        id=case.id,
        number=case.number,
        track=case.track,
        cause=case.cause,
        created_at=case.created_at,
        status=case.status,
        outcome=case.outcome,
        officer_name=names.get(case.officer_id, ""),
        parties=list(case.parties),
        phase=room.phase,
        waiting=sum(seat.presence == "waiting" for seat in room.seats.values()),
    )


def _party(asked: PartyInput) -> NewParty:
    return NewParty(**{**asked.model_dump(), "gender": asked.gender or None})


async def _create(call: Call) -> CaseView:
    asked: CaseInput = call.body
    new = NewCase(
        number=asked.number,
        track=asked.track,
        cause=asked.cause,
        happened_at=asked.happened_at,
        place=asked.place,
        facts=asked.facts,
        officer_id=asked.officer,
        community=asked.community,
        parties=[_party(party) for party in asked.parties],
    )
    case = await call.services.db.transact(lambda tx: call.services.cases.create(tx, call.sight, new))
    return await case_page(call, case.id)


async def _get(call: Call) -> CaseView:
    return await case_page(call, call.path["case"])


async def _edit(call: Call) -> CaseView:
    asked: CaseChanges = call.body
    given = asked.model_dump(exclude={"revision", "officer"}, exclude_none=True)
    changes = ChangesToMake(officer_id=asked.officer, **given)
    case_id = call.path["case"]
    await call.services.db.transact(
        lambda tx: call.services.cases.edit(tx, call.sight, case_id, asked.revision, changes)
    )
    return await case_page(call, case_id)


async def _edit_party(call: Call) -> CaseView:
    asked: PartyInput = call.body
    changes = PartyChanges(**{**asked.model_dump(exclude={"side"}), "gender": asked.gender or None})
    case_id = call.path["case"]

    async def work(tx: Transaction) -> None:
        case = await call.services.cases.visible(tx, call.sight, case_id)
        await call.services.cases.edit_party(tx, call.sight, case_id, case.revision, call.path["party"], changes)

    await call.services.db.transact(work)
    return await case_page(call, case_id)


async def _reveal(call: Call) -> Revealed:
    asked: Reveal = call.body
    case_id = call.path["case"]
    value = await call.services.db.transact(
        lambda tx: call.services.cases.reveal(tx, call.sight, case_id, asked.party, asked.field)
    )
    return Revealed(value=value)


async def _close(call: Call) -> CaseView:
    asked: CloseCase = call.body
    case_id = call.path["case"]
    await call.services.db.transact(
        lambda tx: call.services.cases.close(tx, call.sight, case_id, asked.outcome, asked.note)
    )
    return await case_page(call, case_id)


async def _timeline(call: Call) -> TimelineView:
    case_id = call.path["case"]
    timeline = call.services.timeline

    async def read(tx: Transaction) -> TimelineView:
        await call.services.cases.visible(tx, call.sight, case_id)
        room = await call.services.rooms.by_case(tx, case_id)
        heard = {row.id for row in chat_rows(room, call.who.id)}
        entries = [
            TimelineRow(
                seq=row.seq,
                at=row.at,
                actor=row.actor,
                act=row.act,
                article=row.article,
                payload=_without_words(row.payload, heard) if row.act == "chat.sent" else row.payload,
                hash=row.hash.hex(),
            )
            for row in await timeline.entries(tx, case_id)
        ]
        verdict = await timeline.check(tx, case_id)
        lines = folded(entries)
        return TimelineView(entries=lines, length=len(entries), intact=verdict.ok, reason=verdict.reason or "")

    return await call.services.db.read(read)


def _without_words(payload: Mapping[str, Any] | None, heard: Collection[str]) -> dict[str, Any] | None:
    """A written message without its words, which are read by asking.

    `None` for one of a caucus that is not among the messages this officer may read, also when the room no longer keeps
    it. An entry that does not say where it was written counts as a caucus's.
    """
    if payload is None or (payload.get("caucus", "") is not None and payload.get("message") not in heard):
        return None
    return {name: value for name, value in payload.items() if name != "text"}


async def _receipt(call: Call) -> ReceiptView:
    case_id = call.path["case"]

    async def read(tx: Transaction) -> str:
        case = await call.services.cases.visible(tx, call.sight, case_id)
        return (await call.services.timeline.receipt(tx, case_id, number=case.number)).to_text()

    return ReceiptView(text=await call.services.db.read(read))


async def _make_link(call: Call) -> NewLink:
    case_id, party_id = call.path["case"], call.path["party"]
    ttl = call.services.link_hours * 3600.0
    secret = await call.services.db.transact(
        lambda tx: call.services.entry.make_link(tx, call.sight, case_id, party_id, ttl)
    )
    return NewLink(path=f"/j#{secret}", expires_at=later(call.services.clock.now(), ttl))


async def _revoke_link(call: Call) -> CaseView:
    case_id, party_id = call.path["case"], call.path["party"]
    await call.services.db.transact(lambda tx: call.services.entry.revoke_link(tx, call.sight, case_id, party_id))
    return await case_page(call, case_id)


async def _unlock(call: Call) -> CaseView:
    case_id, party_id = call.path["case"], call.path["party"]
    await call.services.db.transact(lambda tx: call.services.entry.unlock(tx, call.sight, case_id, party_id))
    return await case_page(call, case_id)


async def _make_invite(call: Call) -> InviteCode:
    asked: NewInvite = call.body
    case_id = call.path["case"]
    ttl = asked.hours * 3600.0
    code = await call.services.db.transact(
        lambda tx: call.services.entry.make_invite(tx, call.sight, case_id, asked.role, asked.side, asked.uses, ttl)
    )
    return InviteCode(code=code, expires_at=later(call.services.clock.now(), ttl))


async def _revoke_invite(call: Call) -> CaseView:
    case_id, invite_id = call.path["case"], call.path["invite"]
    await call.services.db.transact(lambda tx: call.services.entry.revoke_invite(tx, call.sight, case_id, invite_id))
    return await case_page(call, case_id)


async def _read_notice(call: Call) -> Revealed:
    case_id, notice_id = call.path["case"], call.path["notice"]
    text = await call.services.db.transact(lambda tx: call.services.notices.read(tx, call.sight, case_id, notice_id))
    return Revealed(value=text)


async def _read_chat(call: Call) -> ChatRecord:
    case_id = call.path["case"]

    async def work(tx: Transaction) -> ChatRecord:
        await call.services.cases.visible(tx, call.sight, case_id)
        room = await call.services.rooms.by_case(tx, case_id)
        await call.services.timeline.append(tx, case_id, act="chat.read", actor=call.who.id, payload={})
        return ChatRecord(chat=chat_rows(room, call.who.id))

    return await call.services.db.transact(work)


async def _read_agreement(call: Call) -> AgreementView:
    case_id = call.path["case"]
    services = call.services

    async def work(tx: Transaction) -> AgreementView:
        await services.cases.visible(tx, call.sight, case_id)
        agreement = await services.agreements.load(tx, case_id)
        if agreement is None:
            raise AgreementMissing
        payload = {"form": "text"}
        await services.timeline.append(tx, case_id, act="agreement.read", actor=call.who.id, payload=payload)
        return agreement_message(services.agreements, agreement, call.who.id, "mediator")

    return await services.db.transact(work)


async def _enter(call: Call) -> EnteredRoom:
    case_id = call.path["case"]
    room, seat = await call.services.db.transact(
        lambda tx: call.services.rooms.enter_as_mediator(tx, call.sight, case_id)
    )
    call.set_cookies[device_cookie(seat.id)] = HOST_MARK + room.id
    return EnteredRoom(room=room.id, seat=seat.id)


def _route(method: str, path: str, request: object, reply: object, summary: str, handler: object) -> Route:
    return Route(method, f"/api/cases{path}", "officer", request, reply, summary, handler)  # type: ignore[arg-type]


ROUTES = [
    _route("GET", "", None, CaseList, "the cases in sight, newest first (`status`, `q`, `after`)", _list),
    _route("POST", "", CaseInput, CaseView, "open a case, and its room", _create),
    _route("GET", "/{case}", None, CaseView, "everything that hangs on a case, masked", _get),
    _route("POST", "/{case}", CaseChanges, CaseView, "change the record", _edit),
    _route("POST", "/{case}/parties/{party}", PartyInput, CaseView, "change a party (its side stays)", _edit_party),
    _route("POST", "/{case}/reveal", Reveal, Revealed, "one masked field in clear; on the timeline", _reveal),
    _route("POST", "/{case}/close", CloseCase, CaseView, "close the case with how it ended", _close),
    _route("GET", "/{case}/timeline", None, TimelineView, "the case's hash chain, checked", _timeline),
    _route("GET", "/{case}/receipt", None, ReceiptView, "a signed head of the chain", _receipt),
    _route(
        "POST", "/{case}/parties/{party}/link", None, NewLink, "a fresh link; the older ones are revoked", _make_link
    ),
    _route("POST", "/{case}/parties/{party}/link/revoke", None, CaseView, "revoke a party's link", _revoke_link),
    _route("POST", "/{case}/parties/{party}/unlock", None, CaseView, "five new tries at the identity check", _unlock),
    _route("POST", "/{case}/invites", NewInvite, InviteCode, "an invite code, shown once", _make_invite),
    _route("POST", "/{case}/invites/{invite}/revoke", None, CaseView, "revoke an invite code", _revoke_invite),
    _route("POST", "/{case}/notices/{notice}/read", None, Revealed, "a notice's text; on the timeline", _read_notice),
    _route("POST", "/{case}/chat/read", None, ChatRecord, "the chat's words; on the timeline", _read_chat),
    _route(
        "POST",
        "/{case}/agreement/read",
        None,
        AgreementView,
        "what the agreement says; on the timeline",
        _read_agreement,
    ),
    _route("POST", "/{case}/enter", None, EnteredRoom, "take the mediator's seat in the case's room", _enter),
]
