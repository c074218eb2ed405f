"""Taking a recording out of the house: a right of its own, with a reason, in two steps.

Watching needs the same bytes at the browser, so no server can tell a player from somebody who keeps what it plays; what
this adds is a file by name, for those who may have one, and an entry that says why they took it.
"""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from recording.errors import NoDownload
from signaling.http.files import films, in_sight
from signaling.http.ranges import PRIVATE
from signaling.http.route import Call, Route
from signaling.messages.watching import DownloadFilm, FilmAddress
from vault import Transaction

_EXTENSION = {"video/webm": "webm", "video/mp4": "mp4"}


async def _ask(call: Call) -> FilmAddress:
    asked: DownloadFilm = call.body
    recording_id, recordings = call.path["recording"], call.services.recordings
    kept = films(call.services, recording_id)

    async def grant(tx: Transaction) -> None:
        film = await in_sight(call, tx, recording_id)
        if not call.who.may_download:
            raise NoDownload
        await recordings.viewing.grant(tx, film, call.who.id, asked.reason)

    await call.services.db.read(lambda tx: in_sight(call, tx, recording_id))
    if call.who.may_download:
        await kept.stat(recording_id)  # nothing goes on the timeline for a file that is not there
    await call.services.db.transact(grant)
    return FilmAddress(path=f"/api/recordings/{recording_id}/file")


async def _file(call: Call) -> Response:
    recording_id, recordings = call.path["recording"], call.services.recordings
    kept = films(call.services, recording_id)

    async def granted(tx: Transaction) -> None:
        film = await in_sight(call, tx, recording_id)
        if not call.who.may_download:
            raise NoDownload
        await recordings.viewing.require_grant(tx, film, call.who.id)

    await call.services.db.read(granted)
    file = await kept.stat(recording_id)
    name = f"{recording_id}.{_EXTENSION.get(file.content_type, 'bin')}"
    headers = {
        **PRIVATE,
        "Content-Length": str(file.size),
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return StreamingResponse(await kept.read(recording_id), 200, headers, file.content_type)


ROUTES = [
    Route(
        "POST",
        "/api/recordings/{recording}/download",
        "officer",
        DownloadFilm,
        FilmAddress,
        "say why a recording is taken out of the house; needs the right to, and is on the timeline",
        _ask,
    ),
    Route(
        "GET",
        "/api/recordings/{recording}/file",
        "officer",
        None,
        "video/webm",
        "the recording as a file, for the officer who said why, for ten minutes",
        _file,
    ),
]
