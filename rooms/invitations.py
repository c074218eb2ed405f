"""Coming in by invite code: short, bound to a room, a role and a side, expiring and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from sqlalchemy import RowMapping, insert, select, update

from cases.errors import CaseClosed
from cases.rules import clean_name
from cases.scope import Scope
from formats.errors import HeshiError
from rooms import errors
from rooms.authority import THIRD_PARTIES, Role
from rooms.guessing import count_failure, failures, wait_before
from rooms.model import Act, Identity
from rooms.rules import entering
from rooms.service import Rooms
from rooms.shortcodes import Codes
from rooms.store import DeviceToken, issue_device
from rooms.tables import invite_codes
from rooms.views import Side
from vault.database import Database, Transaction
from vault.ids import new_id
from vault.repeat import recall, remember
from vault.utc import Clock, later

INVITE_TTL_S = 24 * 3600.0
LONGEST_TTL_S = 30 * 86400.0
SHORTEST_TTL_S = 60.0
MOST_USES = 10
PARTISANS: tuple[Role, ...] = ("lawyer", "guardian")
"""Roles that always stand on one side."""


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation without its code, which is shown once."""

    id: str
    role: Role
    side: Side | None
    uses: int
    used: int
    created_at: str
    expires_at: str


class Invitations:
    """Invite codes of all rooms."""

    def __init__(
        self, rooms: Rooms, codes: Codes, clock: Clock, db: Database, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._rooms = rooms
        self._codes = codes
        self._clock = clock
        self._db = db
        self._sleep = sleep
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def make_invite(
        self,
        tx: Transaction,
        scope: Scope,
        case_id: str,
        role: Role,
        side: Side | None,
        uses: int = 1,
        ttl_s: float = INVITE_TTL_S,
    ) -> str:
        """A new code, shown this once as XXXX-XXXX. Raises NoSuchCase, CaseClosed, InviteInvalid."""
        case = await self._rooms.case_in_scope(tx, scope, case_id)
        if case.status == "closed":
            raise CaseClosed
        if role not in THIRD_PARTIES:
            raise errors.InviteInvalid("role")
        if side not in ("A", "B", None) or (side is None and role in PARTISANS):
            raise errors.InviteInvalid("side")
        if not 1 <= uses <= MOST_USES:
            raise errors.InviteInvalid("uses")
        if not SHORTEST_TTL_S <= ttl_s <= LONGEST_TTL_S:
            raise errors.InviteInvalid("ttl")
        room = await self._rooms.by_case(tx, case_id)
        code, now, invite_id = self._codes.invite_code(), self._clock.now(), new_id("invite")
        row = insert(invite_codes).values(
            id=invite_id,
            code_hash=self._codes.invite_hash(code),
            room_id=room.id,
            role=role,
            side=side,
            uses=uses,
            used=0,
            created_by=scope.officer_id,
            created_at=now,
            expires_at=later(now, ttl_s),
        )
        await tx.execute(row)
        act = Act("invite.made", {"invite": invite_id, "role": role, "side": side, "uses": uses})
        await self._note(tx, case_id, act, scope.officer_id)
        return code

    async def revoke_invite(self, tx: Transaction, scope: Scope, case_id: str, invite_id: str) -> None:
        """The code opens nothing any more; who came in by it stays. Raises NoSuchCase, InviteUnknown."""
        await self._rooms.case_in_scope(tx, scope, case_id)
        room = await self._rooms.by_case(tx, case_id)
        mine = (invite_codes.c.id == invite_id) & (invite_codes.c.room_id == room.id)
        live = update(invite_codes).where(mine, invite_codes.c.revoked_at.is_(None))
        if (await tx.execute(live.values(revoked_at=self._clock.now()))).rowcount != 1:
            raise errors.InviteUnknown
        await self._note(tx, case_id, Act("invite.revoked", {"invite": invite_id}), scope.officer_id)

    async def invites(self, tx: Transaction, scope: Scope, case_id: str) -> tuple[Invite, ...]:
        """The case's invitations that still open, without codes. Raises NoSuchCase."""
        await self._rooms.case_in_scope(tx, scope, case_id)
        room = await self._rooms.by_case(tx, case_id)
        live = (invite_codes.c.room_id == room.id) & invite_codes.c.revoked_at.is_(None)
        live &= invite_codes.c.expires_at > self._clock.now()
        rows = await tx.all(select(invite_codes).where(live).order_by(invite_codes.c.created_at, invite_codes.c.id))
        return tuple(_invite(row) for row in rows if row["used"] < row["uses"])

    async def redeem(
        self, code: str, name: str, role: Role, address: str, device: str = "", key: str | None = None
    ) -> DeviceToken:
        """Take a seat as a third party; the officer sees the claimed name and lets the person in.

        Slowed after wrong codes from this `address` (or very many from anywhere), never refused for it. A repetition
        with the same `key` gets the same credential. Raises BadName, InviteUnknown, InviteExpired, InviteUsedUp,
        InviteWrongRole.
        """
        name = clean_name(name)
        now = self._clock.now()
        # One try of an address at a time: many at once would all wait together.
        turn = self._turns.get(address) or asyncio.Lock()
        self._turns[address] = turn
        async with turn:
            wrong = await self._db.read(lambda tx: failures(tx, address, now))
            await self._sleep(wait_before(*wrong))
            return await self._redeem(code, name, role, address, device, key)

    async def _redeem(
        self, code: str, name: str, role: Role, address: str, device: str, key: str | None
    ) -> DeviceToken:

        async def work(tx: Transaction) -> DeviceToken | HeshiError:
            now = self._clock.now()
            query = select(invite_codes).where(invite_codes.c.code_hash == self._codes.invite_hash(code))
            row = await tx.one(query)
            if row is None or row["revoked_at"] is not None:
                await count_failure(tx, address, now)
                return errors.InviteUnknown()
            known = await recall(tx, row["id"], key) if key is not None else None
            if isinstance(known, dict):
                return DeviceToken(**{field: str(value) for field, value in known.items()})
            token = await self._take(tx, row, name, role, device, now)
            if key is not None:
                await remember(tx, row["id"], key, {field: getattr(token, field) for field in token.__slots__})
            return token

        result = await self._db.transact(work)
        if isinstance(result, HeshiError):
            raise result
        return result

    async def _take(
        self, tx: Transaction, row: RowMapping, name: str, role: Role, device: str, now: str
    ) -> DeviceToken:
        if row["expires_at"] <= now:
            raise errors.InviteExpired
        if row["role"] != role:
            raise errors.InviteWrongRole
        if row["used"] >= row["uses"]:
            raise errors.InviteUsedUp
        same = (invite_codes.c.id == row["id"]) & (invite_codes.c.used == row["used"])
        await tx.swap(update(invite_codes).where(same).values(used=row["used"] + 1))
        room = await self._rooms.load(tx, row["room_id"])
        context, endpoint_id, person_id = self._rooms.context(), new_id("end"), new_id("person")
        identity = Identity(name, name_matches=False, phone_confirmed=False, id_hint_ok=False, at=now)
        after, seat = entering.ensure_seat(room, person_id, role, row["side"], name, context)
        after, acts = entering.claim(after, seat.id, endpoint_id, device[:200], identity, context)
        redeemed = Act("invite.redeemed", {"invite": row["id"], "seat": seat.id, "name": name}, subject=person_id)
        token = await issue_device(tx, room.id, seat.id, endpoint_id, now)
        await self._rooms.apply(tx, room, after, [redeemed, *acts], person_id)
        return token

    async def _note(self, tx: Transaction, case_id: str, act: Act, actor: str) -> None:
        await self._rooms.note(tx, case_id, act, actor)


def _invite(row: RowMapping) -> Invite:
    return Invite(**{name: row[name] for name in Invite.__dataclass_fields__})
