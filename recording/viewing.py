"""Who watched what, and who takes a file out of the house: each is an entry of the case's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import insert, select

from formats.canonical import JSON
from recording.errors import NoDownload
from recording.watching_tables import downloads
from vault import Clock, Timeline, Transaction
from vault.ids import new_id
from vault.utc import later

FETCH_S = 600.0
"""How long a file may be fetched after its reason was given."""


class Film(Protocol):
    """Any file of a sitting: a seat's, or everybody's."""

    @property
    def id(self) -> str:
        """Its own."""
        ...

    @property
    def case_id(self) -> str:
        """Whose timeline it is."""
        ...

    @property
    def session_id(self) -> str:
        """The sitting."""
        ...


class Viewing:
    """Every method works inside the caller's transaction; the caller has checked that the film is in sight."""

    def __init__(self, timeline: Timeline, clock: Clock) -> None:
        self._timeline = timeline
        self._clock = clock

    async def watched(self, tx: Transaction, film: Film, actor: str, stretches: Sequence[tuple[int, int]]) -> None:
        """Put on the timeline which stretches (milliseconds) were played; nothing where none were."""
        if not stretches:
            return
        payload: dict[str, JSON] = {
            "recording": film.id,
            "session": film.session_id,
            "played_ms": sum(end - start for start, end in stretches),
            "stretches": [[start, end] for start, end in stretches],
        }
        await self._timeline.append(tx, film.case_id, act="recording.watched", actor=actor, payload=payload)

    async def grant(self, tx: Transaction, film: Film, actor: str, reason: str) -> None:
        """The reason goes on the timeline, and the file may be fetched by this officer for `FETCH_S`."""
        payload = {"recording": film.id, "session": film.session_id, "reason": reason}
        await self._timeline.append(tx, film.case_id, act="recording.downloaded", actor=actor, payload=payload)
        given = {"id": new_id("download"), "film_id": film.id, "officer_id": actor, "at": self._clock.now()}
        await tx.execute(insert(downloads).values(given))

    async def require_grant(self, tx: Transaction, film: Film, actor: str) -> None:
        """Raises `NoDownload` unless this officer gave a reason for this file within `FETCH_S`."""
        since = later(self._clock.now(), -FETCH_S)
        mine = (downloads.c.film_id == film.id, downloads.c.officer_id == actor, downloads.c.at >= since)
        if await tx.one(select(downloads.c.id).where(*mine).limit(1)) is None:
            raise NoDownload
