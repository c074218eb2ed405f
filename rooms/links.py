"""Links and tries of identity in the database. A link's secret has 128 random bits, so its plain hash is enough."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rooms.errors import LinkExpired, LinkRevoked, LinkUnknown
from rooms.tables import identity_tries, links, phone_codes
from vault.database import Transaction
from vault.errors import StaleRevision
from vault.ids import new_id, new_secret, secret_hash
from vault.utc import later

LINK_TTL_S = 72 * 3600.0
TRIES = 5
"""Wrong identities per person before the officer has to unlock."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link without its secret, which only the party holds. `failures` are the person's wrong tries so far."""

    id: str
    room_id: str
    party_id: str
    created_at: str
    expires_at: str
    opened_at: str | None
    failures: int

    @property
    def locked(self) -> bool:
        """No try is left: the officer has to unlock."""
        return self.failures >= TRIES


async def put_link(
    tx: Transaction, room_id: str, party_id: str, officer_id: str, now: str, ttl_s: float
) -> tuple[Link, str]:
    """A new link and its secret; the party's earlier ones are revoked."""
    await revoke_links(tx, party_id, now)
    secret, expires = new_secret(), later(now, ttl_s)
    link = Link(new_id("link"), room_id, party_id, now, expires, None, await failures(tx, party_id))
    row = insert(links).values(
        id=link.id,
        secret_hash=secret_hash(secret),
        room_id=room_id,
        party_id=party_id,
        created_by=officer_id,
        created_at=now,
        expires_at=expires,
    )
    await tx.execute(row)
    return link, secret


async def revoke_links(tx: Transaction, party_id: str, now: str) -> int:
    """Revoke every live link of a party; how many there were."""
    live = update(links).where(links.c.party_id == party_id, links.c.revoked_at.is_(None))
    return (await tx.execute(live.values(revoked_at=now))).rowcount


async def find_link(tx: Transaction, secret: str, now: str) -> Link:
    """The live link of a secret. Raises LinkUnknown, LinkExpired, LinkRevoked."""
    row = await tx.one(select(links).where(links.c.secret_hash == secret_hash(secret))) if secret.isascii() else None
    if row is None:
        raise LinkUnknown
    if row["revoked_at"] is not None:
        raise LinkRevoked
    if row["expires_at"] <= now:
        raise LinkExpired
    return await _link(tx, row)


async def live_links(tx: Transaction, room_id: str, now: str) -> tuple[Link, ...]:
    """The links of a room that still open, oldest first."""
    live = (links.c.room_id == room_id) & links.c.revoked_at.is_(None) & (links.c.expires_at > now)
    rows = await tx.all(select(links).where(live).order_by(links.c.created_at, links.c.id))
    return tuple([await _link(tx, row) for row in rows])


async def note_opened(tx: Transaction, link_id: str, now: str) -> bool:
    """Remember the first opening; whether this was it."""
    first = update(links).where(links.c.id == link_id, links.c.opened_at.is_(None))
    return (await tx.execute(first.values(opened_at=now))).rowcount == 1


async def failures(tx: Transaction, party_id: str) -> int:
    """Wrong tries since the last right one or the last unlocking."""
    row = await tx.one(select(identity_tries.c.failures).where(identity_tries.c.party_id == party_id))
    return 0 if row is None else int(row["failures"])


async def set_failures(tx: Transaction, party_id: str, was: int, now_: int) -> None:
    """Compare and swap the count of tries. Raises StaleRevision: two tries at once must count as two."""
    if was == now_:
        return
    same = (identity_tries.c.party_id == party_id) & (identity_tries.c.failures == was)
    changed = await tx.execute(update(identity_tries).where(same).values(failures=now_))
    if changed.rowcount == 1:
        return
    try:
        await tx.execute(insert(identity_tries).values(party_id=party_id, failures=now_))
    except IntegrityError as error:
        raise StaleRevision from error


@dataclass(frozen=True, slots=True)
class SentCode:
    hash: bytes
    sent_at: str
    expires_at: str


async def sent_code(tx: Transaction, party_id: str) -> SentCode | None:
    """The last code sent to the party's phone and not yet used."""
    row = await tx.one(select(phone_codes).where(phone_codes.c.party_id == party_id))
    return None if row is None else SentCode(row["code_hash"], row["sent_at"], row["expires_at"])


async def put_code(tx: Transaction, party_id: str, code: SentCode) -> None:
    """Replace the party's code. Raises StaleRevision when another was sent at the same moment."""
    await drop_code(tx, party_id)
    row = insert(phone_codes).values(
        party_id=party_id, code_hash=code.hash, sent_at=code.sent_at, expires_at=code.expires_at
    )
    try:
        await tx.execute(row)
    except IntegrityError as error:
        raise StaleRevision from error


async def drop_code(tx: Transaction, party_id: str) -> None:
    """A code is good once."""
    await tx.execute(delete(phone_codes).where(phone_codes.c.party_id == party_id))


async def _link(tx: Transaction, row: RowMapping) -> Link:
    names = ("id", "room_id", "party_id", "created_at", "expires_at", "opened_at")
    return Link(**{name: row[name] for name in names}, failures=await failures(tx, row["party_id"]))
