"""Heads of open journals, as workers report them while a sitting goes on: the chain signs what is new."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formats.errors import Invalid
from recording.model import ReportedHead, journal_of
from rooms import Room, session_of_segment
from rooms.errors import RoomUnknown
from signaling.services import Services
from vault import Transaction

log = logging.getLogger("heshi.heads")

MOST = 64
"""Journals of one room in a report; a room has eight places."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker has on disk of one room's open journals."""

    room: str
    epoch: int
    heads: tuple[ReportedHead, ...]

    @classmethod
    def parse(cls, said: Mapping[str, object]) -> Report:
        """Check what came over the wire; raises `Invalid`."""
        match dict(said):
            case {"room": str(room), "epoch": int(epoch), "heads": list(heads)} if len(heads) <= MOST:
                if all(isinstance(one, dict) for one in heads):
                    return cls(room, epoch, tuple(ReportedHead.parse(one) for one in heads))
        raise Invalid("heads")


def refusal(room: Room, worker: str, report: Report) -> str:
    """Why nothing of a report goes on record; "" where it may."""
    places = [place for place in (room.placement, room.leaving) if place is not None]
    if (worker, report.epoch) not in [(place.worker, place.epoch) for place in places]:
        return "the room is not this worker's under this epoch"
    session = room.session
    if session is None or session.started_at is None:
        return "no sitting goes on"
    for one in report.heads:
        named = journal_of(one.path)
        if named is None or named[0] != room.id or session_of_segment(named[1]) != session.id:
            return "a journal is of another room or sitting"
    return ""


@dataclass(slots=True)
class _Sitting:
    session: str
    chunks: dict[str, int] = field(default_factory=dict)
    """What is on record, by path."""


class Heads:
    """Takes the `heads` events of workers. What is remembered only saves entries; the record is the timeline."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sittings: dict[str, _Sitting] = {}

    async def told(self, worker: str, data: Mapping[str, Any]) -> None:
        """A worker's event; one that is misshapen, not its to tell or nothing new is passed over."""
        try:
            report = Report.parse(data)
        except Invalid as error:
            log.warning("worker %s tells heads misshapen: %s", worker, error.detail)
            return

        async def work(tx: Transaction) -> str:
            try:
                room = await self._services.rooms.load(tx, report.room)
            except RoomUnknown:
                return "there is no such room"
            if why := refusal(room, worker, report):
                return why
            assert room.session is not None
            known = self._known(room.id, room.session.id)
            # A head that is not further on than one on record says nothing, or is an old one again.
            fresh = [one for one in report.heads if one.chunks > known.chunks.get(one.path, -1)]
            if fresh:
                await self._services.evidence.note_heads(tx, room.case_id, room.session.id, fresh)
                tx.after_commit(lambda: known.chunks.update({one.path: one.chunks for one in fresh}))
            return ""

        if why := await self._services.db.transact(work):
            log.warning("heads that worker %s tells of %s stay off the record: %s", worker, report.room, why)

    def _known(self, room: str, session: str) -> _Sitting:
        if room not in self._sittings or self._sittings[room].session != session:
            self._sittings[room] = _Sitting(session)
        return self._sittings[room]
