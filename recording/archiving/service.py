"""The move to the blob store, byte for byte: journals are ciphertext already.

A journal goes up in parts, each an object of its own, so that an upload cut short goes on where it was on any store.
The local copy goes only after every part was read back and the whole hashed the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import RowMapping, delete, insert, select

from recording.archiving.tables import archived_journals
from recording.errors import DamagedJournal
from recording.spools import Spools
from recording.tables import recordings, segments
from vault import Clock, Database, Transaction
from vault.objects import ObjectStore
from vault.utc import later

PART: Final = 8 * 1024 * 1024
BROUGHT_S: Final = 3600.0
"""So long a journal that was brought back stays for its readers."""
_UNSETTLED = ("capturing", "processing")


class Archive:
    """`hours` is how long after its last moment a sitting's journals stay in the spool; parts are of `part` bytes."""

    def __init__(
        self, db: Database, objects: ObjectStore, clock: Clock, spools: Spools, hours: float, part: int = PART
    ) -> None:
        self._db = db
        self._objects = objects
        self._clock = clock
        self._spools = spools
        self._hours = hours
        self._part = part

    async def bring(self, paths: Sequence[str]) -> None:
        """See to it that these journals (paths below the spool) lie in the spool; one that is nowhere stays missing.

        Raises `DamagedJournal` when what the store gives back is not what was put there; nothing is left then.
        """
        missing = [path for path in paths if self._spools.find(path) is None]
        for row in await self._db.read(lambda tx: _places(tx, missing)):
            await self._bring(row)

    async def drop(self, session_id: str, paths: Sequence[str]) -> None:
        """Remove a sitting's journals from the store for good (`recording.keeping.service.Derived`)."""
        for row in await self._db.read(lambda tx: _places(tx, paths)):
            for number in range(_parts(row["size"], row["part"])):
                await self._objects.delete(_name(row["path"], number))
        for path in paths:  # an upload that was never finished
            number = 0
            while await self._objects.size(_name(path, number)) is not None:
                await self._objects.delete(_name(path, number))
                number += 1
        await self._db.transact(
            lambda tx: tx.execute(delete(archived_journals).where(archived_journals.c.path.in_(paths)))
        )

    async def sweep(self) -> int:
        """Move the first journal that is due, and clear what was brought back and is no longer read.

        How many were moved (0 or 1), so that other work comes in between.
        """
        await asyncio.to_thread(self._clear, await self._db.read(_all_paths))
        before = later(self._clock.now(), -self._hours * 3600)
        for session_id, path in await self._db.read(lambda tx: _due(tx, before)):
            if self._spools.find(path) is not None:
                await self._move(session_id, path)
                return 1
        return 0

    async def _move(self, session_id: str, path: str) -> None:
        source = self._spools.find(path)
        if source is None:
            return
        size = source.stat().st_size
        for number in range(_parts(size, self._part)):
            data = await asyncio.to_thread(_read_part, source, number, self._part)
            if await self._objects.size(_name(path, number)) != len(data):
                await self._objects.put(_name(path, number), data)
        digest = await asyncio.to_thread(_sha256, source)
        found, total = hashlib.sha256(), 0
        for number in range(_parts(size, self._part)):
            data = await self._objects.get(_name(path, number))
            found.update(data)
            total += len(data)
        if found.hexdigest() != digest or source.stat().st_size != total:
            # What lies there is of another time or damaged: away with it, and from the start next time.
            for number in range(_parts(size, self._part)):
                await self._objects.delete(_name(path, number))
            raise DamagedJournal(source.name)
        values = {"path": path, "session_id": session_id, "sha256": digest, "size": total, "part": self._part}
        await self._db.transact(lambda tx: tx.execute(insert(archived_journals).values(**values, at=self._clock.now())))
        source.unlink()

    async def _bring(self, row: RowMapping) -> None:
        target = self._spools.each[0].folder / row["path"]
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as out:
                for number in range(_parts(row["size"], row["part"])):
                    data = await self._objects.get(_name(row["path"], number))
                    digest.update(data)
                    await asyncio.to_thread(out.write, data)
            if digest.hexdigest() != row["sha256"]:
                raise DamagedJournal(target.name)
            os.replace(name, target)
        except FileNotFoundError as error:
            raise DamagedJournal(target.name) from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    def _clear(self, archived: Sequence[tuple[str, str]]) -> None:
        """Remove local copies of what is in the store, once nobody has asked for them for `BROUGHT_S`."""
        for path, digest in archived:
            local = self._spools.find(path)
            if local is not None and time.time() - local.stat().st_ctime > BROUGHT_S and _sha256(local) == digest:
                local.unlink()


def _name(path: str, number: int) -> str:
    return f"journals/{path}/{number:05d}"


def _parts(size: int, part: int) -> int:
    return max(1, -(-size // part))


def _read_part(path: Path, number: int, part: int) -> bytes:
    with path.open("rb") as file:
        file.seek(number * part)
        return file.read(part)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _places(tx: Transaction, paths: Sequence[str]) -> list[RowMapping]:
    return await tx.all(select(archived_journals).where(archived_journals.c.path.in_(paths)))


async def _all_paths(tx: Transaction) -> list[tuple[str, str]]:
    rows = await tx.all(select(archived_journals.c.path, archived_journals.c.sha256))
    return [(row["path"], row["sha256"]) for row in rows]


async def _due(tx: Transaction, before: str) -> list[tuple[str, str]]:
    """Journals (sitting, path) of sittings that are settled and whose last moment lies before, not archived yet."""
    busy = select(recordings.c.session_id).where(recordings.c.status.in_(_UNSETTLED))
    recent = select(segments.c.session_id).where(segments.c.last_at > before)
    settled = select(recordings.c.session_id)
    query = select(segments.c.session_id, segments.c.path).where(
        segments.c.session_id.in_(settled),
        segments.c.session_id.not_in(busy),
        segments.c.session_id.not_in(recent),
        segments.c.path.not_in(select(archived_journals.c.path)),
    )
    return [(row["session_id"], row["path"]) for row in await tx.all(query.order_by(segments.c.path))]
