"""How connections carry, now: figures of the relay and of browsers come in, each seat is told what it may know.

Everything here is memory, never a revision and never an entry; only the ledger's aggregates are kept. One look per room
every `LOOK_S`; owned by the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import socketio
from pydantic import ValidationError

from rooms import Room
from rooms.errors import RoomUnknown
from rooms.model import Seat
from rooms.quality import Aggregate, Carried, Reported, watched
from rooms.view import room_view
from rooms.views import MediaState
from signaling.live.holders import Holder, Holders
from signaling.messages.quality import QualityNews, QualityReport
from signaling.meters import WorkerCounters
from signaling.quality import Figures, Heard, Known, Steady, Words, clamped, news_for, read_report, words_of
from signaling.services import Services

log = logging.getLogger("heshi.quality")

LOOK_S = 2.0
FRESH_S = 6.0
"""Figures older than this tell nothing."""
SAVE_S = 60.0
REPORT_GAP_S = 2.0
REPORT_GOOD_S = 15.0
"""How long a browser's word about its sound holds: a page in the background says nothing."""
FIRST_REPORT_S = 10.0
"""What a browser's first report may be about."""


@dataclass(slots=True)
class _SeatNow:
    """What is remembered of one seat between two looks."""

    steady: Steady[Words] | None = None
    share: float | None = None
    reported: Reported = field(default_factory=Reported)
    reported_at: float | None = None
    key: str | None = None
    told: tuple[str, QualityNews] | None = None
    """To which socket, and what."""


@dataclass(slots=True)
class _RoomNow:
    """What is remembered of one room between two looks."""

    figures: dict[int, tuple[float, Mapping[str, Figures]]] = field(default_factory=dict)
    """By placement epoch: while a room moves, two workers tell of it. With the time they came."""
    media: dict[str, MediaState] = field(default_factory=dict)
    connects: Counter[str] = field(default_factory=Counter)
    seats: dict[str, _SeatNow] = field(default_factory=dict)
    looked_at: float | None = None


class Qualities:
    """Joins `quality` events of workers, `quality.report`s of browsers and the rooms as they are."""

    def __init__(self, services: Services, sio: socketio.AsyncServer, holders: Holders) -> None:
        self._services, self._sio, self._holders = services, sio, holders
        self._rooms: dict[str, _RoomNow] = {}
        self._task: asyncio.Task[None] | None = None
        self.counters = WorkerCounters()

    def start(self) -> None:
        """Begin looking."""
        self._services.rooms.on_change(self.saw)
        self._task = asyncio.create_task(self._looks())

    async def stop(self) -> None:
        """End looking; what was seen is stored."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._services.ledger.save()

    async def told(self, worker: str, data: dict[str, Any]) -> None:
        """A worker's event; a misshapen one is passed over."""
        try:
            report = read_report(data)
        except ValidationError as error:
            log.warning(
                "worker %s tells its figures misshapen: %s", worker, error.errors(include_input=False)[0]["loc"]
            )
            return
        now = _now()
        self.counters.told(worker, report.counters)
        for room_id, figures in report.rooms.items():
            self._rooms.setdefault(room_id, _RoomNow()).figures[figures.epoch] = (now, figures.endpoints)

    def report(self, holder: Holder, key: str | None, report: QualityReport) -> None:
        """A browser's word. What comes too soon or twice is passed over."""
        seat = self._rooms.setdefault(holder.room, _RoomNow()).seats.setdefault(holder.seat, _SeatNow())
        now = _now()
        elapsed = FIRST_REPORT_S if seat.reported_at is None else now - seat.reported_at
        if elapsed < REPORT_GAP_S or (key is not None and key == seat.key):
            return
        seat.reported_at, seat.key = now, key
        known = clamped(report, elapsed)
        seat.share = known.concealed / known.heard if known.heard else None
        seat.reported = seat.reported.plus(Reported(known.freezes, known.frozen_ms, known.concealed, known.heard))

    def saw(self, room: Room) -> None:
        """After each change of a room: count the connections that come up."""
        now = self._rooms.setdefault(room.id, _RoomNow())
        for endpoint in room.endpoints.values():
            before = now.media.get(endpoint.id)
            if endpoint.media == "connected" and before not in (None, "connected"):
                now.connects[endpoint.id] += 1
        now.media = {endpoint.id: endpoint.media for endpoint in room.endpoints.values()}

    def grades(self) -> Counter[str]:
        """How many connected seats there are of each grade."""
        steadies = (seat.steady for room in self._rooms.values() for seat in room.seats.values())
        return Counter(steady.shown[0] for steady in steadies if steady is not None)

    def endpoints(self) -> int:
        """How many devices workers tell of."""
        rooms = (told for room in self._rooms.values() for told in room.figures.values())
        return len({endpoint for _, endpoints in rooms for endpoint in endpoints})

    async def _looks(self) -> None:
        saved = _now()
        while True:
            await asyncio.sleep(LOOK_S)
            in_use = self._holders.rooms()
            for room_id in in_use | self._rooms.keys():
                try:
                    if room_id in in_use:
                        await self._look(room_id, _now())
                    else:
                        del self._rooms[room_id]
                except RoomUnknown:
                    self._rooms.pop(room_id, None)
                except Exception:
                    log.exception("how connections carry in %s could not be told", room_id)
            if _now() - saved >= SAVE_S:
                saved = _now()
                await self._save()

    async def _save(self) -> None:
        try:
            await self._services.ledger.save()
        except Exception:
            log.exception("how connections carried could not be stored; again in a minute")

    async def _look(self, room_id: str, now: float) -> None:
        room = await self._services.room(room_id)
        state = self._rooms.setdefault(room_id, _RoomNow())
        figures = _figures(state, room, now)
        inside = {seat.id: seat for seat in room.seats.values() if seat.presence == "admitted"}
        state.seats = {seat: kept for seat, kept in state.seats.items() if seat in inside}
        freezes = await self._enter(room, state, figures, now)
        known: dict[str, Known] = {}
        for seat in inside.values():
            one = state.seats.setdefault(seat.id, _SeatNow())
            measured = figures.get(seat.endpoint or "")
            if measured is None:
                one.steady = None
                continue
            silent = one.reported_at is None or now - one.reported_at > REPORT_GOOD_S
            heard = Heard(freezes.get(seat.id, 0), None if silent else one.share)
            words = words_of(measured, heard)
            one.steady = one.steady.see(words) if one.steady else Steady(words)
            known[seat.id] = Known(measured, one.steady.shown, heard)
        for holder in self._holders.of_room(room_id):
            await self._tell(room, holder, state, known)

    async def _enter(
        self, room: Room, state: _RoomNow, figures: Mapping[str, Figures], now: float
    ) -> Mapping[str, int]:
        """Bring the sitting's aggregates up to date; the freezes of each seat in it."""
        looked, state.looked_at = state.looked_at, now
        session = room.session
        if session is None or session.started_at is None:
            return {}
        aggregates = await self._services.ledger.running(room.case_id, session.id)
        ms = 0 if looked is None else round(1000 * min(now - looked, FRESH_S))
        for seat in watched(room):
            one = state.seats.setdefault(seat.id, _SeatNow())
            aggregate = aggregates.get(seat.id, Aggregate())
            measured = figures.get(seat.endpoint or "")
            aggregate = _reconnected(aggregate, seat, state, measured is not None)
            aggregate = aggregate.look(ms, _carried(measured), one.reported)
            self._services.ledger.put(session.id, seat.id, aggregate)
        for one in state.seats.values():
            one.reported = Reported()
        for seat in watched(room):
            state.connects.pop(seat.endpoint or "", None)
        return {seat: aggregate.freezes for seat, aggregate in aggregates.items()}

    async def _tell(self, room: Room, holder: Holder, state: _RoomNow, known: Mapping[str, Known]) -> None:
        one = state.seats.get(holder.seat)
        if one is None or holder.seat not in known:
            return
        last = one.told[1] if one.told is not None and one.told[0] == holder.sid else None
        if holder.role != "mediator" and last and (last.grade, last.picture, last.sending) == known[holder.seat].words:
            return
        news = news_for(room_view(room, holder.seat, endpoint=holder.endpoint), known)
        if news is not None and news != last:
            one.told = (holder.sid, news)
            await self._sio.emit("quality", news.model_dump(mode="json"), to=holder.sid)


def _figures(state: _RoomNow, room: Room, now: float) -> dict[str, Figures]:
    """Fresh figures by endpoint. The newest placement's count most; one that is not the room's any more not at all."""
    newest = room.placement.epoch if room.placement is not None else -1
    state.figures = {epoch: told for epoch, told in state.figures.items() if now - told[0] <= FRESH_S}
    merged: dict[str, Figures] = {}
    for epoch in sorted(state.figures):
        if epoch <= newest:
            merged.update(state.figures[epoch][1])
    return merged


def _carried(figures: Figures | None) -> Carried | None:
    if figures is None:
        return None
    return Carried(figures.up_loss, figures.down_loss, figures.rtt_ms, figures.picture)


def _reconnected(aggregate: Aggregate, seat: Seat, state: _RoomNow, connected: bool) -> Aggregate:
    """The first connection seen in a sitting is no reconnection, however often the device tried before."""
    if aggregate.connects == 0:
        return aggregate.connected() if connected else aggregate
    for _ in range(state.connects[seat.endpoint or ""]):
        aggregate = aggregate.connected()
    return aggregate


def _now() -> float:
    return asyncio.get_running_loop().time()
