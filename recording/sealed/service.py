"""Requests for unsealing: asking, deciding, watching what was unsealed, and the end of its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace

from cases import Cases, Scope
from formats.canonical import JSON
from formats.errors import HeshiError
from formats.sealedbox import BoxBroken, new_key_pair, open_sealed
from recording.errors import DamagedJournal, NoRecording, NotReady, SealedSegment
from recording.playback import Playback, render
from recording.scratch import ScratchFile
from recording.sealed import rules, store
from recording.sealed.errors import NothingSealed
from recording.sealed.opening import JOB_KIND, Bring
from recording.sealed.rules import Person, State, Unsealing
from recording.sealed.store import Film, SealedJournal
from recording.spools import Spools
from vault import BlobStore, Cipher, Clock, Database, Timeline, Transaction
from vault.errors import Erased
from vault.ids import new_id
from vault.jobs import MAX_ATTEMPTS, Job
from vault.utc import parse

__all__ = ["JOB_KIND", "UnsealedFilm", "Unsealings"]

TITLE = "背靠背 · 已启封"
_LASTING = (NoRecording, DamagedJournal, SealedSegment, BoxBroken, Erased)
_PIECE = 1 << 20
_SYSTEM = "system"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnsealedFilm:
    """A film as an HTTP answer needs it; `blob_id` names its bytes."""

    film: Film
    unsealing: Unsealing
    blob_id: str
    size: int


class Unsealings:
    """The service's half: it decides who may, and never holds the supervisor's key."""

    def __init__(
        self,
        db: Database,
        cases: Cases,
        cipher: Cipher,
        timeline: Timeline,
        blobs: BlobStore,
        clock: Clock,
        spools: Spools,
        bring: Bring,
    ) -> None:
        self._db = db
        self._cases = cases
        self._cipher = cipher
        self._timeline = timeline
        self._blobs = blobs
        self._clock = clock
        self._spools = spools
        self._bring = bring

    async def ask(self, tx: Transaction, scope: Scope, case_id: str, lines: Collection[str], reason: str) -> Unsealing:
        """Ask for the sealed lines of one sitting (ids as the case page lists them).

        Raises `NoSuchCase`, `NotToAsk`, `NoReason`, `NothingSealed`.
        """
        case = await self._cases.visible(tx, scope, case_id)
        rules.asked(Person(scope.officer_id, scope.role), case.officer_id)
        cleaned = rules.words(reason)
        chosen = [row for row in await store.sealed_journals(tx, case_id) if row.line in lines]
        sessions = {row.session_id for row in chosen}
        if len(sessions) != 1 or {row.line for row in chosen} != set(lines):
            raise NothingSealed
        now = parse(self._clock.now())
        journals = tuple(row.id for row in chosen)
        one = Unsealing(new_id("uns"), case_id, sessions.pop(), journals, cleaned, scope.officer_id, now)
        await store.add(tx, self._cipher, one)
        segments: list[JSON] = [*sorted({row.segment for row in chosen})]
        await self._note(tx, one, "recording.unsealing_requested", scope.officer_id, reason=cleaned, segments=segments)
        return one

    async def decide(self, tx: Transaction, scope: Scope, unsealing_id: str, approve: bool, word: str) -> Unsealing:
        """Approve or refuse as the second person. Raises `NoSuchUnsealing`, `NoSuchCase` and what `decided` does."""
        before = await store.find(tx, self._cipher, unsealing_id)
        await self._cases.visible(tx, scope, before.case_id)
        now = parse(self._clock.now())
        one = rules.decided(before, Person(scope.officer_id, scope.role), approve, word, now)
        more: dict[str, bytes] = {}
        if approve:
            private, public = new_key_pair()
            sealed = await store.seal_viewing(tx, self._cipher, one.id, private)
            more = {"viewing": sealed, "viewing_public": public}
        await store.save(tx, self._cipher, one, before.state, **more)
        act = "recording.unsealing_approved" if approve else "recording.unsealing_refused"
        await self._note(tx, one, act, scope.officer_id, word=one.word)
        return one

    async def of_case(self, tx: Transaction, case_id: str) -> tuple[list[Unsealing], list[Film]]:
        """A case's requests as time has made them, newest first, and the films of those still unsealed."""
        now = parse(self._clock.now())
        found = [rules.due(one, now) for one in await store.of_case(tx, self._cipher, case_id)]
        return found, await store.films(tx, [one.id for one in found if one.state == "unsealed"])

    async def lines(self, tx: Transaction, case_id: str) -> dict[str, str]:
        """Which line of the case page each sealed journal (by its row's id) belongs to."""
        return {row.id: row.line for row in await store.sealed_journals(tx, case_id)}

    async def waiting(self, tx: Transaction, scope: Scope) -> list[Unsealing]:
        """The requests that this person may decide on now, oldest first."""
        now, who, mine = parse(self._clock.now()), Person(scope.officer_id, scope.role), []
        if who.role != "supervisor":
            return []
        for one in await store.in_states(tx, self._cipher, ("requested",)):
            if rules.may_decide(one, who, now) and await self._in_sight(tx, scope, one.case_id):
                mine.append(one)
        return mine

    async def film(self, tx: Transaction, scope: Scope, film_id: str) -> UnsealedFilm:
        """A film that this person may watch now.

        Raises `NoSuchUnsealing`, `NoSuchCase`, `NotForYou`, `NotApproved`, `Lapsed`, `NotReady`.
        """
        film = await store.film(tx, film_id)
        one = await store.find(tx, self._cipher, film.unsealing_id)
        await self._cases.visible(tx, scope, one.case_id)
        rules.seen(one, scope.officer_id, parse(self._clock.now()))
        if film.blob_id is None:
            raise NotReady(film.status)
        return UnsealedFilm(film, one, film.blob_id, (await self._blobs.stat(film.blob_id)).size)

    async def viewed(self, tx: Transaction, film: UnsealedFilm, actor: str) -> None:
        """Put a viewing on the timeline; once per opening, before the first byte."""
        about: dict[str, JSON] = {"segment": film.film.segment, "endpoint": film.film.endpoint}
        await self._note(tx, film.unsealing, "recording.unsealed_viewed", actor, **about)

    def read(self, film: UnsealedFilm, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` … `end` (exclusive) of a film."""
        return self._blobs.read(film.blob_id, start, end)

    async def run_job(self, job: Job) -> None:
        """Make one unsealed film, by the request's own key. Doing it twice does it once."""
        film_id = str(job.payload["film"])
        try:
            film, journals, private, boxes = await self._db.read(lambda tx: self._task(tx, film_id))
            if film.status != "processing":
                return
            await self._bring([journal.path for journal in journals])
            playback, blob_id = await self._make(film, journals, private, boxes)
        except _LASTING as error:
            await self._settle(film_id, "failed", reason=error.code)
            return
        except Exception:
            if job.attempt >= MAX_ATTEMPTS:
                await self._settle(film_id, "failed", reason="recording.attempts")
            raise
        reason = DamagedJournal.code if playback.damaged else ""
        if not await self._settle(film_id, "ready", reason, blob_id, playback.duration_ms):
            await self._blobs.delete(blob_id)

    async def sweep(self) -> int:
        """End every request whose time is over: its key is destroyed first, then its films go. How many there were."""
        now, ended = parse(self._clock.now()), 0
        for one in await self._db.read(
            lambda tx: store.in_states(tx, self._cipher, ("requested", "approved", "unsealed"))
        ):
            if rules.due(one, now).state != "expired":
                continue
            try:
                await self._end(one)
                ended += 1
            except HeshiError:
                _log.exception("unsealing %s could not be ended", one.id)
        return ended

    async def drop(self, session_id: str, paths: Sequence[str]) -> None:
        """End every request about a sitting whose recording is being deleted (`recording.keeping.service.Derived`)."""
        states: tuple[State, ...] = ("requested", "approved", "unsealed")
        for one in await self._db.read(lambda tx: store.in_states(tx, self._cipher, states)):
            if one.session_id == session_id:
                await self._end(one)

    async def _end(self, one: Unsealing) -> None:
        async def look(tx: Transaction) -> list[Film]:
            return await store.films(tx, [one.id])

        async def write(tx: Transaction) -> list[Film]:
            await store.save(tx, self._cipher, replace(one, state="expired"), one.state)
            await self._cipher.erase(tx, one.id)
            await store.drop_boxes(tx, one.id)
            films = await look(tx)
            for film in films:
                await store.settle_film(tx, film.id, "gone", was=film.status)
            await self._note(tx, one, "recording.unsealing_expired", _SYSTEM)
            return films

        # Before as well as after: one that was finished meanwhile must not stay, nor one that a crash would forget.
        await self._drop(await self._db.read(look))
        await self._drop(await self._db.transact(write))

    async def _drop(self, films: Sequence[Film]) -> None:
        for film in films:
            if film.blob_id is not None:
                await self._blobs.delete(film.blob_id)

    async def _in_sight(self, tx: Transaction, scope: Scope, case_id: str) -> bool:
        try:
            await self._cases.visible(tx, scope, case_id)
        except HeshiError:
            return False
        return True

    async def _task(self, tx: Transaction, film_id: str) -> tuple[Film, list[SealedJournal], bytes, dict[str, bytes]]:
        film = await store.film(tx, film_id)
        one = await store.find(tx, self._cipher, film.unsealing_id)
        private, _ = await store.viewing_keys(tx, self._cipher, one.id)
        place = (film.segment, film.endpoint, film.screen)
        journals = [
            row
            for row in await store.sealed_journals(tx, one.case_id)
            if row.id in one.journals and (row.segment, row.endpoint, row.screen) == place
        ]
        return film, journals, private, await store.boxes(tx, one.id)

    async def _make(
        self, film: Film, journals: Sequence[SealedJournal], private: bytes, boxes: dict[str, bytes]
    ) -> tuple[Playback, str]:
        def data_key(header: bytes, _: bytes) -> bytes:
            box = boxes.get(header.hex())
            if box is None:
                raise BoxBroken("not of this request")
            return open_sealed(private, box)

        paths = [path for journal in journals if (path := self._spools.find(journal.path)) is not None]
        with ScratchFile(self._spools.scratch()) as out:
            playback = await asyncio.to_thread(
                render, paths, data_key, film.started_at, out, kind="caucus", title=TITLE
            )
            out.seek(0)
            blob = await self._blobs.put(_pieces(out), kind="unsealed")
        return playback, blob.id

    async def _settle(
        self, film_id: str, status: str, reason: str = "", blob_id: str | None = None, duration_ms: int | None = None
    ) -> bool:
        return await self._db.transact(
            lambda tx: store.settle_film(
                tx, film_id, status, was="processing", reason=reason, blob_id=blob_id, duration_ms=duration_ms
            )
        )

    async def _note(self, tx: Transaction, one: Unsealing, act: str, actor: str, **more: JSON) -> None:
        payload: dict[str, JSON] = {"unsealing": one.id, "session": one.session_id, **more}
        await self._timeline.append(tx, one.case_id, act=act, actor=actor, payload=payload)


async def _pieces(file: ScratchFile) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
