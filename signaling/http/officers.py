"""Signing in, and the administrator's routes."""

from __future__ import annotations

from cases import Officer
from cases.inputs import NewOfficer as OfficerToAdd
from cases.inputs import NewOrgan as OrganToAdd
from cases.model import Organ
from cases.officers import Issued
from signaling.http.app import OFFICER_COOKIE
from signaling.http.route import Call, Route
from signaling.messages.base import Empty
from signaling.messages.console import (
    ChangePassword,
    LetDownload,
    NewOfficer,
    NewOrgan,
    Officers,
    OfficerView,
    OneTimePassword,
    Organs,
    OrganView,
    SignIn,
)


def officer_view(officer: Officer, organs: dict[str, Organ]) -> OfficerView:
    """An officer for the screen; `organs` by id, for the organ's name."""
    organ = organs.get(officer.organ_id)
    return OfficerView(
        id=officer.id,
        username=officer.username,
        name=officer.name,
        post=officer.post,
        role=officer.role,
        organ=officer.organ_id,
        organ_name=organ.name if organ else "",
        disabled=officer.disabled,
        must_change_password=officer.must_change_password,
        may_download=officer.may_download,
    )


async def _organs(call: Call) -> dict[str, Organ]:
    organs = await call.services.db.read(lambda tx: call.services.officers.organs(tx, call.sight))
    return {organ.id: organ for organ in organs}


async def _sign_in(call: Call) -> OfficerView:
    asked: SignIn = call.body
    signed = await call.services.officers.sign_in(asked.username, asked.password, call.address)
    call.set_cookies[OFFICER_COOKIE] = signed.token
    session = await call.services.officers.session(signed.token, one_time=True)
    call.officer, call.scope = session.officer, session.scope
    return officer_view(signed.officer, await _organs(call))


async def _sign_out(call: Call) -> Empty:
    token = call.cookies.get(OFFICER_COOKIE, "")
    await call.services.db.transact(lambda tx: call.services.officers.sign_out(tx, token))
    call.set_cookies[OFFICER_COOKIE] = None
    return Empty()


async def _me(call: Call) -> OfficerView:
    return officer_view(call.who, await _organs(call))


async def _change_password(call: Call) -> OfficerView:
    asked: ChangePassword = call.body
    token = call.cookies.get(OFFICER_COOKIE, "")
    await call.services.officers.change_password(token, asked.old, asked.new, call.address)
    call.officer = (await call.services.officers.session(token)).officer
    return officer_view(call.officer, await _organs(call))


async def _list(call: Call) -> Officers:
    officers = await call.services.db.read(lambda tx: call.services.officers.list(tx, call.sight))
    organs = await _organs(call)
    return Officers(officers=[officer_view(officer, organs) for officer in officers])


async def _issued(call: Call, issued: Issued) -> OneTimePassword:
    return OneTimePassword(officer=officer_view(issued.officer, await _organs(call)), password=issued.password)


async def _add(call: Call) -> OneTimePassword:
    asked: NewOfficer = call.body
    new = OfficerToAdd(organ_id=asked.organ, username=asked.username, name=asked.name, post=asked.post, role=asked.role)
    issued = await call.services.db.transact(lambda tx: call.services.officers.add(tx, call.sight, new))
    return await _issued(call, issued)


async def _disable(call: Call) -> OfficerView:
    officer = await call.services.db.transact(
        lambda tx: call.services.officers.disable(tx, call.sight, call.path["officer"])
    )
    return officer_view(officer, await _organs(call))


async def _enable(call: Call) -> OfficerView:
    officer = await call.services.db.transact(
        lambda tx: call.services.officers.enable(tx, call.sight, call.path["officer"])
    )
    return officer_view(officer, await _organs(call))


async def _let_download(call: Call) -> OfficerView:
    asked: LetDownload = call.body
    officer = await call.services.db.transact(
        lambda tx: call.services.officers.let_download(tx, call.sight, call.path["officer"], asked.allowed)
    )
    return officer_view(officer, await _organs(call))


async def _reset(call: Call) -> OneTimePassword:
    issued = await call.services.db.transact(
        lambda tx: call.services.officers.reset(tx, call.sight, call.path["officer"])
    )
    return await _issued(call, issued)


def _organ_view(organ: Organ) -> OrganView:
    return OrganView.model_validate({"id": organ.id, "parent": organ.parent_id, "name": organ.name, "kind": organ.kind})


async def _list_organs(call: Call) -> Organs:
    return Organs(organs=[_organ_view(organ) for organ in (await _organs(call)).values()])


async def _add_organ(call: Call) -> OrganView:
    asked: NewOrgan = call.body
    new = OrganToAdd(parent_id=asked.parent, name=asked.name, kind=asked.kind)
    return _organ_view(
        await call.services.db.transact(lambda tx: call.services.officers.add_organ(tx, call.sight, new))
    )


ROUTES = [
    Route("POST", "/api/officer/sign-in", "anyone", SignIn, OfficerView, "begin an officer's session", _sign_in),
    Route("POST", "/api/officer/sign-out", "officer", None, Empty, "end it", _sign_out),
    Route("GET", "/api/officer/me", "officer", None, OfficerView, "who is signed in", _me),
    Route(
        "POST",
        "/api/officer/password",
        "officer",
        ChangePassword,
        OfficerView,
        "set one's own password",
        _change_password,
    ),
    Route("GET", "/api/officers", "officer", None, Officers, "the officers in sight", _list),
    Route("POST", "/api/officers", "administrator", NewOfficer, OneTimePassword, "add an account", _add),
    Route("POST", "/api/officers/{officer}/disable", "administrator", None, OfficerView, "bar an account", _disable),
    Route("POST", "/api/officers/{officer}/enable", "administrator", None, OfficerView, "lift the bar", _enable),
    Route(
        "POST",
        "/api/officers/{officer}/download",
        "administrator",
        LetDownload,
        OfficerView,
        "give or take the right to take recordings out of the house",
        _let_download,
    ),
    Route(
        "POST", "/api/officers/{officer}/reset", "administrator", None, OneTimePassword, "new one-time password", _reset
    ),
    Route("GET", "/api/organs", "officer", None, Organs, "the organs in sight", _list_organs),
    Route("POST", "/api/organs", "administrator", NewOrgan, OrganView, "add an organ", _add_organ),
]
