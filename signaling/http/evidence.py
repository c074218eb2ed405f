"""What proves a recording, as files to take along: the signed manifest, and the timeline that signs it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from formats.canonical import JSON
from recording.gaps import ACTS
from recording.manifesting import CONSENTS
from signaling.http.ranges import PRIVATE
from signaling.http.route import Call, Route
from signaling.messages.console import TimelineRow
from vault import Transaction

_FOLDED = ("recording.heads", "recording.segment")


def folded(rows: Sequence[TimelineRow]) -> list[TimelineRow]:
    """The timeline as people read it: entries of captured data, one after the other, are one line (the newest's)."""
    lines: list[TimelineRow] = []
    for row in rows:
        last = lines[-1] if lines else None
        if last is None or last.act not in _FOLDED or row.act not in _FOLDED:
            lines.append(row)
            continue
        act = _FOLDED[0] if _FOLDED[0] in (last.act, row.act) else row.act
        lines[-1] = row.model_copy(update={"act": act, "times": last.times + 1})
    return lines


async def _manifest(call: Call) -> Response:
    case_id, session_id = call.path["case"], call.path["session"]
    services = call.services

    async def work(tx: Transaction) -> tuple[bytes, int]:
        await services.cases.visible(tx, call.sight, case_id)
        manifest = await services.evidence.manifest(tx, case_id, session_id)
        payload: dict[str, JSON] = {"session": session_id, "number": manifest.number}
        await services.timeline.append(tx, case_id, act="recording.manifest_taken", actor=call.who.id, payload=payload)
        return manifest.dump(), manifest.number

    content, number = await services.db.transact(work)
    return _file(content, f"{session_id}.manifest-{number}.json")


async def _timeline_file(call: Call) -> Response:
    """Every entry with hash and signature; in clear only what recordings are checked against, and nobody's words."""
    case_id = call.path["case"]
    services = call.services

    async def work(tx: Transaction) -> bytes:
        case = await services.cases.visible(tx, call.sight, case_id)
        await services.timeline.append(tx, case_id, act="timeline.taken", actor=call.who.id, payload={})
        return await services.timeline.export(tx, case_id, number=case.number, only=_shown)

    return _file(await services.db.transact(work), f"{case_id}.timeline.json")


def _shown(act: str) -> bool:
    return act in ACTS | CONSENTS or act.startswith(("recording.", "recorder."))


def _file(content: bytes, name: str) -> Response:
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


ROUTES = [
    Route(
        "GET",
        "/api/cases/{case}/sessions/{session}/manifest",
        "officer",
        None,
        "application/json",
        "the signed manifest of a sitting's recording, as a file; taking it is on the timeline",
        _manifest,
    ),
    Route(
        "GET",
        "/api/cases/{case}/timeline/file",
        "officer",
        None,
        "application/json",
        "the chain for checking recordings offline, without what was said or written; taking it is on the timeline",
        _timeline_file,
    ),
]
