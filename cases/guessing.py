"""Failed sign-ins, counted in the database so that every node and every restart knows them.

A try is counted *before* the password is checked: a hundred tries at once are a hundred tries. Success takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Insert, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cases.errors import SignInDelayed
from cases.rules.delays import ADDRESS_FREE_TRIES, FORGOTTEN_AFTER_S, FREE_TRIES, counted, remaining
from cases.tables import officer_addresses, sign_in_failures
from vault import utc
from vault.database import Transaction
from vault.errors import StaleRevision
from vault.ids import secret_hash


@dataclass(frozen=True)
class Attempt:
    """What a try is counted against."""

    name: bytes
    address: bytes


@dataclass(frozen=True)
class Failures:
    """A row as it was read: how many, when the last one was, how many seconds ago that is."""

    count: int
    last_at: str | None
    age_s: float

    def wait(self, free: int) -> float:
        """Seconds until the next try is heard."""
        return remaining(counted(self.count, self.age_s), self.age_s, free)


async def begin_attempt(tx: Transaction, username: str, address: str, officer_id: str | None, now: str) -> Attempt:
    """Count a try, or refuse it uncounted while its name or address has to wait. Raises `SignInDelayed`.

    An officer at an address where they signed in before is counted apart from everybody else who tries the name, and
    does not wait for others' failures at that address: nobody can keep them out by guessing from elsewhere, or other
    names from the same house.
    """
    place = secret_hash(address)
    known = officer_id is not None and await _known(tx, officer_id, place)
    attempt = Attempt(secret_hash(f"name {username} {address if known else ''}"), secret_hash(f"address {address}"))
    by_name = await _failures(tx, attempt.name, now)
    by_address = await _failures(tx, attempt.address, now)
    wait = max(by_name.wait(FREE_TRIES), 0.0 if known else by_address.wait(ADDRESS_FREE_TRIES))
    if wait > 0:
        raise SignInDelayed(wait)
    await _write(tx, attempt.name, by_name, now)
    await _write(tx, attempt.address, by_address, now)
    return attempt


async def succeed(tx: Transaction, attempt: Attempt, officer_id: str, address: str, now: str) -> None:
    """Wipe the name's failures; take this try back from the address (others' failures there still count)."""
    await tx.execute(delete(sign_in_failures).where(sign_in_failures.c.target == attempt.name))
    table = sign_in_failures
    fewer = update(table).where(table.c.target == attempt.address, table.c.failures > 0)
    await tx.execute(fewer.values(failures=table.c.failures - 1))
    await tx.execute(delete(table).where(table.c.last_at < utc.later(now, -FORGOTTEN_AFTER_S)))
    place = secret_hash(address)
    if await _known(tx, officer_id, place):
        same = update(officer_addresses).where(
            officer_addresses.c.officer_id == officer_id, officer_addresses.c.address == place
        )
        await tx.execute(same.values(last_at=now))
    else:
        await _insert(tx, insert(officer_addresses).values(officer_id=officer_id, address=place, last_at=now))


async def _known(tx: Transaction, officer_id: str, place: bytes) -> bool:
    found = select(officer_addresses.c.last_at).where(
        officer_addresses.c.officer_id == officer_id, officer_addresses.c.address == place
    )
    return await tx.one(found) is not None


async def _failures(tx: Transaction, target: bytes, now: str) -> Failures:
    row = await tx.one(select(sign_in_failures).where(sign_in_failures.c.target == target))
    if row is None:
        return Failures(0, None, 0.0)
    age = (utc.parse(now) - utc.parse(row["last_at"])).total_seconds()
    return Failures(row["failures"], row["last_at"], age)


async def _write(tx: Transaction, target: bytes, read: Failures, now: str) -> None:
    table, failures = sign_in_failures, counted(read.count, read.age_s) + 1
    if read.last_at is None:
        await _insert(tx, insert(table).values(target=target, failures=failures, last_at=now))
    else:
        # Only where nobody else counted meanwhile: tries made at once must not share a number.
        same = (table.c.target == target, table.c.failures == read.count, table.c.last_at == read.last_at)
        await tx.swap(update(table).where(*same).values(failures=failures, last_at=now))


async def _insert(tx: Transaction, statement: Insert) -> None:
    """Insert, or begin the transaction again when someone else was first."""
    try:
        await tx.execute(statement)
    except IntegrityError as error:
        raise StaleRevision from error
