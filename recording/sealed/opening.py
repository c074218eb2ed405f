"""What the holder of the supervisor's key does, outside the service: seal the keys of an approved request anew.

The journals stay as they are, and the service never sees the supervisor's key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from formats.canonical import JSON
from formats.journal import sealed_key
from formats.sealedbox import BoxBroken, open_sealed, seal
from recording.errors import DamagedJournal, SealedSegment
from recording.header import read_header
from recording.sealed import rules, store
from recording.sealed.rules import VIEWING_HOURS, Unsealing
from recording.sealed.store import Box, SealedJournal
from recording.spools import Spools
from vault import Cipher, Clock, Database, Jobs, Timeline, Transaction
from vault.utc import parse

JOB_KIND = "unsealed"
Bring: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]
"""Sees to it that journals (paths below the spool) lie there."""


class Opening:
    """Joined by the command line only."""

    def __init__(
        self, db: Database, cipher: Cipher, timeline: Timeline, clock: Clock, jobs: Jobs, spools: Spools, bring: Bring
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._timeline = timeline
        self._clock = clock
        self._jobs = jobs
        self._spools = spools
        self._bring = bring

    async def unseal(self, unsealing_id: str, supervisor_private: bytes, hours: int = VIEWING_HOURS) -> Unsealing:
        """Make the journals of an approved request readable for `hours`, and order their films.

        All or nothing. Raises `NoSuchUnsealing`, `NotApproved`, `NotOpen`, `BoxBroken` for another key than theirs,
        `DamagedJournal` for a journal that is gone or not the one that was noted.
        """

        async def look(tx: Transaction) -> tuple[list[SealedJournal], bytes]:
            one = await store.find(tx, self._cipher, unsealing_id)
            rules.unsealed(one, parse(self._clock.now()), hours)
            wanted = [row for row in await store.sealed_journals(tx, one.case_id) if row.id in one.journals]
            return wanted, await store.viewing_public(tx, unsealing_id)

        journals, public = await self._db.read(look)
        await self._bring([journal.path for journal in journals])
        boxes = await asyncio.to_thread(_seal_anew, self._spools, journals, supervisor_private, public)

        async def write(tx: Transaction) -> Unsealing:
            before = await store.find(tx, self._cipher, unsealing_id)
            one = rules.unsealed(before, parse(self._clock.now()), hours)
            await store.save(tx, self._cipher, one, before.state)
            await store.put_boxes(tx, one.id, boxes)
            for film in _films(journals):
                film_id = await store.add_film(tx, one.id, film, film.first_at or self._clock.now())
                await self._jobs.add(tx, JOB_KIND, {"film": film_id}, case_id=one.case_id)
            payload: dict[str, JSON] = {
                "unsealing": one.id,
                "session": one.session_id,
                "heads": [journal.head for journal in journals],
                "hours": hours,
            }
            await self._timeline.append(
                tx, one.case_id, act="recording.unsealed", actor="administrator", payload=payload
            )
            return one

        return await self._db.transact(write)


def _films(journals: Sequence[SealedJournal]) -> list[SealedJournal]:
    """One journal, the earliest, of each line."""
    first: dict[str, SealedJournal] = {}
    for journal in sorted(journals, key=lambda one: (one.first_at or "~", one.path)):
        first.setdefault(journal.line, journal)
    return list(first.values())


def _seal_anew(spools: Spools, journals: Sequence[SealedJournal], private: bytes, public: bytes) -> list[Box]:
    boxes = []
    for journal in journals:
        path = spools.find(journal.path)
        if path is None:
            raise DamagedJournal(journal.path)
        capture = read_header(path)
        if capture.key != "caucus":
            raise SealedSegment(path.name)
        if (capture.segment, capture.endpoint) != (journal.segment, journal.endpoint):
            raise DamagedJournal(path.name)
        with path.open("rb") as file:
            header, box = sealed_key(file)
        key = open_sealed(private, box)
        if len(key) != 32:
            raise BoxBroken(path.name)
        boxes.append(Box(header.hex(), journal.path, seal(public, key)))
    return boxes
