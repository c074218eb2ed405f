"""Files out of the vault: the sealed agreement, and recordings by HTTP Range (RFC 9110, section 14)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from starlette.responses import Response, StreamingResponse

from agreements import Agreement
from agreements.errors import AgreementMissing
from formats.errors import NotFound
from recording import RecordingFile, RecordingRow
from recording.errors import NoRecording
from recording.model import CompositeRow
from signaling.http.ranges import PRIVATE, wanted
from signaling.http.route import Call, Route
from signaling.services import Services
from vault import Transaction

VIEWING_S = 600.0
"""How long an officer may jump about in a recording before it counts as opened again."""


async def pdf(services: Services, case_id: str, person: str | None = None) -> Response:
    """The sealed agreement; with `person` only if that person had to sign it.

    Raises `AgreementMissing`, `WrongStatus`, `NotFound`.
    """
    agreement = await services.db.read(lambda tx: services.agreements.load(tx, case_id))
    if agreement is None:
        raise AgreementMissing
    if person is not None and not is_signer(agreement, person):
        raise NotFound("agreement")
    content = await services.agreements.pdf(agreement)
    headers = {
        **PRIVATE,
        "Content-Disposition": "inline; filename*=UTF-8''%E8%B0%83%E8%A7%A3%E5%8D%8F%E8%AE%AE%E4%B9%A6.pdf",
    }
    return Response(content, media_type="application/pdf", headers=headers)


def is_signer(agreement: Agreement, person: str) -> bool:
    """Whether the agreement needs this person's signature."""
    return any(signer.person == person for signer in agreement.required)


async def _agreement(call: Call) -> Response:
    case_id = call.path["case"]
    services = call.services
    await services.db.read(lambda tx: services.cases.visible(tx, call.sight, case_id))
    file = await pdf(services, case_id)
    payload = {"form": "pdf"}
    await services.db.transact(
        lambda tx: services.timeline.append(tx, case_id, act="agreement.read", actor=call.who.id, payload=payload)
    )
    return file


class Viewings:
    """Which officer opened which recording lately, so that a player's many requests are one viewing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells monotonic seconds."""
        self._clock = clock
        self._seen: dict[tuple[str, str], float] = {}

    def begins(self, officer: str, recording: str) -> bool:
        """Whether this request opens a viewing; it then counts as opened for `VIEWING_S`."""
        now = self._clock()
        self._seen = {key: at for key, at in self._seen.items() if now - at < VIEWING_S}
        if (officer, recording) in self._seen:
            return False
        self._seen[officer, recording] = now
        return True

    def forget(self, officer: str, recording: str) -> None:
        """The viewing could not be put on record."""
        self._seen.pop((officer, recording), None)


_viewings = Viewings()


class Films(Protocol):
    """Where films of one kind are asked for."""

    async def get(self, tx: Transaction, film_id: str, /) -> RecordingRow | CompositeRow:
        """Whose it is. Raises `NoRecording`."""
        ...

    async def viewed(self, tx: Transaction, film_id: str, actor: str, /) -> None:
        """Put its opening on the timeline."""
        ...

    async def stat(self, film_id: str, /) -> RecordingFile:
        """Size and kind. Raises `NoRecording`, `NotReady`."""
        ...

    async def read(self, film_id: str, start: int = 0, end: int | None = None, /) -> AsyncIterator[bytes]:
        """A range of it."""
        ...


def films(services: Services, film_id: str) -> Films:
    """Where to ask for this film: one seat's, or the whole sitting's."""
    return services.composites if film_id.startswith("cmp_") else services.recordings


async def in_sight(call: Call, tx: Transaction, film_id: str) -> RecordingRow | CompositeRow:
    """Raises `NoRecording` where there is none, or none in this officer's sight: hidden and absent look the same."""
    row = await films(call.services, film_id).get(tx, film_id)
    try:
        await call.services.cases.visible(tx, call.sight, row.case_id)
    except NotFound as error:
        raise NoRecording from error
    return row


async def _film(call: Call) -> Response:
    """A film, whole or in part; its opening (an officer's first request for any part) is on the timeline."""
    film_id = call.path["recording"]
    kept = films(call.services, film_id)
    await call.services.db.read(lambda tx: in_sight(call, tx, film_id))
    file = await kept.stat(film_id)
    span = wanted(call.headers.get("range"), file.size)
    if span is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    start, end = span
    if _viewings.begins(call.who.id, film_id):
        try:
            await call.services.db.transact(lambda tx: kept.viewed(tx, film_id, call.who.id))
        except BaseException:
            _viewings.forget(call.who.id, film_id)
            raise
    headers = {**PRIVATE, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    partial = "range" in call.headers
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    body = await kept.read(film_id, start, end)
    return StreamingResponse(body, 206 if partial else 200, headers, file.content_type)


ROUTES = [
    Route(
        "GET", "/api/cases/{case}/agreement.pdf", "officer", None, "application/pdf", "the sealed agreement", _agreement
    ),
    Route(
        "GET",
        "/api/recordings/{recording}/content",
        "officer",
        None,
        "video/webm",
        "a seat's film, or a sitting's; ranges are served; opening it is on the timeline",
        _film,
    ),
]
