"""Coming in: links, codes, identity, consents; and the signed agreement for its signers."""

from __future__ import annotations

from starlette.responses import Response

from rooms.entry import SeatState
from rooms.rules.entering import MATTERS, REQUIRED, Matter
from signaling.errors import DeviceUnknown, NoticeOutdated
from signaling.http.app import OFFICER_COOKIE
from signaling.http.files import is_signer, pdf
from signaling.http.route import Call, Route
from signaling.messages.entry import (
    CodeRequest,
    CodeSent,
    ConsentRequest,
    Consents,
    Entered,
    IdentifyRequest,
    LinkSecret,
    LinkView,
    RedeemRequest,
    SeatEntry,
)
from signaling.notice import current_notice, notice_mark

HOST_MARK = "host:"
"""An officer's seat cookie names the room only; the officer's own session is the credential."""


def device_cookie(seat: str) -> str:
    """The name of the cookie that holds a seat's credential: one per seat, so that one browser may hold several."""
    return f"heshi_seat_{seat}"


async def _link(call: Call) -> LinkView:
    asked: LinkSecret = call.body
    state = await call.services.entry.open_link(asked.secret)
    return LinkView(
        organ=state.organ,
        name_masked=state.name_masked,
        phone_masked=state.phone_masked,
        expires_at=state.expires_at,
        locked=state.locked,
    )


async def _code(call: Call) -> CodeSent:
    asked: CodeRequest = call.body
    wait = await call.services.entry.send_code(asked.secret, asked.name, call.services.notices)
    return CodeSent(resend_after_s=int(wait))


async def _identify(call: Call) -> Entered:
    asked: IdentifyRequest = call.body
    token = await call.services.entry.identify(asked.secret, asked.name, asked.code, asked.id_last6, _device(call))
    call.set_cookies[device_cookie(token.seat_id)] = token.token
    return Entered(seat=token.seat_id)


async def _redeem(call: Call) -> Entered:
    asked: RedeemRequest = call.body
    token = await call.services.entry.redeem(asked.code, asked.name, asked.role, call.address, _device(call))
    call.set_cookies[device_cookie(token.seat_id)] = token.token
    return Entered(seat=token.seat_id)


def _device(call: Call) -> str:
    return call.headers.get("user-agent", "")[:200]


def _credential(call: Call) -> str:
    token = call.cookies.get(device_cookie(call.path["seat"]), "")
    if not token or token.startswith(HOST_MARK):
        raise DeviceUnknown
    return token


async def _own(call: Call) -> SeatState:
    token = _credential(call)
    state = await call.services.db.read(lambda tx: call.services.entry.state(tx, token))
    if state.seat.id != call.path["seat"]:
        raise DeviceUnknown
    return state


async def _seat(call: Call) -> SeatEntry:
    return await _entry(call, await _own(call))


async def _consent(call: Call) -> SeatEntry:
    asked: ConsentRequest = call.body
    await _own(call)
    if asked.notice_version != current_notice().version:
        raise NoticeOutdated
    choices: dict[Matter, bool] = {matter: getattr(asked, matter) for matter in MATTERS}
    return await _entry(call, await call.services.entry.consent(_credential(call), choices, notice_mark()))


async def _entry(call: Call, state: SeatState) -> SeatEntry:
    seat = state.seat
    given = {matter: seat.consents[matter].given for matter in MATTERS if matter in seat.consents}
    declined = any(given.get(matter) is False for matter in REQUIRED)
    agreement = await call.services.db.read(lambda tx: call.services.agreements.load(tx, state.case_id))
    return SeatEntry(
        seat=seat.id,
        name=seat.name,
        role=seat.role,
        side=seat.side,
        organ=state.organ,
        step="ready" if state.ready else "declined" if declined else "consents",
        consents=Consents(**given) if len(given) == len(MATTERS) else None,
        notice=current_notice(),
        agreement_ready=agreement is not None and agreement.sealed is not None and is_signer(agreement, seat.person_id),
    )


async def _agreement(call: Call) -> Response:
    token = call.cookies.get(device_cookie(call.path["seat"]), "")
    if token.startswith(HOST_MARK):
        return await _mediators_copy(call, token.removeprefix(HOST_MARK))
    state = await _own(call)
    return await pdf(call.services, state.case_id, person=state.seat.person_id)


async def _mediators_copy(call: Call, room_id: str) -> Response:
    """The officer in the room asks with the session's cookie; the seat's only names the room."""
    session = await call.services.officers.session(call.cookies.get(OFFICER_COOKIE, ""))
    room = await call.services.room(room_id)
    seat = room.seats.get(call.path["seat"])
    if seat is None or seat.person_id != session.officer.id:
        raise DeviceUnknown
    return await pdf(call.services, room.case_id, person=seat.person_id)


ROUTES = [
    Route("POST", "/api/entry/link", "anyone", LinkSecret, LinkView, "what a link's bearer may know", _link),
    Route("POST", "/api/entry/code", "anyone", CodeRequest, CodeSent, "send the code to the phone on record", _code),
    Route(
        "POST",
        "/api/entry/identify",
        "anyone",
        IdentifyRequest,
        Entered,
        "prove who one is; sets the seat's cookie",
        _identify,
    ),
    Route(
        "POST",
        "/api/entry/invite",
        "anyone",
        RedeemRequest,
        Entered,
        "come in by invite code; sets the cookie",
        _redeem,
    ),
    Route("GET", "/api/seats/{seat}", "device", None, SeatEntry, "where one stands on the way in", _seat),
    Route("POST", "/api/seats/{seat}/consents", "device", ConsentRequest, SeatEntry, "answer each matter", _consent),
    Route(
        "GET",
        "/api/seats/{seat}/agreement.pdf",
        "device",
        None,
        "application/pdf",
        "the sealed agreement, for its signers",
        _agreement,
    ),
]
