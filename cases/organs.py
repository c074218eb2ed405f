"""The tree of organs, read from and written to the database."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import insert, select

from cases.cleaning import is_id
from cases.errors import NoSuchOfficer, NoSuchOrgan
from cases.model import Officer, Organ, Role
from cases.tables import officers, organs
from vault.database import Transaction
from vault.ids import new_id


async def all_organs(tx: Transaction) -> tuple[Organ, ...]:
    """Every organ of this installation, by name. For computing scopes; show people only what theirs holds."""
    rows = await tx.all(select(organs).order_by(organs.c.name, organs.c.id))
    return tuple(Organ(row["id"], row["parent_id"], row["name"], row["kind"]) for row in rows)


async def organ_of(tx: Transaction, organ_id: str) -> Organ:
    """One organ. Raises `NoSuchOrgan`."""
    row = await tx.one(select(organs).where(organs.c.id == organ_id)) if is_id(organ_id) else None
    if row is None:
        raise NoSuchOrgan
    return Organ(row["id"], row["parent_id"], row["name"], row["kind"])


async def insert_organ(tx: Transaction, parent_id: str | None, name: str, kind: str, now: str) -> Organ:
    """Add an organ; the caller has checked the name and the right to do so."""
    organ = Organ(new_id("organ"), parent_id, name, kind)
    await tx.execute(insert(organs).values(**vars(organ), created_at=now))
    return organ


async def officer_of(tx: Transaction, officer_id: str) -> Officer:
    """One officer. Raises `NoSuchOfficer`."""
    row = await tx.one(select(officers).where(officers.c.id == officer_id)) if is_id(officer_id) else None
    if row is None:
        raise NoSuchOfficer
    return read_officer(dict(row))


def read_officer(row: dict[str, object]) -> Officer:
    """An officer from a row of `officers` (the password hash stays behind)."""
    role = next(known for known in get_args(Role) if known == row["role"])
    return Officer(
        id=str(row["id"]),
        organ_id=str(row["organ_id"]),
        username=str(row["username"]),
        name=str(row["name"]),
        post=str(row["post"]),
        role=role,
        disabled=bool(row["disabled"]),
        must_change_password=bool(row["must_change_password"]),
        may_download=bool(row["may_download"]),
    )
