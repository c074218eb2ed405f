"""After a sitting: every journal closed and on record, its playable files ordered. Doing it twice does it once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from recording import Spools, salvage_room
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
        rows = [*(await self._finish(room)), *(await asyncio.to_thread(self._left_behind, room.id))]
        for session in ended:
            await self._close(room, session, [row for row in rows if session_of_segment(row["segment"]) == session.id])
            self._done.add(session.id)

    async def unfinished(self) -> list[str]:
        """Rooms with journals in a spool: at the start, any of them may have a sitting that nobody closed."""
        return await asyncio.to_thread(self._services.spools.rooms)

    async def note(self, room: Room, row: Mapping[str, Any]) -> None:
        """Put one closed journal on record."""
        session_id = session_of_segment(str(row.get("segment", "")))
        ended = next((s for s in room.sessions if s.id == session_id and s.ended_at), None)

        async def work(tx: Transaction) -> None:
            await self._services.recordings.note_segment(tx, room.case_id, session_id, row)
            if ended is not None:
                # The first that is heard of this device, after its sitting was closed.
                await self._services.recordings.session_closed(tx, room.case_id, session_id, str(ended.started_at))

        await self._services.db.transact(work)

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

    def _left_behind(self, room_id: str) -> list[Mapping[str, Any]]:
        """Journals that no worker will report any more."""
        return list(salvage_room(self._services.spools, room_id))

    async def _close(self, room: Room, session: Session, rows: list[Mapping[str, Any]]) -> None:
        async def work(tx: Transaction) -> None:
            for row in rows:
                await self._services.recordings.note_segment(tx, room.case_id, session.id, row)
            await self._services.recordings.session_closed(tx, room.case_id, session.id, str(session.started_at))
            await self._services.ledger.close(tx, room.case_id, session)

        await self._services.db.transact(work)


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
