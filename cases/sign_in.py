"""Signing in and staying signed in: own transactions, since hashing a password must not hold the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update

from cases.errors import MustChangePassword, PasswordWeak, SessionOver, SignInRefused
from cases.guessing import Attempt, begin_attempt, succeed
from cases.model import Officer
from cases.organs import all_organs, officer_of, read_officer
from cases.passwords import HashCost, Passwords, check_password
from cases.scope import Scope
from cases.tables import officer_sessions, officers
from vault import utc
from vault.database import Database, Transaction
from vault.ids import new_secret, secret_hash
from vault.utc import Clock

IDLE_S = 30 * 60
ABSOLUTE_S = 12 * 3600
_TOUCH_AFTER = timedelta(seconds=60)
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)


@dataclass(frozen=True)
class SignedIn:
    """A fresh session; `token` goes into the cookie and nowhere else."""

    officer: Officer
    token: str


@dataclass(frozen=True)
class Session:
    """Who calls, and what they may see right now."""

    officer: Officer
    scope: Scope


@dataclass(frozen=True)
class _Account:
    officer: Officer
    password_hash: str


class SignIn:
    """Passwords in, session tokens out."""

    def __init__(self, db: Database, clock: Clock, cost: HashCost | None = None) -> None:
        self._db = db
        self._clock = clock
        self._passwords = Passwords(cost or HashCost())

    async def sign_in(self, username: str, password: str, address: str) -> SignedIn:
        """Check a password and begin a session.

        Unknown user, wrong password and disabled account give the same `SignInRefused` at the same cost; guessing too
        fast gives `SignInDelayed` with `retry_after`, and is not counted.
        """
        # What can be no user name shares one counter, and never reaches the database.
        name = username.strip().lower()
        name = name if USERNAME.fullmatch(name) else ""
        account, attempt = await self._attempt(name, address)
        fits = await self._passwords.matches(account.password_hash if account else None, password)
        if account is None or not fits or account.officer.disabled:
            raise SignInRefused
        token = new_secret()

        async def begin(tx: Transaction) -> Officer:
            now = self._clock.now()
            current = await _account(tx, name)
            # Reset or disabled while the hash was computed: the old password no longer opens anything.
            if current is None or current.officer.disabled or current.password_hash != account.password_hash:
                raise SignInRefused
            await succeed(tx, attempt, current.officer.id, address, now)
            await tx.execute(delete(officer_sessions).where(_expired(now)))
            session = {"token_hash": secret_hash(token), "officer_id": current.officer.id}
            await tx.execute(insert(officer_sessions).values(**session, created_at=now, seen_at=now))
            return current.officer

        return SignedIn(await self._db.transact(begin), token)

    async def authenticate(self, tx: Transaction, token: str, *, one_time: bool = False) -> Session:
        """Whose token this is. Raises `SessionOver`; `MustChangePassword` unless `one_time` allows for it.

        Only reads, so that it can stand at the head of any transaction; `session` keeps the token from idling out.
        """
        _, officer = await self._session(tx, token)
        if officer.must_change_password and not one_time:
            raise MustChangePassword
        return Session(officer, Scope.of(officer, await all_organs(tx)))

    async def session(self, token: str, *, one_time: bool = False) -> Session:
        """`authenticate` in a transaction of its own, noting that the token was used. Raises as it does."""

        async def look(tx: Transaction) -> tuple[Session, bool]:
            seen_at, _ = await self._session(tx, token)
            stale = utc.parse(self._clock.now()) - utc.parse(seen_at) >= _TOUCH_AFTER
            return await self.authenticate(tx, token, one_time=one_time), stale

        session, stale = await self._db.read(look)
        if stale:
            await self._db.transact(lambda tx: self._touch(tx, token))
        return session

    async def sign_out(self, tx: Transaction, token: str) -> None:
        """End the session; an unknown token is already signed out."""
        await tx.execute(delete(officer_sessions).where(officer_sessions.c.token_hash == secret_hash(token)))

    async def change_password(self, token: str, old: str, new: str, address: str) -> None:
        """Set one's own password; every other session of the officer ends.

        Raises `SessionOver`, `SignInRefused` for a wrong old password, `SignInDelayed`, `PasswordWeak`.
        """
        officer = (await self.session(token, one_time=True)).officer
        check_password(new, officer.username)
        if new == old:
            raise PasswordWeak("password")
        account, attempt = await self._attempt(officer.username, address)
        if account is None or not await self._passwords.matches(account.password_hash, old):
            raise SignInRefused
        encoded = await self._passwords.hash(new)

        async def change(tx: Transaction) -> None:
            now = self._clock.now()
            await self._session(tx, token)
            mine = update(officers).where(
                officers.c.id == officer.id, officers.c.password_hash == account.password_hash
            )
            if (await tx.execute(mine.values(password_hash=encoded, must_change_password=False))).rowcount != 1:
                raise SessionOver
            await succeed(tx, attempt, officer.id, address, now)
            await end_sessions(tx, officer.id, but=token)

        await self._db.transact(change)

    async def _attempt(self, name: str, address: str) -> tuple[_Account | None, Attempt]:
        async def begin(tx: Transaction) -> tuple[_Account | None, Attempt]:
            account = await _account(tx, name)
            officer_id = account.officer.id if account else None
            return account, await begin_attempt(tx, name, address, officer_id, self._clock.now())

        return await self._db.transact(begin)

    async def _session(self, tx: Transaction, token: str) -> tuple[str, Officer]:
        now = self._clock.now()
        query = select(officer_sessions).where(officer_sessions.c.token_hash == secret_hash(token), ~_expired(now))
        row = await tx.one(query)
        if row is None:
            raise SessionOver
        officer = await officer_of(tx, row["officer_id"])
        if officer.disabled:
            raise SessionOver
        return row["seen_at"], officer

    async def _touch(self, tx: Transaction, token: str) -> None:
        now = self._clock.now()
        mine = update(officer_sessions).where(officer_sessions.c.token_hash == secret_hash(token), ~_expired(now))
        await tx.execute(mine.values(seen_at=now))


async def end_sessions(tx: Transaction, officer_id: str, *, but: str | None = None) -> None:
    """Sign an officer out everywhere (except the session of the token `but`)."""
    sessions = delete(officer_sessions).where(officer_sessions.c.officer_id == officer_id)
    if but is not None:
        sessions = sessions.where(officer_sessions.c.token_hash != secret_hash(but))
    await tx.execute(sessions)


async def _account(tx: Transaction, username: str) -> _Account | None:
    if not USERNAME.fullmatch(username):
        return None
    row = await tx.one(select(officers).where(officers.c.username == username))
    return None if row is None else _Account(read_officer(dict(row)), row["password_hash"])


def _expired(now: str) -> ColumnElement[bool]:
    columns = officer_sessions.c
    return (columns.seen_at <= utc.later(now, -IDLE_S)) | (columns.created_at <= utc.later(now, -ABSOLUTE_S))
