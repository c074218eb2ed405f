"""The watching page of a sitting, and the minutes of its agreement."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from agreements.errors import AgreementMissing
from recording import RecordingRow
from recording.errors import NoRecording
from recording.model import CompositeRow
from recording.position import ENDED, OPENED, STARTED, Position, positions
from recording.watched import merged
from rooms import Room, Session
from rooms.model import Seat
from signaling.errors import NoSitting
from signaling.http.files import in_sight
from signaling.http.route import Call, Route
from signaling.messages.base import Empty
from signaling.messages.watching import Apart, FilmRow, Mark, Minutes, Place, PlaceOf, Watched, WatchView
from signaling.minutes import ACTS, minutes
from vault import Transaction
from vault.timeline import TimelineRow
from vault.utc import later, parse

SHOWN = frozenset(
    {
        OPENED,
        STARTED,
        ENDED,
        "session.paused",
        "session.resumed",
        "seat.admitted",
        "seat.verified",
        "seat.left",
        "seat.removed",
        "consent.given",
        "consent.declined",
        "caucus.entered",
        "caucus.left",
        "screen.shared",
        "screen.stopped",
        "agreement.started",
        "agreement.locked",
        "agreement.unlocked",
        "agreement.signed",
        "agreement.declined",
        "agreement.sealed",
        "recorder.failed",
        "recording.gap",
    }
)
"""What a viewer can jump to, beside `WRITTEN`."""

WRITTEN = "agreement.written"


async def _watch(call: Call) -> WatchView:
    seen = await call.services.db.read(lambda tx: _read(call, tx))
    lanes = await call.services.recordings.lanes.of([film.id for film in seen.films])
    films = [
        film.model_copy(update={"speech": base64.b64encode(lanes.get(film.id, b"")).decode()}) for film in seen.films
    ]
    return seen.model_copy(update={"films": films})


async def _read(call: Call, tx: Transaction) -> WatchView:
    services, case_id = call.services, call.path["case"]
    case = await services.cases.visible(tx, call.sight, case_id)
    room = await services.rooms.by_case(tx, case_id)
    session = sitting(room, call.path["session"])
    entries = await services.timeline.entries(tx, case_id, acts=SHOWN)
    words = await _written(call, tx, session)
    placed = {seq: place.ms for seq, place in positions(entries).items() if place.session == session.id}
    mine = [entry for entry in entries if entry.seq in placed]
    films = [row for row in await services.recordings.list(tx, case_id) if row.session_id == session.id]
    whole = [row for row in await services.composites.of_case(tx, case_id) if row.session_id == session.id]
    length = max(
        [
            0,
            *placed.values(),
            *(row.duration_ms or 0 for row in films),
            *(row.duration_ms or 0 for row in whole),
            _lasted(session),
        ]
    )
    return WatchView(
        case=case_id,
        number=case.number,
        session=session.id,
        session_number=session.number,
        started_at=session.started_at,
        ended_at=session.ended_at,
        length_ms=length,
        films=[_whole(row) for row in whole] + [_film(row, room) for row in films if row.status != "sealed"],
        marks=sorted([*(_mark(entry, placed[entry.seq], room) for entry in mine), *words], key=lambda mark: mark.ms),
        apart=apart([(entry, placed[entry.seq]) for entry in mine], length),
    )


async def _written(call: Call, tx: Transaction, session: Session) -> list[Mark]:
    """Where the agreement's terms and clauses, numbered as they are printed, got the words they have."""
    case_id = call.path["case"]
    agreement = await call.services.agreements.load(tx, case_id)
    if agreement is None or session.started_at is None:
        return []
    found = minutes(agreement, await call.services.timeline.entries(tx, case_id, acts=ACTS))
    places = [found.terms.get(term.id) for term in agreement.draft.terms]
    places += [found.clauses.get(clause.id) for clause in agreement.draft.clauses]
    return [
        Mark(
            seq=0,
            at=later(session.started_at, place.ms / 1000),
            ms=place.ms,
            act=WRITTEN,
            seat=None,
            name="",
            side=None,
            matter=str(number),
        )
        for number, place in enumerate(places, 1)
        if place is not None and place.session == session.id
    ]


def sitting(room: Room, session_id: str) -> Session:
    """The room's sitting of this id. Raises `NoSitting`."""
    found = next((session for session in room.sessions if session.id == session_id), None)
    if found is None:
        raise NoSitting
    return found


def _lasted(session: Session) -> int:
    if session.started_at is None or session.ended_at is None:
        return 0
    return max(0, int((parse(session.ended_at) - parse(session.started_at)).total_seconds() * 1000))


def _film(row: RecordingRow, room: Room) -> FilmRow:
    assert row.status != "sealed"
    return FilmRow(
        id=row.id,
        seats=list(row.seats),
        names=[seat.name for one in row.seats if (seat := room.seats.get(one)) is not None],
        screen=row.screen,
        composite=False,
        status=row.status,
        duration_ms=row.duration_ms,
        note=row.reason,
        content=f"/api/recordings/{row.id}/content",
        speech="",
    )


def _whole(row: CompositeRow) -> FilmRow:
    assert row.status != "sealed"
    return FilmRow(
        id=row.id,
        seats=[],
        names=[],
        screen=False,
        composite=True,
        status=row.status,
        duration_ms=row.duration_ms,
        note=row.reason,
        content=f"/api/recordings/{row.id}/content",
        speech="",
    )


def _mark(entry: TimelineRow, ms: int, room: Room) -> Mark:
    payload = entry.payload or {}
    seat = _seat_of(payload, entry.actor, room)
    about = [payload.get(name) for name in ("matter", "method")]
    side = payload.get("side")
    return Mark(
        seq=entry.seq,
        at=entry.at,
        ms=ms,
        act=entry.act,
        seat=seat.id if seat else None,
        name=seat.name if seat else "",
        side="A" if side == "A" else "B" if side == "B" else None,
        matter=next((one for one in about if isinstance(one, str)), ""),
    )


def _seat_of(payload: Mapping[str, object], actor: str, room: Room) -> Seat | None:
    """Whom an entry is about: the seat it names, else who did it."""
    named = room.seats.get(str(payload.get("seat", "")))
    return named or next((seat for seat in room.seats.values() if actor in (seat.id, seat.person_id)), None)


def apart(entries: Sequence[tuple[TimelineRow, int]], length_ms: int) -> list[Apart]:
    """The caucuses of a sitting from its entries and their places, in order; one that is not over lasts to the end."""
    found: list[Apart] = []
    side, since = "", 0
    for entry, ms in entries:
        if entry.act == "caucus.entered":
            side, since = str((entry.payload or {}).get("side", "")), ms
        elif side and entry.act in ("caucus.left", ENDED):
            found.append(Apart(from_ms=since, until_ms=ms, side="A" if side == "A" else "B"))
            side = ""
    if side:
        found.append(Apart(from_ms=since, until_ms=max(since, length_ms), side="A" if side == "A" else "B"))
    return found


async def _minutes(call: Call) -> Minutes:
    case_id, services = call.path["case"], call.services

    async def read(tx: Transaction) -> Minutes:
        await services.cases.visible(tx, call.sight, case_id)
        agreement = await services.agreements.load(tx, case_id)
        if agreement is None:
            raise AgreementMissing
        found = minutes(agreement, await services.timeline.entries(tx, case_id, acts=ACTS))
        seats = {seat.person_id: seat.id for seat in (await services.rooms.by_case(tx, case_id)).seats.values()}
        numbers = {clause.id: str(number) for number, clause in enumerate(agreement.draft.clauses)}
        return Minutes(
            lock=_place(found.lock) if found.lock else None,
            signatures=_places(found.signatures, seats),
            terms=_places(found.terms),
            clauses=_places({numbers[key]: place for key, place in found.clauses.items()}),
        )

    return await services.db.read(read)


def _place(found: Position) -> Place:
    return Place(session=found.session, ms=found.ms)


def _places(found: Mapping[str, Position], seats: Mapping[str, str] | None = None) -> list[PlaceOf]:
    known = seats or {}
    return [PlaceOf(id=key, seat=known.get(key), place=_place(place)) for key, place in sorted(found.items())]


async def _watched(call: Call) -> Empty:
    asked: Watched = call.body
    case_id, services = call.path["case"], call.services

    async def note(tx: Transaction) -> None:
        await services.cases.visible(tx, call.sight, case_id)
        session = sitting(await services.rooms.by_case(tx, case_id), call.path["session"])
        stretches = merged([(one.from_ms, one.until_ms) for one in asked.stretches])
        film = await in_sight(call, tx, asked.film)
        if film.session_id != session.id:
            raise NoRecording
        await services.recordings.viewing.watched(tx, film, call.who.id, stretches)

    await services.db.transact(note)
    return Empty()


ROUTES = [
    Route(
        "GET",
        "/api/cases/{case}/sittings/{session}",
        "officer",
        None,
        WatchView,
        "a sitting to watch: films, who spoke when, what happened when",
        _watch,
    ),
    Route(
        "POST",
        "/api/cases/{case}/sittings/{session}/watched",
        "officer",
        Watched,
        Empty,
        "what was played of a film, said on leaving it; on the timeline",
        _watched,
    ),
    Route(
        "GET",
        "/api/cases/{case}/agreement/minutes",
        "officer",
        None,
        Minutes,
        "where in the recordings the agreement was written, locked and signed",
        _minutes,
    ),
]
