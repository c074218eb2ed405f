"""The use cases of a case record. Each runs inside the transaction its caller opened; a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cases.cleaning import MOST, check_sides, clean_moment, clean_person, merge_person, station_day
from cases.errors import (
    CaseClosed,
    CaseMoved,
    NoSuchCase,
    NoSuchOfficer,
    NoSuchOrgan,
    NoSuchParty,
    NotRevealable,
    PartiesUnfit,
    ReassignForbidden,
    ResponsibleUnknown,
)
from cases.inputs import CaseChanges, CaseFilters, Closing, NewCase, NewParty, PageRequest, PartyChanges
from cases.model import Case, CaseFacts, CaseView, Outcome, Page, Party
from cases.organs import all_organs, officer_of, organ_of
from cases.ports import CloseGuard, RoomOpener
from cases.rules import clean_case_number, clean_text
from cases.scope import Scope
from cases.store import CaseStore
from cases.views import case_row, masked_case, party_view
from vault.cipher import Cipher
from vault.database import Transaction
from vault.ids import new_id
from vault.timeline import Timeline
from vault.utc import Clock

_REVEALABLE = frozenset({"id_number", "phone", "address", "birth_date", "workplace"})
_LIMITS = {"cause": 200, "place": 200, "facts": 10_000, "community": 100}


class Cases:
    """Create, edit, list, show, reveal and close cases.

    Everything outside `scope` raises `NoSuchCase`, as if it did not exist. Acts are written to the case's timeline
    by ids and names of fields, never with a personal value.
    """

    def __init__(
        self,
        cipher: Cipher,
        timeline: Timeline,
        clock: Clock,
        rooms: RoomOpener,
        guards: Sequence[CloseGuard] = (),
    ) -> None:
        self._store = CaseStore(cipher)
        self._timeline = timeline
        self._clock = clock
        self._rooms = rooms
        self._guards = tuple(guards)

    async def create(self, tx: Transaction, scope: Scope, new: NewCase) -> Case:
        """Open a case with its parties and its one room.

        Raises the rules' errors, `PartiesUnfit`, `NoSuchOrgan`, `ResponsibleUnknown`, `NumberTaken`.
        """
        now = self._clock.now()
        check_sides([party.side for party in new.parties])
        case_id = new_id("case")
        persons = [self._party(case_id, party, now) for party in new.parties]
        organ_id = new.organ_id or (await officer_of(tx, scope.officer_id)).organ_id
        if organ_id not in scope.organ_ids:
            raise NoSuchOrgan("organ_id")
        case = Case(
            id=case_id,
            organ_id=organ_id,
            number=clean_case_number(new.number),
            track=new.track,
            cause=clean_text(new.cause, limit=200, empty=False, what="cause"),
            happened_at=clean_moment(new.happened_at, now),
            place=clean_text(new.place, limit=200, what="place"),
            facts=clean_text(new.facts, limit=10_000, lines=True, what="facts"),
            officer_id=await self._responsible(tx, new.officer_id or scope.officer_id, organ_id),
            community=clean_text(new.community, limit=100, what="community"),
            status="open",
            outcome=None,
            created_at=now,
            revision=1,
            closed_at=None,
            closing_note="",
        )
        await self._store.insert(tx, case)
        for position, party in enumerate(persons):
            await self._store.insert_party(tx, party, position)
        room_id = await self._rooms.open_room(tx, case.id, organ_id)
        payload = {
            "number": case.number,
            "track": case.track,
            "organ": organ_id,
            "officer": case.officer_id,
            "room": room_id,
            "parties": [{"id": party.id, "side": party.side} for party in persons],
        }
        await self._append(tx, case.id, scope, "case.created", payload)
        return case

    async def edit(self, tx: Transaction, scope: Scope, case_id: str, revision: int, changes: CaseChanges) -> Case:
        """Change an open case that still is at `revision`; changing nothing leaves no trace.

        Raises `NoSuchCase`, `CaseClosed`, `CaseMoved`, `NumberTaken`, `ResponsibleUnknown` and the rules' errors.
        """
        case = await self._editable(tx, scope, case_id, revision)
        given = changes.model_dump(exclude_none=True)
        for field, limit in _LIMITS.items():
            if field in given:
                lines, empty = field == "facts", field != "cause"
                given[field] = clean_text(given[field], limit=limit, lines=lines, empty=empty, what=field)
        if "number" in given:
            given["number"] = clean_case_number(given["number"])
        if "happened_at" in given:
            given["happened_at"] = clean_moment(given["happened_at"], self._clock.now())
        if "officer_id" in given and given["officer_id"] != case.officer_id:
            # Who is responsible hosts the room: nobody may take a colleague's case to get into it.
            if scope.officer_id != case.officer_id and scope.role != "supervisor":
                raise ReassignForbidden
            await self._responsible(tx, given["officer_id"], case.organ_id)
        changed = sorted(field for field, value in given.items() if value != getattr(case, field))
        if not changed:
            return case
        return await self._bump(tx, scope, replace(case, **given), "case.edited", {"fields": changed})

    async def add_party(
        self, tx: Transaction, scope: Scope, case_id: str, revision: int, new: NewParty
    ) -> tuple[Case, Party]:
        """Add a party to an open case. Raises as `edit` does, and `PartiesUnfit` above twelve."""
        case = await self._editable(tx, scope, case_id, revision)
        party = self._party(case_id, new, self._clock.now())
        present = await self._store.parties(tx, case_id)
        if len(present) >= MOST:
            raise PartiesUnfit(f"{len(present) + 1} parties")
        case = await self._bump(tx, scope, case, "case.party_added", {"party": party.id, "side": party.side})
        await self._store.insert_party(tx, party, len(present))
        return case, party

    async def edit_party(
        self, tx: Transaction, scope: Scope, case_id: str, revision: int, party_id: str, changes: PartyChanges
    ) -> tuple[Case, Party]:
        """Change a party of an open case. Raises as `edit` does, and `NoSuchParty`."""
        case = await self._editable(tx, scope, case_id, revision)
        old = _one(await self._store.parties(tx, case_id), party_id)
        person = merge_person(old, changes, station_day(self._clock.now()))
        private = old.private_contact if changes.private_contact is None else changes.private_contact
        party = replace(old, private_contact=private, **vars(person))
        changed = sorted(name for name, value in vars(party).items() if value != getattr(old, name))
        if not changed:
            return case, old
        case = await self._bump(tx, scope, case, "case.party_edited", {"party": party.id, "fields": changed})
        await self._store.save_party(tx, party)
        return case, party

    async def list(self, tx: Transaction, scope: Scope, filters: CaseFilters, page: PageRequest) -> Page:
        """A page of the cases in scope, newest first, with masked names. Raises `Invalid` for a made-up `after`."""
        found, following = await self._store.page(tx, scope.organ_ids, filters, page)
        rows = [case_row(case, await self._store.parties(tx, case.id)) for case in found]
        return Page(tuple(rows), following)

    async def get(self, tx: Transaction, scope: Scope, case_id: str) -> CaseView:
        """A case for the screen: masked. Raises `NoSuchCase`."""
        await self._seen(tx, scope, case_id)
        facts = await self.facts(tx, case_id)
        views = tuple(party_view(party) for party in facts.parties)
        return CaseView(masked_case(facts.case), facts.organ, facts.officer, views)

    async def reveal(self, tx: Transaction, scope: Scope, case_id: str, party_id: str | None, field: str) -> str:
        """One masked field in full (`party_id` None with field "facts" for the case's own), noted on the timeline.

        Raises `NoSuchCase`, `NoSuchParty`, `NotRevealable`.
        """
        case = await self._seen(tx, scope, case_id)
        if party_id is None:
            if field != "facts":
                raise NotRevealable
            value = case.facts
        else:
            party = _one(await self._store.parties(tx, case_id), party_id)
            if field not in _REVEALABLE:
                raise NotRevealable
            value = str(getattr(party, field))
        await self._append(tx, case_id, scope, "case.revealed", {"party": party_id, "field": field})
        return value

    async def facts(self, tx: Transaction, case_id: str) -> CaseFacts:
        """The whole case in clear, for other parts of the house that checked the right themselves. `NoSuchCase`."""
        case = await self._store.find(tx, case_id, None)
        if case is None:
            raise NoSuchCase
        organ, officer = await organ_of(tx, case.organ_id), await officer_of(tx, case.officer_id)
        return CaseFacts(case, organ, officer, await self._store.parties(tx, case_id))

    async def close(self, tx: Transaction, scope: Scope, case_id: str, outcome: Outcome, note: str = "") -> Case:
        """Close an open case with how it ended.

        Raises `NoSuchCase`, `CaseClosed` (a second time), `Invalid`, and whatever a guard refuses with.
        """
        closing = Closing(outcome=outcome, note=note)
        case = await self._seen(tx, scope, case_id)
        if case.status == "closed":
            raise CaseClosed
        cleaned = clean_text(closing.note, limit=2_000, lines=True, what="note")
        for guard in self._guards:
            await guard.check(tx, case_id, closing.outcome)
        closed = replace(
            case, status="closed", outcome=closing.outcome, closing_note=cleaned, closed_at=self._clock.now()
        )
        return await self._bump(tx, scope, closed, "case.closed", {"outcome": closing.outcome, "note": cleaned})

    async def visible(self, tx: Transaction, scope: Scope, case_id: str) -> Case:
        """The case if it lies in scope, for other parts that guard their own rows by it. Raises `NoSuchCase`."""
        return await self._seen(tx, scope, case_id)

    async def _seen(self, tx: Transaction, scope: Scope, case_id: str) -> Case:
        case = await self._store.find(tx, case_id, scope.organ_ids)
        if case is None:
            raise NoSuchCase
        return case

    async def _editable(self, tx: Transaction, scope: Scope, case_id: str, revision: int) -> Case:
        case = await self._seen(tx, scope, case_id)
        if case.status == "closed":
            raise CaseClosed
        if case.revision != revision:
            raise CaseMoved
        return case

    async def _responsible(self, tx: Transaction, officer_id: str, organ_id: str) -> str:
        """The id, if that officer may work on cases of that organ."""
        try:
            officer = await officer_of(tx, officer_id)
        except NoSuchOfficer:
            raise ResponsibleUnknown("officer_id") from None
        if organ_id not in Scope.of(officer, await all_organs(tx)).organ_ids:
            raise ResponsibleUnknown("officer_id")
        return officer_id

    def _party(self, case_id: str, new: NewParty, now: str) -> Party:
        person = clean_person(new, station_day(now))
        return Party(
            id=new_id("party"), case_id=case_id, side=new.side, private_contact=new.private_contact, **vars(person)
        )

    async def _bump(self, tx: Transaction, scope: Scope, case: Case, act: str, payload: dict[str, Any]) -> Case:
        bumped = replace(case, revision=case.revision + 1)
        await self._store.save(tx, bumped, case.revision)
        await self._append(tx, case.id, scope, act, payload)
        return bumped

    async def _append(self, tx: Transaction, case_id: str, scope: Scope, act: str, payload: dict[str, Any]) -> None:
        await self._timeline.append(tx, case_id, act=act, actor=scope.officer_id, payload=payload)


def _one(parties: Sequence[Party], party_id: str) -> Party:
    for party in parties:
        if party.id == party_id:
            return party
    raise NoSuchParty
