"""Sealed, held and deleted: what officers ask for, decide on and watch beyond the ordinary recordings."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from recording.keeping import SittingKept
from recording.keeping.retention import may_act, may_decide
from recording.sealed import Person, Unsealing, rules
from recording.sealed.store import Film
from signaling.http.files import Viewings
from signaling.http.ranges import PRIVATE, wanted
from signaling.http.route import Call, Route
from signaling.messages.custody import (
    AskUnsealing,
    Custody,
    CustodyTask,
    CustodyTasks,
    Decision,
    DeletionRow,
    FilmRow,
    HoldRow,
    KeptRow,
    Reason,
    SittingReason,
    UnsealingRow,
)
from vault import Transaction
from vault.utc import iso, parse

_viewings = Viewings()


async def _read(call: Call, tx: Transaction, case_id: str) -> Custody:
    services, scope = call.services, call.sight
    case = await services.cases.visible(tx, scope, case_id)
    names = await _names(call, tx)
    lines = await services.unsealings.lines(tx, case_id)
    unsealings, films = await services.unsealings.of_case(tx, case_id)
    return Custody(
        may_ask=may_act(scope.officer_id, scope.role, case.officer_id),
        may_lift=scope.role == "supervisor",
        unsealings=[_unsealing(call, one, films, lines, names) for one in unsealings],
        sittings=[_kept(call, one, names) for one in await services.keeping.of_case(tx, scope, case_id)],
    )


async def _names(call: Call, tx: Transaction) -> dict[str, str]:
    return {officer.id: officer.name for officer in await call.services.officers.list(tx, call.sight)}


def _unsealing(
    call: Call, one: Unsealing, films: list[Film], lines: dict[str, str], names: dict[str, str]
) -> UnsealingRow:
    now = parse(call.services.clock.now())
    watches = one.state == "unsealed" and call.who.id in (one.requested_by, one.decided_by)
    mine = [film for film in films if film.unsealing_id == one.id and film.status != "gone"]
    return UnsealingRow(
        id=one.id,
        session=one.session_id,
        lines=list(dict.fromkeys(lines[journal] for journal in one.journals if journal in lines)),
        state=one.state,
        reason=one.reason,
        requested_by=names.get(one.requested_by, ""),
        requested_at=iso(one.requested_at),
        decided_by=names.get(one.decided_by or "", ""),
        word=one.word,
        expires_at=iso(one.expires_at) if one.expires_at else None,
        may_decide=rules.may_decide(one, Person(call.sight.officer_id, call.sight.role), now),
        may_watch=watches,
        films=[_film(film) for film in mine] if watches else [],
    )


def _film(film: Film) -> FilmRow:
    return FilmRow.model_validate(
        {
            "id": film.id,
            "line": film.line,
            "status": film.status,
            "duration_ms": film.duration_ms,
            "note": film.reason,
        }
    )


def _kept(call: Call, one: SittingKept, names: dict[str, str]) -> KeptRow:
    now, deletion, hold = parse(call.services.clock.now()), one.deletion, one.hold
    return KeptRow(
        session=one.session_id,
        state=one.kept.state,
        until=iso(one.kept.until) if one.kept.until else None,
        hold=HoldRow(id=hold.id, reason=hold.reason, set_by=names.get(hold.set_by, ""), set_at=hold.set_at)
        if hold
        else None,
        deletion=DeletionRow(
            id=deletion.id,
            state=deletion.state,
            reason=deletion.reason,
            requested_by=names.get(deletion.requested_by, ""),
            requested_at=deletion.requested_at,
            decided_by=names.get(deletion.decided_by or "", ""),
            word=deletion.word,
            may_decide=deletion.state == "requested"
            and may_decide(call.who.id, call.sight.role, deletion.requested_by, parse(deletion.requested_at), now),
        )
        if deletion
        else None,
    )


async def _custody(call: Call) -> Custody:
    return await call.services.db.read(lambda tx: _read(call, tx, call.path["case"]))


async def _tasks(call: Call) -> CustodyTasks:
    services, scope = call.services, call.sight

    async def read(tx: Transaction) -> CustodyTasks:
        names, tasks = await _names(call, tx), []
        for one in await services.unsealings.waiting(tx, scope):
            case = await services.cases.visible(tx, scope, one.case_id)
            at, by = iso(one.requested_at), names.get(one.requested_by, "")
            tasks.append(
                CustodyTask(case=case.id, number=case.number, kind="unsealing", requested_by=by, requested_at=at)
            )
        for other in await services.keeping.waiting(tx, scope):
            case = await services.cases.visible(tx, scope, other.case_id)
            at, by = other.requested_at, names.get(other.requested_by, "")
            tasks.append(
                CustodyTask(case=case.id, number=case.number, kind="deletion", requested_by=by, requested_at=at)
            )
        return CustodyTasks(tasks=sorted(tasks, key=lambda task: task.requested_at))

    return await services.db.read(read)


async def _ask(call: Call) -> Custody:
    asked: AskUnsealing = call.body
    case_id = call.path["case"]
    await call.services.db.transact(
        lambda tx: call.services.unsealings.ask(tx, call.sight, case_id, asked.lines, asked.reason)
    )
    return await _custody(call)


async def _decide(call: Call) -> Custody:
    asked: Decision = call.body
    one = await call.services.db.transact(
        lambda tx: call.services.unsealings.decide(tx, call.sight, call.path["unsealing"], asked.approve, asked.word)
    )
    return await call.services.db.read(lambda tx: _read(call, tx, one.case_id))


async def _hold(call: Call) -> Custody:
    asked: SittingReason = call.body
    case_id = call.path["case"]
    await call.services.db.transact(
        lambda tx: call.services.keeping.hold(tx, call.sight, case_id, asked.session, asked.reason)
    )
    return await _custody(call)


async def _lift(call: Call) -> Custody:
    asked: Reason = call.body
    case_id, hold_id = call.path["case"], call.path["hold"]
    await call.services.db.transact(
        lambda tx: call.services.keeping.lift(tx, call.sight, case_id, hold_id, asked.reason)
    )
    return await _custody(call)


async def _ask_deletion(call: Call) -> Custody:
    asked: SittingReason = call.body
    case_id = call.path["case"]
    await call.services.db.transact(
        lambda tx: call.services.keeping.ask(tx, call.sight, case_id, asked.session, asked.reason)
    )
    return await _custody(call)


async def _decide_deletion(call: Call) -> Custody:
    asked: Decision = call.body
    case_id = await call.services.db.transact(
        lambda tx: call.services.keeping.decide(tx, call.sight, call.path["deletion"], asked.approve, asked.word)
    )
    return await call.services.db.read(lambda tx: _read(call, tx, case_id))


async def _content(call: Call) -> Response:
    """An unsealed film, whole or in part, for its two people; its opening is on the timeline."""
    unsealings, film_id = call.services.unsealings, call.path["film"]
    found = await call.services.db.read(lambda tx: unsealings.film(tx, call.sight, film_id))
    part = wanted(call.headers.get("range"), found.size)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{found.size}"})
    start, end = part
    if _viewings.begins(call.who.id, film_id):
        try:
            await call.services.db.transact(lambda tx: unsealings.viewed(tx, found, call.who.id))
        except BaseException:
            _viewings.forget(call.who.id, film_id)
            raise
    headers = {**PRIVATE, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    partial = "range" in call.headers
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return StreamingResponse(unsealings.read(found, start, end), 206 if partial else 200, headers, "video/webm")


ROUTES = [
    Route("GET", "/api/custody", "officer", None, CustodyTasks, "what waits for one's decision", _tasks),
    Route(
        "GET", "/api/cases/{case}/custody", "officer", None, Custody, "recordings sealed, held, to be deleted", _custody
    ),
    Route(
        "POST",
        "/api/cases/{case}/unsealings",
        "officer",
        AskUnsealing,
        Custody,
        "ask for sealed lines to be opened",
        _ask,
    ),
    Route(
        "POST",
        "/api/unsealings/{unsealing}",
        "officer",
        Decision,
        Custody,
        "approve or refuse, as the second person",
        _decide,
    ),
    Route(
        "GET",
        "/api/unsealed/{film}/content",
        "officer",
        None,
        "video/webm",
        "an unsealed film, for its two people; ranges are served; opening it is on the timeline",
        _content,
    ),
    Route("POST", "/api/cases/{case}/holds", "officer", SittingReason, Custody, "put a legal hold on a sitting", _hold),
    Route("POST", "/api/cases/{case}/holds/{hold}/lift", "officer", Reason, Custody, "lift a hold", _lift),
    Route(
        "POST",
        "/api/cases/{case}/deletions",
        "officer",
        SittingReason,
        Custody,
        "ask for a sitting's recording to be deleted",
        _ask_deletion,
    ),
    Route(
        "POST",
        "/api/deletions/{deletion}",
        "officer",
        Decision,
        Custody,
        "approve or refuse, as the second person",
        _decide_deletion,
    ),
]
