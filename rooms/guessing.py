"""How guessing at invite codes is slowed without ever shutting out somebody who holds a good one.

A code has about 6·10^11 forms: at the pace left to a guesser, finding one of a thousand live codes takes decades.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from rooms.tables import invite_guesses
from vault.database import Transaction
from vault.errors import StaleRevision
from vault.utc import later

FREE = 3
"""Slips of an address that cost nothing."""
LONGEST_S = 30.0
BUDGET = 200
"""Wrong codes of everybody together within WINDOW_S, above which every try is slowed a little."""
SLOWED_S = 3.0
WINDOW_S = 600.0
EVERYBODY = "*"


def wait_before(address_failures: int, global_failures: int) -> float:
    """Seconds a try waits: 1, 2, 4 … 30 for an address after its third wrong code, and nothing for any other.

    When the budget of all addresses together is spent, everyone waits SLOWED_S at least: slowed, never refused.
    """
    own = 0.0 if address_failures < FREE else min(LONGEST_S, 2.0 ** min(address_failures - FREE, 10))
    return max(own, SLOWED_S if global_failures >= BUDGET else 0.0)


async def failures(tx: Transaction, address: str, now: str) -> tuple[int, int]:
    """Wrong codes within the window: of this address, of everybody."""
    return await _count(tx, target(address), now), await _count(tx, EVERYBODY, now)


async def count_failure(tx: Transaction, address: str, now: str) -> None:
    """One more wrong code. Raises StaleRevision when another transaction counted at the same moment."""
    for name in (target(address), EVERYBODY):
        row = await tx.one(select(invite_guesses).where(invite_guesses.c.target == name))
        if row is None:
            await _first(tx, name, now)
            continue
        fresh = row["since"] <= later(now, -WINDOW_S)
        values = {"failures": 1, "since": now} if fresh else {"failures": row["failures"] + 1}
        same = (invite_guesses.c.target == name) & (invite_guesses.c.failures == row["failures"])
        await tx.swap(update(invite_guesses).where(same).values(**values))


def target(address: str) -> str:
    """The row of an address: a hash, so that the table is no list of visitors."""
    return hashlib.sha256(b"heshi invite address\x00" + address.encode()).hexdigest()[:32]


async def _count(tx: Transaction, name: str, now: str) -> int:
    row = await tx.one(select(invite_guesses).where(invite_guesses.c.target == name))
    return 0 if row is None or row["since"] <= later(now, -WINDOW_S) else int(row["failures"])


async def _first(tx: Transaction, name: str, now: str) -> None:
    try:
        await tx.execute(insert(invite_guesses).values(target=name, failures=1, since=now))
    except IntegrityError as error:
        raise StaleRevision from error
