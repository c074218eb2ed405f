"""The quality ledger: running aggregates of open sittings in memory, saved now and then, closed once with the sitting.

What is in memory since the last `save` is lost with the process; everything older is taken up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sqlalchemy import insert, select, update

from formats.canonical import JSON
from rooms.model import Session
from rooms.quality import Aggregate, Summary, decode, encode, summary
from rooms.tables import sitting_quality
from vault.cipher import Cipher
from vault.database import Database, Transaction
from vault.timeline import Timeline
from vault.utc import Clock

ACT = "session.quality"
_ACTOR = "system"


@dataclass(slots=True)
class _Sitting:
    case_id: str
    seats: dict[str, Aggregate] = field(default_factory=dict)
    changed: bool = False


class QualityLedger:
    """One per process. Owned by the event loop; no locks."""

    def __init__(self, db: Database, cipher: Cipher, timeline: Timeline, clock: Clock) -> None:
        self._db, self._cipher, self._timeline, self._clock = db, cipher, timeline, clock
        self._sittings: dict[str, _Sitting] = {}

    async def running(self, case_id: str, session_id: str) -> Mapping[str, Aggregate]:
        """The aggregates of a sitting by seat, from where a former process left them."""
        if session_id not in self._sittings:
            stored = await self._db.read(lambda tx: self._stored(tx, session_id))
            self._sittings.setdefault(session_id, _Sitting(case_id, {seat: kept for seat, (kept, _) in stored.items()}))
        return self._sittings[session_id].seats

    def put(self, session_id: str, seat: str, aggregate: Aggregate) -> None:
        """The seat's aggregate is this now; nothing for a sitting that is not `running`."""
        sitting = self._sittings.get(session_id)
        if sitting is not None:
            sitting.seats[seat] = aggregate
            sitting.changed = True

    async def save(self) -> None:
        """Store what has changed since the last time."""
        for session_id, sitting in list(self._sittings.items()):
            if sitting.changed:
                sitting.changed = False
                if not await self._save(session_id, sitting.case_id, dict(sitting.seats)):
                    self._sittings.pop(session_id, None)

    async def close(self, tx: Transaction, case_id: str, session: Session) -> None:
        """Within the caller's transaction: the sitting is over, its summary goes to the case's timeline. Once."""
        stored = await self._stored(tx, session.id)
        if any(closed for _, closed in stored.values()):
            tx.after_commit(lambda: self._sittings.pop(session.id, None))
            return
        running = self._sittings.get(session.id)
        seats = {seat: kept for seat, (kept, _) in stored.items()} | (running.seats if running else {})
        if not seats:
            return
        await self._write(tx, case_id, session.id, seats, self._clock.now())
        payload: dict[str, JSON] = {
            "session": session.id,
            "number": session.number,
            "seats": [{"seat": seat, **asdict(summary(of))} for seat, of in sorted(seats.items())],
        }
        await self._timeline.append(tx, case_id, act=ACT, actor=_ACTOR, payload=payload)
        tx.after_commit(lambda: self._sittings.pop(session.id, None))

    async def of_case(self, tx: Transaction, case_id: str) -> dict[str, dict[str, Summary]]:
        """Summaries by sitting and seat; of an open sitting as it stands now."""
        found: dict[str, dict[str, Aggregate]] = {}
        for row in await tx.all(select(sitting_quality).where(sitting_quality.c.case_id == case_id)):
            kept = await self._open(tx, case_id, row["session_id"], row["seat_id"], row["sealed"])
            found.setdefault(row["session_id"], {})[row["seat_id"]] = kept
        for session_id, sitting in self._sittings.items():
            if sitting.case_id == case_id:
                found.setdefault(session_id, {}).update(sitting.seats)
        return {session: {seat: summary(of) for seat, of in seats.items()} for session, seats in found.items()}

    async def _save(self, session_id: str, case_id: str, seats: Mapping[str, Aggregate]) -> bool:
        return await self._db.transact(lambda tx: self._write(tx, case_id, session_id, seats, None))

    async def _stored(self, tx: Transaction, session_id: str) -> dict[str, tuple[Aggregate, bool]]:
        rows = await tx.all(select(sitting_quality).where(sitting_quality.c.session_id == session_id))
        return {
            row["seat_id"]: (
                await self._open(tx, row["case_id"], session_id, row["seat_id"], row["sealed"]),
                row["closed_at"] is not None,
            )
            for row in rows
        }

    async def _write(
        self, tx: Transaction, case_id: str, session_id: str, seats: Mapping[str, Aggregate], closed_at: str | None
    ) -> bool:
        """Insert or renew the rows; False for a sitting that is closed, to which nothing is added."""
        ours = sitting_quality.c.session_id == session_id
        rows = await tx.all(select(sitting_quality.c.seat_id, sitting_quality.c.closed_at).where(ours))
        if any(row["closed_at"] is not None for row in rows):
            return False
        known = {row["seat_id"] for row in rows}
        for seat, aggregate in seats.items():
            sealed = await self._cipher.encrypt(tx, case_id, encode(aggregate), _purpose(session_id, seat))
            facts = {"sealed": sealed, "updated_at": self._clock.now(), "closed_at": closed_at}
            if seat in known:
                await tx.execute(update(sitting_quality).where(ours, sitting_quality.c.seat_id == seat).values(**facts))
            else:
                row = {"session_id": session_id, "seat_id": seat, "case_id": case_id, **facts}
                await tx.execute(insert(sitting_quality).values(**row))
        return True

    async def _open(self, tx: Transaction, case_id: str, session_id: str, seat: str, sealed: bytes) -> Aggregate:
        return decode(await self._cipher.decrypt(tx, case_id, sealed, _purpose(session_id, seat)))


def _purpose(session_id: str, seat: str) -> str:
    return f"quality {session_id} {seat}"
