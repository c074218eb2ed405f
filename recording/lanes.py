"""Where the lanes of speech are kept: a small encrypted blob for each film, and its id in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from recording.tables import recordings
from recording.watching_tables import lanes
from vault import BlobStore, Database, Transaction


class Lanes:
    """One lane per recording; see `recording.speech` for what is in it."""

    def __init__(self, db: Database, blobs: BlobStore) -> None:
        self._db = db
        self._blobs = blobs

    async def keep(self, recording_id: str, levels: bytes) -> None:
        """Store a recording's lane in place of the one before; an empty one only takes that away."""
        blob = await self._blobs.put(levels, kind="speech") if levels else None

        async def swap(tx: Transaction) -> str | None:
            mine = lanes.c.recording_id == recording_id
            former = await tx.one(select(lanes.c.blob_id).where(mine))
            await tx.execute(delete(lanes).where(mine))
            if blob is not None:
                await tx.execute(insert(lanes).values(recording_id=recording_id, blob_id=blob.id))
            return None if former is None else str(former["blob_id"])

        former = await self._db.transact(swap)
        if former is not None:
            await self._blobs.delete(former)

    async def of(self, recording_ids: Sequence[str]) -> dict[str, bytes]:
        """The lanes of these recordings, where there are any."""
        wanted = select(lanes).where(lanes.c.recording_id.in_(list(recording_ids)))
        rows = await self._db.read(lambda tx: tx.all(wanted))
        return {row["recording_id"]: await self._blobs.get(row["blob_id"]) for row in rows}

    async def drop(self, session_id: str, paths: Sequence[str]) -> None:
        """Forget the lanes of a sitting that is deleted."""
        mine = select(recordings.c.id).where(recordings.c.session_id == session_id)
        for row in await self._db.read(lambda tx: tx.all(mine)):
            await self.keep(row["id"], b"")
