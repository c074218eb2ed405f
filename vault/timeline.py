"""The case's append-only timeline in the database: the rules are `formats.chain`'s, the rows are here.

Appends to one case wait for each other; should two still try to be number n + 1, the primary key refuses the second.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import RowMapping, Select, insert, select

from formats.canonical import JSON, canonical
from formats.chain import GENESIS, Entry, Stored, Verdict, check_chain, commitment, entry_hash, sign_head
from formats.errors import NotFound
from formats.receipt import Receipt
from formats.timelinefile import TimelineFile, dump
from vault.cipher import Cipher
from vault.database import Transaction
from vault.errors import Erased, Unreadable
from vault.tables import timeline_entries, timeline_payloads
from vault.utc import Clock

_PURPOSE = "timeline"
_SALT = 32


class ChainKey(Protocol):
    """What the timeline needs of the key store: the raw Ed25519 pair."""

    @property
    def chain_private(self) -> bytes:
        """32 bytes."""
        ...

    @property
    def chain_public(self) -> bytes:
        """32 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a case's chain."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """An entry with its content. `payload` is None when it was erased (`erased`) or cannot be read."""

    case_id: str
    seq: int
    at: str
    actor: str
    act: str
    article: str | None
    subject: str
    payload: dict[str, JSON] | None
    erased: bool
    hash: bytes
    signature: bytes


class Timeline:
    """Appends to, reads and checks the chains of all cases. Every method works inside the caller's transaction."""

    def __init__(self, cipher: Cipher, keys: ChainKey, clock: Clock) -> None:
        self._cipher = cipher
        self._keys = keys
        self._clock = clock

    async def append(
        self,
        tx: Transaction,
        case_id: str,
        *,
        act: str,
        actor: str,
        payload: Mapping[str, JSON],
        article: str | None = None,
        subject: str | None = None,
    ) -> Head:
        """Add an entry and return the new head.

        `payload` lies encrypted under `subject`'s key (the case's by default), apart from the chain; erasing that
        subject destroys it and its salt. Raises Erased for an erased subject, NotCanonical for a payload with floats.
        """
        body = canonical(dict(payload))
        salt = os.urandom(_SALT)
        await tx.alone(f"timeline {case_id}")
        last = await self._head(tx, case_id)
        seq = last.seq + 1
        owner = subject or case_id
        entry = Entry(
            case_id=case_id,
            seq=seq,
            at=self._clock.now(),
            mono_ns=self._clock.mono_ns(),
            boot=self._clock.boot,
            actor=actor,
            act=act,
            article=article,
            commitment=commitment(salt, body),
            previous=last.hash,
        )
        digest = entry_hash(entry)
        signature = sign_head(self._keys.chain_private, case_id, seq, digest)
        await tx.execute(insert(timeline_entries).values(**_fields(entry), hash=digest, signature=signature))
        sealed = await self._cipher.encrypt(tx, owner, salt + body, _purpose(case_id, seq))
        await tx.execute(
            insert(timeline_payloads).values(case_id=case_id, seq=seq, subject=owner, sealed=sealed),
        )
        return Head(seq, digest)

    async def head(self, tx: Transaction, case_id: str) -> Head | None:
        """The current head, or None for a case without entries."""
        head = await self._head(tx, case_id)
        return head if head.seq else None

    async def entries(
        self,
        tx: Transaction,
        case_id: str,
        *,
        after: int = 0,
        limit: int | None = None,
        acts: Collection[str] | None = None,
    ) -> list[TimelineRow]:
        """Entries with `seq` > `after`, oldest first, at most `limit`; of these `acts` only, where they are given."""
        rows = []
        wanted = _joined(case_id).where(timeline_entries.c.seq > after).limit(limit)
        if acts is not None:
            wanted = wanted.where(timeline_entries.c.act.in_(acts))
        for found in await tx.all(wanted):
            _, body, erased = await self._content(tx, found)
            payload = None if body is None else json.loads(body)
            rows.append(
                TimelineRow(
                    case_id=case_id,
                    seq=found["seq"],
                    at=found["at"],
                    actor=found["actor"],
                    act=found["act"],
                    article=found["article"],
                    subject=found["subject"] or "",
                    payload=payload,
                    erased=erased,
                    hash=found["hash"],
                    signature=found["signature"],
                )
            )
        return rows

    async def receipt(self, tx: Transaction, case_id: str, *, number: str = "") -> Receipt:
        """The signed current head, to be given out; `number` is the case's number as people know it.

        Raises NotFound for a case without entries.
        """
        head = await self.head(tx, case_id)
        if head is None:
            raise NotFound("timeline")
        receipt = Receipt(case_id, number, head.seq, head.hash, self._clock.now(), "")
        return receipt.signed(self._keys.chain_private)

    async def check(self, tx: Transaction, case_id: str, receipts: Sequence[Receipt] = ()) -> Verdict:
        """Walk the whole chain with signatures and contents, and compare it with receipts from outside."""
        stored = await self.stored(tx, case_id)
        return check_chain(
            stored, receipts=receipts, public_key=self._keys.chain_public, payloads=True, case_id=case_id
        )

    async def stored(self, tx: Transaction, case_id: str) -> list[Stored]:
        """The chain as `formats.chain` and an offline checker want it, with salts and contents that still exist."""
        result = []
        for found in await tx.all(_joined(case_id)):
            salt, body, erased = await self._content(tx, found)
            names = Entry.__dataclass_fields__
            entry = Entry(**{name: found[name] for name in names})
            result.append(Stored(entry, found["hash"], found["signature"], salt, body, erased))
        return result

    async def export(self, tx: Transaction, case_id: str, *, number: str = "") -> bytes:
        """The whole chain as a file for `verify.timeline`; holds the contents in clear."""
        entries = await self.stored(tx, case_id)
        return dump(TimelineFile(case_id, number, self._keys.chain_public, entries))

    async def _head(self, tx: Transaction, case_id: str) -> Head:
        columns = timeline_entries.c
        newest = select(columns.seq, columns.hash).where(columns.case_id == case_id)
        row = await tx.one(newest.order_by(columns.seq.desc()).limit(1))
        return Head(0, GENESIS) if row is None else Head(row["seq"], row["hash"])

    async def _content(self, tx: Transaction, found: RowMapping) -> tuple[bytes | None, bytes | None, bool]:
        if found["sealed"] is None:
            return None, None, False
        try:
            purpose = _purpose(found["case_id"], found["seq"])
            content = await self._cipher.decrypt(tx, found["subject"], found["sealed"], purpose)
        except Erased:
            return None, None, True
        except Unreadable:
            # One damaged content must not hide the rest of the chain; `check` reports it as missing.
            return None, None, False
        return content[:_SALT], content[_SALT:], False


def _joined(case_id: str) -> Select[Any]:
    entries, payloads = timeline_entries, timeline_payloads
    both = entries.outerjoin(payloads, (payloads.c.case_id == entries.c.case_id) & (payloads.c.seq == entries.c.seq))
    columns = (*entries.c, payloads.c.subject, payloads.c.sealed)
    return select(*columns).select_from(both).where(entries.c.case_id == case_id).order_by(entries.c.seq)


def _fields(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def _purpose(case_id: str, seq: int) -> str:
    return f"{_PURPOSE} {case_id} {seq}"
