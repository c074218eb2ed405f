"""What the case tells the makers of a sitting's film: names for the tiles, cards, and moments to jump to."""

from __future__ import annotations

from collections.abc import Sequence

from agreements.wording import ROLES, SIDES
from recording.clock import from_utc
from recording.composite import Card, Chapter, Script
from rooms import Room, Rooms
from vault import Database, Timeline, Transaction
from vault.timeline import TimelineRow

CAUCUS = "背靠背沟通中，未收录"
PAUSED = "会议暂停"
_CARDS = {"caucus.entered": CAUCUS, "session.paused": PAUSED}
_ENDS = {"caucus.left", "session.resumed", "session.ended"}
_CHAPTERS = {
    "seat.admitted": "准许进入",
    "session.started": "开始调解",
    "caucus.entered": "开始背靠背",
    "caucus.left": "结束背靠背",
    "session.paused": "暂停",
    "session.resumed": "继续",
    "screen.shared": "共享屏幕",
    "agreement.locked": "协议定稿",
    "agreement.signed": "签名",
    "agreement.sealed": "协议盖章",
}
_FAR_NS = 1 << 62


class CaseScripts:
    """Reads room and timeline; keeps nothing."""

    def __init__(self, db: Database, rooms: Rooms, timeline: Timeline) -> None:
        self._db, self._rooms, self._timeline = db, rooms, timeline

    async def script(self, case_id: str, session_id: str, started_at: str) -> Script:
        """The script of one sitting."""

        async def read(tx: Transaction) -> tuple[Room, list[TimelineRow]]:
            return await self._rooms.by_case(tx, case_id), await self._timeline.entries(tx, case_id)

        room, entries = await self._db.read(read)
        session = next((one for one in room.sessions if one.id == session_id), None)
        opened = session.opened_at if session else started_at
        ended = session.ended_at if session and session.ended_at else "9"
        mine = [entry for entry in entries if opened <= entry.at <= ended]
        return Script(
            from_utc(started_at),
            {seat.id: _label(seat.name, seat.role, seat.side) for seat in room.seats.values()},
            cards(mine),
            chapters(mine),
        )


def cards(entries: Sequence[TimelineRow]) -> tuple[Card, ...]:
    """Periods in which nothing joint was recorded; one that nothing ended lasts to the end."""
    found: list[Card] = []
    began: tuple[int, str] | None = None
    for entry in entries:
        if began is not None and (entry.act in _CARDS or entry.act in _ENDS):
            found.append(Card(began[0], from_utc(entry.at), began[1]))
            began = None
        if entry.act in _CARDS:
            began = from_utc(entry.at), _CARDS[entry.act]
    if began is not None:
        found.append(Card(began[0], _FAR_NS, began[1]))
    return tuple(found)


def chapters(entries: Sequence[TimelineRow]) -> tuple[Chapter, ...]:
    """Moments that a viewer looks for."""
    return tuple(Chapter(from_utc(entry.at), _CHAPTERS[entry.act]) for entry in entries if entry.act in _CHAPTERS)


def _label(name: str, role: str, side: str | None) -> str:
    words = [name, ROLES.get(role, ""), SIDES.get(side or "", "")]
    return " · ".join(word for word in words if word)
