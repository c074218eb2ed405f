"""The rooms' use cases: one transaction loads, checks, changes, writes the timeline and swaps the revision.

Locking in one line: none; a change that finds another revision than it read runs again from its start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cases.errors import CaseClosed, NoSuchCase
from cases.model import Case
from cases.model import Outcome as CaseOutcome
from cases.organs import officer_of
from cases.scope import Scope
from cases.store import CaseStore
from formats.canonical import JSON
from rooms import errors
from rooms.commands import perform
from rooms.model import Act, Change, Context, Room, Seat
from rooms.rules import gaps
from rooms.rules.entering import ensure_seat, host
from rooms.rules.screen import settle
from rooms.rules.seats import seat_of
from rooms.store import RoomStore, revoke_devices
from rooms.table import advance
from vault.cipher import Cipher
from vault.database import Database, Transaction
from vault.ids import new_id
from vault.repeat import recall, remember
from vault.timeline import Timeline
from vault.utc import Clock

Listener = Callable[[Room], object]
Work = Callable[[Transaction, Room], Awaitable[tuple[Room, Sequence[Act], JSON]]]
_Acting = Callable[[Transaction, Room], Awaitable[tuple[str, Room, Sequence[Act], JSON]]]
SYSTEM = "system"
"""The timeline's actor for what nobody commanded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: the room now, the reply (of the first call with the same key), whether it moved."""

    room: Room
    reply: JSON
    changed: bool


class Rooms:
    """All that happens to rooms. Stateless but for its listeners; shared by all tasks."""

    def __init__(self, cipher: Cipher, timeline: Timeline, clock: Clock, db: Database) -> None:
        self._store = RoomStore(cipher)
        self._cases = CaseStore(cipher)
        self._timeline = timeline
        self._clock = clock
        self._db = db
        self._listeners: list[Listener] = []

    def on_change(self, listener: Listener) -> None:
        """Call (and await what it returns, if awaitable) with the new room after each committed change."""
        self._listeners.append(listener)

    def context(self) -> Context:
        """Now, and fresh ids."""
        return Context(self._clock.now(), new_id)

    async def open_room(self, tx: Transaction, case_id: str, organ_id: str) -> str:
        """Give a case its one room, with a seat per party; the room's id. A second one is an IntegrityError."""
        room = Room(id=new_id("room"), case_id=case_id, organ_id=organ_id)
        context = self.context()
        for party in await self._cases.parties(tx, case_id):
            room, _ = ensure_seat(room, party.id, "party", party.side, party.name, context)
        await self._store.insert(tx, room, context.now)
        return room.id

    async def load(self, tx: Transaction, room_id: str) -> Room:
        """The room as it is. Raises RoomUnknown."""
        return await self._store.load(tx, room_id)

    async def by_case(self, tx: Transaction, case_id: str) -> Room:
        """The one room of a case. Raises RoomUnknown."""
        return await self._store.by_case(tx, case_id)

    async def change(self, room_id: str, actor: str, key: str | None, fn: Work) -> Outcome:
        """Run `fn` on the room in a transaction of its own and commit what it returns.

        With a `key` the same actor's repetition changes nothing and gets the first reply. `fn` may run several times.
        """

        async def work(tx: Transaction, room: Room) -> tuple[str, Room, Sequence[Act], JSON]:
            return actor, *await fn(tx, room)

        return await self._run(room_id, actor, key, work)

    async def apply(self, tx: Transaction, before: Room, after: Room, acts: Sequence[Act], actor: str) -> Room:
        """Within the caller's transaction: write acts and the room, if anything changed, and tell the listeners.

        Devices that are no longer in the room lose their credential. Raises StaleRevision (the caller runs again).
        """
        after, ended = settle(after)
        after, filled = gaps.settle(after, self.context())
        for act in (*acts, *ended, *filled):
            await self.note(tx, before.case_id, act, actor)
        if after == before:
            return before
        room = advance(before, after)
        await self._store.save(tx, room, before.revision)
        await revoke_devices(tx, before.endpoints.keys() - after.endpoints.keys(), self._clock.now())
        for listener in self._listeners:
            tx.after_commit(lambda listener=listener: listener(room))  # type: ignore[misc]
        return room

    async def note(self, tx: Transaction, case_id: str, act: Act, actor: str) -> None:
        """Write an act that changes nothing in the room to the case's timeline."""
        await self._timeline.append(
            tx, case_id, act=act.act, actor=actor, payload=act.payload, article=act.article, subject=act.subject
        )

    async def command(
        self,
        room_id: str,
        seat_id: str,
        name: str,
        payload: object,
        key: str | None = None,
        endpoint: str | None = None,
    ) -> Outcome:
        """Give a client's command as the person of a seat; the reply is empty, the news is in the views.

        `endpoint` is the device that speaks: SeatReplaced unless it holds the seat. Raises what `perform` raises, and
        CaseClosed for opening a sitting of a closed case.
        """

        async def work(tx: Transaction, room: Room) -> tuple[str, Room, Sequence[Act], JSON]:
            seat = seat_of(room, seat_id)
            if endpoint is not None and seat.endpoint != endpoint:
                raise errors.SeatReplaced
            after, acts = perform(room, seat_id, name, payload, self.context())
            if name == "session.open" and (await self._case(tx, room.case_id)).status == "closed":
                raise CaseClosed
            return seat.person_id, after, acts, {}

        return await self._run(room_id, seat_id, key, work)

    async def system(self, room_id: str, rule: Callable[[Room, Context], Change]) -> Outcome:
        """Apply what nobody commanded: reports of devices, the relay and the recorder (`rooms.rules.system`)."""

        async def work(tx: Transaction, room: Room) -> tuple[Room, Sequence[Act], JSON]:
            after, acts = rule(room, self.context())
            return after, acts, None

        return await self.change(room_id, SYSTEM, None, work)

    async def enter_as_mediator(self, tx: Transaction, scope: Scope, case_id: str) -> tuple[Room, Seat]:
        """Seat the signed-in officer as the case's mediator; again gives the same seat and device.

        Raises NoSuchCase outside the scope, NotResponsible unless it is the responsible officer or a supervisor,
        RoomHosted while another officer is connected.
        """
        case = await self.case_in_scope(tx, scope, case_id)
        if scope.officer_id != case.officer_id and scope.role != "supervisor":
            raise errors.NotResponsible
        officer = await officer_of(tx, scope.officer_id)
        before = await self.by_case(tx, case_id)
        context = self.context()
        after, acts, seat = host(before, officer.id, officer.name, new_id("end"), context)
        room = await self.apply(tx, before, after, acts, officer.id)
        return room, room.seats[seat.id]

    async def case_in_scope(self, tx: Transaction, scope: Scope, case_id: str) -> Case:
        """The case, if the officer may see it. Raises NoSuchCase."""
        case = await self._cases.find(tx, case_id, scope.organ_ids)
        if case is None:
            raise NoSuchCase
        return case

    async def check(self, tx: Transaction, case_id: str, outcome: CaseOutcome) -> None:
        """The guard of closing a case (`cases.ports.CloseGuard`). Raises SessionOpen while a sitting is open."""
        if (await self.by_case(tx, case_id)).session is not None:
            raise errors.SessionOpen

    async def _case(self, tx: Transaction, case_id: str) -> Case:
        case = await self._cases.find(tx, case_id, None)
        if case is None:
            raise NoSuchCase
        return case

    async def _run(self, room_id: str, caller: str, key: str | None, fn: _Acting) -> Outcome:
        async def work(tx: Transaction) -> Outcome:
            sender = f"{room_id} {caller}"
            if key is not None:
                known = await recall(tx, sender, key)
                if isinstance(known, dict):
                    return Outcome(await self.load(tx, room_id), known["reply"], False)
            before = await self.load(tx, room_id)
            actor, after, acts, reply = await fn(tx, before)
            room = await self.apply(tx, before, after, acts, actor)
            if key is not None:
                await remember(tx, sender, key, {"reply": reply})
            return Outcome(room, reply, room is not before)

        return await self._db.transact(work)
