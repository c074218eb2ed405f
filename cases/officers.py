"""Accounts and organs: an administrator manages both within their own part of the tree.

Every act goes to the hash chain of the organ concerned (`organ:<id>`), as acts about cases go to the case's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from cases.errors import (
    BadUsername,
    NoSuchOfficer,
    NoSuchOrgan,
    NotAdministrator,
    NotYourself,
    UsernameTaken,
)
from cases.inputs import NewOfficer, NewOrgan
from cases.model import Officer, Organ, Role
from cases.organs import all_organs, insert_organ, officer_of, read_officer
from cases.passwords import HashCost, one_time_password
from cases.rules import clean_name, clean_text
from cases.scope import Scope
from cases.sign_in import USERNAME, SignIn, end_sessions
from cases.tables import officers
from vault.database import Database, Transaction
from vault.ids import new_id
from vault.timeline import Timeline
from vault.utc import Clock


@dataclass(frozen=True)
class Issued:
    """An account with the one-time password to hand over; it is shown once and must be changed at first use."""

    officer: Officer
    password: str


def audit_chain(organ_id: str) -> str:
    """The timeline on which acts about an organ's accounts lie."""
    return f"organ:{organ_id}"


class Officers(SignIn):
    """Signing in, and the administrator's acts.

    Acts outside the administrator's subtree raise `NoSuchOfficer` or `NoSuchOrgan`, as if nothing were there; any
    other role gets `NotAdministrator`.
    """

    def __init__(self, db: Database, timeline: Timeline, clock: Clock, cost: HashCost | None = None) -> None:
        super().__init__(db, clock, cost)
        self._timeline = timeline

    async def ensure_first_administrator(
        self, tx: Transaction, *, organ: str, kind: str = "station", username: str = "admin", name: str = "管理员"
    ) -> Issued | None:
        """On an installation without officers, make the root organ and its administrator; afterwards None."""
        if await tx.one(select(officers.c.id).limit(1)) is not None:
            return None
        roots = [known for known in await all_organs(tx) if known.parent_id is None]
        root = roots[0] if roots else await insert_organ(tx, None, _organ_name(organ), kind, self._clock.now())
        return await self._issue(tx, "system", root.id, username, name, "", "administrator")

    async def add(self, tx: Transaction, scope: Scope, new: NewOfficer) -> Issued:
        """Add an account. Raises `NotAdministrator`, `NoSuchOrgan`, `BadUsername`, `UsernameTaken`, `BadName`."""
        _administrator(scope)
        if new.organ_id not in scope.manages:
            raise NoSuchOrgan("organ_id")
        return await self._issue(tx, scope.officer_id, new.organ_id, new.username, new.name, new.post, new.role)

    async def disable(self, tx: Transaction, scope: Scope, officer_id: str) -> Officer:
        """Bar an account and sign it out everywhere. Raises `NotYourself`, `NoSuchOfficer`, `NotAdministrator`."""
        officer = await self._managed(tx, scope, officer_id)
        await end_sessions(tx, officer_id)
        return await self._change(tx, scope, officer, "officer.disabled", disabled=True)

    async def enable(self, tx: Transaction, scope: Scope, officer_id: str) -> Officer:
        """Lift the bar. Raises as `disable` does."""
        officer = await self._managed(tx, scope, officer_id)
        return await self._change(tx, scope, officer, "officer.enabled", disabled=False)

    async def reset(self, tx: Transaction, scope: Scope, officer_id: str) -> Issued:
        """A new one-time password; the account is signed out everywhere. Raises as `disable` does."""
        officer = await self._managed(tx, scope, officer_id)
        password = one_time_password()
        encoded = await self._passwords.hash(password)
        await end_sessions(tx, officer_id)
        await tx.execute(update(officers).where(officers.c.id == officer_id).values(password_hash=encoded))
        changed = await self._change(tx, scope, officer, "officer.reset", must_change_password=True)
        return Issued(changed, password)

    async def let_download(self, tx: Transaction, scope: Scope, officer_id: str, allowed: bool) -> Officer:
        """Give or take the right to take recordings out of the house. Raises as `disable` does."""
        officer = await self._managed(tx, scope, officer_id)
        act = "officer.download_allowed" if allowed else "officer.download_barred"
        return await self._change(tx, scope, officer, act, may_download=allowed)

    async def list(self, tx: Transaction, scope: Scope) -> tuple[Officer, ...]:
        """The officers of every organ in scope: to manage for an administrator, to choose from for the others."""
        organs = sorted(scope.organ_ids | scope.manages)
        query = select(officers).where(officers.c.organ_id.in_(organs)).order_by(officers.c.username)
        return tuple(read_officer(dict(row)) for row in await tx.all(query))

    async def add_organ(self, tx: Transaction, scope: Scope, new: NewOrgan) -> Organ:
        """Add an organ below one that the administrator manages. Raises `NotAdministrator`, `NoSuchOrgan`."""
        _administrator(scope)
        if new.parent_id not in scope.manages:
            raise NoSuchOrgan("parent_id")
        organ = await insert_organ(tx, new.parent_id, _organ_name(new.name), new.kind, self._clock.now())
        await self._note(tx, scope.officer_id, organ.id, "organ.added", {"parent": new.parent_id, "kind": new.kind})
        return organ

    async def organs(self, tx: Transaction, scope: Scope) -> tuple[Organ, ...]:
        """The organs in scope; their `parent_id`s make the tree."""
        within = scope.organ_ids | scope.manages
        return tuple(organ for organ in await all_organs(tx) if organ.id in within)

    async def _issue(
        self, tx: Transaction, actor: str, organ_id: str, username: str, name: str, post: str, role: Role
    ) -> Issued:
        if not USERNAME.fullmatch(username):
            raise BadUsername("username")
        officer = Officer(
            id=new_id("officer"),
            organ_id=organ_id,
            username=username,
            name=clean_name(name),
            post=clean_text(post, limit=50, what="post"),
            role=role,
            disabled=False,
            must_change_password=True,
        )
        if await tx.one(select(officers.c.id).where(officers.c.username == username)) is not None:
            raise UsernameTaken("username")
        password = one_time_password()
        encoded = await self._passwords.hash(password)
        row = insert(officers).values(**vars(officer), password_hash=encoded, created_at=self._clock.now())
        try:
            await tx.execute(row)
        except IntegrityError as error:
            raise UsernameTaken("username") from error
        await self._note(tx, actor, organ_id, "officer.added", {"officer": officer.id, "role": role})
        return Issued(officer, password)

    async def _managed(self, tx: Transaction, scope: Scope, officer_id: str) -> Officer:
        _administrator(scope)
        officer = await officer_of(tx, officer_id)
        if officer.organ_id not in scope.manages:
            raise NoSuchOfficer
        if officer.id == scope.officer_id:
            raise NotYourself
        return officer

    async def _change(self, tx: Transaction, scope: Scope, officer: Officer, act: str, **values: bool) -> Officer:
        await tx.execute(update(officers).where(officers.c.id == officer.id).values(**values))
        await self._note(tx, scope.officer_id, officer.organ_id, act, {"officer": officer.id})
        return await officer_of(tx, officer.id)

    async def _note(self, tx: Transaction, actor: str, organ_id: str, act: str, payload: dict[str, Any]) -> None:
        await self._timeline.append(tx, audit_chain(organ_id), act=act, actor=actor, payload=payload)


def _administrator(scope: Scope) -> None:
    if scope.role != "administrator":
        raise NotAdministrator


def _organ_name(name: str) -> str:
    return clean_text(name, limit=100, empty=False, what="name")
