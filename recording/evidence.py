"""What proves a recording: signed heads while it is made, damage where a journal contradicts them, manifests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import insert, select

from formats.canonical import JSON
from formats.errors import NotFound
from formats.manifest import Manifest, load
from formats.signedheads import HEADS, SEGMENT, Trail, signed_heads
from recording.damage import Damage, Found, look_through
from recording.evidence_tables import damages, manifests
from recording.gaps import ACTS, Told
from recording.manifesting import CONSENTS, Header, Sitting, build, same
from recording.model import ReportedHead, journal_of
from recording.spools import Spools
from recording.tables import segments
from vault import Cipher, Clock, Database, Timeline, Transaction

_SYSTEM = "system"


class NoManifest(NotFound):
    """The session has no manifest (yet): it is made when the sitting has ended and its journals are in."""

    code = "recording.no_manifest"
    zh = "该场次尚无录制清单，请在散场后稍候再取。"
    en = "This session has no recording manifest yet; it is made shortly after the sitting has ended."


class ChainKey(Protocol):
    """What is needed of the key store: the raw Ed25519 key that signs the timeline."""

    @property
    def chain_private(self) -> bytes:
        """32 bytes."""
        ...


class Evidence:
    """One per process; `spools` are the folders where the workers' journals lie."""

    def __init__(
        self, db: Database, cipher: Cipher, timeline: Timeline, keys: ChainKey, clock: Clock, spools: Spools
    ) -> None:
        self._db, self._cipher, self._timeline = db, cipher, timeline
        self._keys, self._clock, self._spools = keys, clock, spools

    async def note_heads(self, tx: Transaction, case_id: str, session_id: str, heads: Sequence[ReportedHead]) -> None:
        """Have the chain sign these heads: one entry."""
        listed: list[JSON] = [{"path": one.path, "head": one.head, "chunks": one.chunks} for one in heads]
        payload: dict[str, JSON] = {"session": session_id, "heads": listed}
        await self._timeline.append(tx, case_id, act=HEADS, actor=_SYSTEM, payload=payload)

    async def trails(self, tx: Transaction, case_id: str) -> dict[str, Trail]:
        """All signed heads of a case, by path."""
        rows = await self._timeline.entries(tx, case_id, acts=(HEADS, SEGMENT))
        return signed_heads((row.seq, row.at, row.act, row.payload) for row in rows)

    async def look(self, case_id: str, room: str, only: str | None = None) -> list[Found]:
        """Every journal of the room in the spool, compared with the signed heads, and those that should be there.

        `only` is the path of one, where the others are of no interest.
        """
        trails = await self._db.read(lambda tx: self.trails(tx, case_id))
        return await asyncio.to_thread(lambda: list(look_through(self._spools, room, trails, only)))

    async def note_damage(self, tx: Transaction, case_id: str, session_id: str, damage: Damage) -> bool:
        """Put damage on record and on the timeline; False where this journal's is known.

        A journal that was noted in good order and is not in the spool is not missing: it may have been put elsewhere.
        """
        mine = (damages.c.session_id == session_id, damages.c.path == damage.path)
        if await tx.one(select(damages.c.path).where(*mine)) is not None:
            return False
        noted = select(segments.c.id).where(segments.c.session_id == session_id, segments.c.path == damage.path)
        if damage.kind == "missing" and await tx.one(noted) is not None:
            return False
        caucuses = await self._timeline.entries(tx, case_id, acts=("caucus.entered",))
        named = journal_of(damage.path) or ("", "", "", "")
        sealed = any(row.payload is not None and row.payload.get("segment") == named[1] for row in caucuses)
        row = {
            "session_id": session_id,
            "path": damage.path,
            "case_id": case_id,
            "key_kind": "caucus" if sealed else "joint",
            "noted_at": self._clock.now(),
        }
        facts: dict[str, JSON] = {
            "kind": damage.kind,
            "chunk": damage.chunk,
            "since": damage.since,
            "until": damage.until,
        }
        await tx.execute(insert(damages).values({**row, **facts}))
        payload: dict[str, JSON] = {
            "session": session_id,
            "path": damage.path,
            "segment": named[1],
            "endpoint": named[2],
            "medium": named[3],
            **facts,
        }
        await self._timeline.append(tx, case_id, act="recording.damaged", actor=_SYSTEM, payload=payload)
        return True

    async def close(self, tx: Transaction, sitting: Sitting, headers: Mapping[str, Header]) -> Manifest | None:
        """Make, sign and store the manifest of a sitting whose journals are noted; None if it would say nothing new.

        Journals whose file is out of reach keep what an earlier manifest knew of their headers.
        """
        latest = await self._latest(tx, sitting.case_id, sitting.session)
        before = {one.path: Header(one.clock_rate, one.origin) for one in latest.journals} if latest else {}
        ours = segments.c.session_id == sitting.session
        rows = await tx.all(select(segments).where(ours))
        kinds = await tx.all(select(damages).where(damages.c.session_id == sitting.session))
        told = [
            Told(row.at, row.act, row.payload)
            for row in await self._timeline.entries(tx, sitting.case_id, acts=ACTS | CONSENTS)
            if row.payload is not None
        ]
        plain = build(
            sitting,
            rows,  # type: ignore[arg-type]
            {row["path"]: row["kind"] for row in kinds},
            await self.trails(tx, sitting.case_id),
            {**before, **headers},
            told,
        )
        if latest is not None and same(latest, plain):
            return None
        return await self._put(tx, plain, latest.number + 1 if latest is not None else 1)

    async def made(self, tx: Transaction, case_id: str, session_id: str) -> bool:
        """Whether the session has a manifest."""
        return await self._latest(tx, case_id, session_id) is not None

    async def manifest(self, tx: Transaction, case_id: str, session_id: str) -> Manifest:
        """The newest manifest of a session. Raises `NoManifest`."""
        found = await self._latest(tx, case_id, session_id)
        if found is None:
            raise NoManifest(session_id)
        return found

    async def _latest(self, tx: Transaction, case_id: str, session_id: str) -> Manifest | None:
        ours = select(manifests).where(manifests.c.session_id == session_id, manifests.c.case_id == case_id)
        row = await tx.one(ours.order_by(manifests.c.number.desc()).limit(1))
        if row is None:
            return None
        return load(await self._cipher.decrypt(tx, case_id, row["sealed"], _purpose(session_id, row["number"])))

    async def _put(self, tx: Transaction, plain: Manifest, number: int) -> Manifest:
        made = self._clock.now()
        signed = replace(plain, number=number, made=made).signed(self._keys.chain_private)
        sealed = await self._cipher.encrypt(tx, plain.case, signed.dump(), _purpose(plain.session, number))
        facts: dict[str, JSON] = {"number": number, "root": signed.root.hex(), "sha256": signed.sha256}
        await tx.execute(
            insert(manifests).values(session_id=plain.session, case_id=plain.case, sealed=sealed, made_at=made, **facts)
        )
        payload: dict[str, JSON] = {"session": plain.session, **facts, "journals": len(plain.journals)}
        await self._timeline.append(tx, plain.case, act="recording.manifest", actor=_SYSTEM, payload=payload)
        return signed


def _purpose(session_id: str, number: int) -> str:
    return f"recording manifest {session_id} {number}"
