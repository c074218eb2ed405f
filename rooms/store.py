"""Rooms and device credentials in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, insert, select, update

from cases.cleaning import is_id
from rooms.codec import decode, encode
from rooms.errors import DeviceUnknown, RoomUnknown
from rooms.model import Room
from rooms.tables import devices, rooms
from vault.cipher import Cipher
from vault.database import Transaction
from vault.ids import new_secret, secret_hash


@dataclass(frozen=True, slots=True)
class Device:
    """Whose device a credential is."""

    room_id: str
    seat_id: str
    endpoint_id: str


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """A fresh credential: `token` goes into the cookie and is stored nowhere."""

    token: str
    room_id: str
    seat_id: str
    endpoint_id: str


class RoomStore:
    """One encrypted document per room, under the case's key; `revision` is compared and swapped."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    async def insert(self, tx: Transaction, room: Room, now: str) -> None:
        """Add a room. The database refuses a second one of the same case (IntegrityError)."""
        row = insert(rooms).values(
            id=room.id,
            case_id=room.case_id,
            organ_id=room.organ_id,
            revision=room.revision,
            sealed=await self._seal(tx, room),
            created_at=now,
        )
        await tx.execute(row)

    async def load(self, tx: Transaction, room_id: str) -> Room:
        """The room as it is. Raises RoomUnknown."""
        if not is_id(room_id):
            raise RoomUnknown
        return await self._open(tx, await tx.one(select(rooms).where(rooms.c.id == room_id)))

    async def by_case(self, tx: Transaction, case_id: str) -> Room:
        """The one room of a case. Raises RoomUnknown."""
        return await self._open(tx, await tx.one(select(rooms).where(rooms.c.case_id == case_id)))

    async def save(self, tx: Transaction, room: Room, read_at: int) -> None:
        """Write a room back where its revision still is `read_at`. Raises StaleRevision."""
        change = update(rooms).where(rooms.c.id == room.id, rooms.c.revision == read_at)
        await tx.swap(change.values(revision=room.revision, sealed=await self._seal(tx, room)))

    async def _seal(self, tx: Transaction, room: Room) -> bytes:
        return await self._cipher.encrypt(tx, room.case_id, encode(room), f"room {room.id}")

    async def _open(self, tx: Transaction, row: RowMapping | None) -> Room:
        if row is None:
            raise RoomUnknown
        document = await self._cipher.decrypt(tx, row["case_id"], row["sealed"], f"room {row['id']}")
        # The column is what the swap compares, so it is what counts.
        return replace(decode(document), revision=row["revision"])


async def issue_device(tx: Transaction, room_id: str, seat_id: str, endpoint_id: str, now: str) -> DeviceToken:
    """A new credential for a device of a seat."""
    token = new_secret()
    row = insert(devices).values(
        token_hash=secret_hash(token), room_id=room_id, seat_id=seat_id, endpoint_id=endpoint_id, created_at=now
    )
    await tx.execute(row)
    return DeviceToken(token, room_id, seat_id, endpoint_id)


async def find_device(tx: Transaction, token: str) -> Device:
    """Whose the credential is. Raises DeviceUnknown for an unknown or revoked one."""
    row = None
    if token.isascii():
        live = devices.c.revoked_at.is_(None)
        row = await tx.one(select(devices).where(devices.c.token_hash == secret_hash(token), live))
    if row is None:
        raise DeviceUnknown
    return Device(row["room_id"], row["seat_id"], row["endpoint_id"])


async def revoke_devices(tx: Transaction, endpoint_ids: Iterable[str], now: str) -> None:
    """The credentials of these devices are no longer good."""
    gone = sorted(endpoint_ids)
    if gone:
        live = update(devices).where(devices.c.endpoint_id.in_(gone), devices.c.revoked_at.is_(None))
        await tx.execute(live.values(revoked_at=now))
