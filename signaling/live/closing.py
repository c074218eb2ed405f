"""After a sitting: every journal closed and on record, its playable files ordered. Doing it twice does it once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from recording import Spools
from recording.damage import Found
from recording.manifesting import Header, Sitting
from rooms import Room, Session, session_of_segment
from signaling.errors import NoRelay
from signaling.live.workers import WorkerError, Workers
from signaling.services import Services
from vault import Transaction
from vault.utc import iso

log = logging.getLogger("heshi.closing")

RECENT_S = 10.0
"""A worker's death is noticed sooner; what was written last before that had nothing more to write."""


class Closing:
    """Closes sittings that have ended. What it did is in the database; `_done` only saves looking again."""

    def __init__(self, services: Services, workers: Workers) -> None:
        self._services, self._workers = services, workers
        self._done: set[str] = set()

    async def ended_sittings(self, room: Room) -> None:
        """Close every ended sitting of the room that has not been closed yet."""
        ended = [s for s in room.sessions if s.started_at and s.ended_at and s.id not in self._done]
        if not ended:
            return
        rows = list(await self._finish(room))
        found = await self._services.evidence.look(room.case_id, room.id)
        for session in ended:
            await self._close(room, session, rows, found)
            self._done.add(session.id)

    async def unfinished(self) -> list[str]:
        """Rooms with journals in a spool: at the start, any of them may have a sitting that nobody closed."""
        return await asyncio.to_thread(self._services.spools.rooms)

    async def note(self, room: Room, row: Mapping[str, Any]) -> None:
        """Put one closed journal on record."""
        session_id = session_of_segment(str(row.get("segment", "")))
        services, case_id = self._services, room.case_id
        ended = next((s for s in room.sessions if s.id == session_id and s.started_at and s.ended_at), None)
        if ended is not None:
            # The first that is heard of this device, perhaps, after its sitting was closed.
            late = await services.db.read(lambda tx: services.evidence.made(tx, case_id, session_id))
            found = await services.evidence.look(case_id, room.id, str(row.get("path"))) if late else []
            await self._close(room, ended, [row], found, again=True)
            return
        await services.db.transact(lambda tx: services.recordings.note_segment(tx, case_id, session_id, row))

    async def _finish(self, room: Room) -> Iterable[Mapping[str, Any]]:
        """Have the worker end what it still writes; a sitting that is open goes on untouched."""
        if room.placement is None or room.session is not None:
            return []
        try:
            answer = await self._workers.call(room.placement.worker, "finish", {"room": room.id})
        except (NoRelay, WorkerError) as error:
            log.warning("journals of %s are taken as the worker left them: %s", room.id, error)
            return []
        return list(answer["segments"])

    async def _close(
        self,
        room: Room,
        session: Session,
        rows: Iterable[Mapping[str, Any]],
        found: Sequence[Found],
        *,
        again: bool = False,
    ) -> None:
        """`rows` are what workers reported, `found` is what lies in the spool, of any sitting of the room.

        `again`: there may be more to come, unless a manifest was made before.
        """
        services, case_id = self._services, room.case_id
        reported = [row for row in rows if session_of_segment(str(row.get("segment", ""))) == session.id]
        mine = [one for one in found if session_of_segment(one.path.split("/")[1]) == session.id]
        left = [one.row for one in mine if one.row is not None]
        sitting = Sitting(case_id, room.id, session.id, str(session.started_at), str(session.ended_at))
        headers = {one.path: Header(one.clock_rate, one.origin) for one in mine if one.row is not None}

        async def work(tx: Transaction) -> None:
            for row in [*reported, *left]:
                await services.recordings.note_segment(tx, case_id, session.id, row)
            for damage in [one.damage for one in mine if one.damage is not None]:
                if await services.evidence.note_damage(tx, case_id, session.id, damage):
                    await services.recordings.damaged(tx, case_id, session.id, damage.path)
            await services.recordings.session_closed(tx, case_id, session.id, str(session.started_at))
            if not again or await services.evidence.made(tx, case_id, session.id):
                await services.evidence.close(tx, sitting, headers)
                await services.ledger.close(tx, case_id, session)

        await services.db.transact(work)


def kept_until(spools: Spools, room: Room) -> dict[str, str]:
    """Until when (UTC) each device's current journals have reached the disk; one that was still is left out.

    Blocking. The last write is the last second that is sure to be kept.
    """
    latest: dict[str, float] = {}
    for _, path in spools.journals(room.id, room.segment or "-"):
        endpoint = path.name.partition(".")[0]
        with contextlib.suppress(OSError):
            latest[endpoint] = max(latest.get(endpoint, 0.0), path.stat().st_mtime)
    recent = time.time() - RECENT_S
    return {name: iso(datetime.fromtimestamp(at, UTC)) for name, at in latest.items() if at > recent}
