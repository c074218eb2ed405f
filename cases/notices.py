"""Messages to people: the port, and the adapter that shows them to the officer instead of sending them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import RowMapping, insert, select

from cases.cleaning import is_id
from cases.errors import NoSuchCase, NoSuchNotice, NoSuchParty
from cases.rules.masking import mask_phone
from cases.scope import Scope
from cases.store import CaseStore
from cases.tables import cases, notices
from vault.cipher import Cipher
from vault.database import Transaction
from vault.ids import new_id
from vault.timeline import Timeline
from vault.utc import Clock


@dataclass(frozen=True)
class Notice:
    """A message as listed: to whom (masked), of which kind ("code", "link", "invite" …), when; never its text."""

    id: str
    case_id: str
    party_id: str | None
    kind: str
    to: str
    at: str
    expires_at: str | None


class Notices(Protocol):
    """Sends a message to a party or, without one, to whomever `to` names."""

    async def send(
        self,
        tx: Transaction,
        case_id: str,
        party_id: str | None,
        kind: str,
        text: str,
        *,
        to: str = "",
        expires_at: str | None = None,
    ) -> str:
        """Send (or note, to be sent after commit) and return the notice's id."""
        ...


class ConsoleNotices:
    """Keeps each message as a row of the case page. The text lies sealed, and reading it is on the timeline."""

    def __init__(self, cipher: Cipher, timeline: Timeline, clock: Clock) -> None:
        self._cipher = cipher
        self._store = CaseStore(cipher)
        self._timeline = timeline
        self._clock = clock

    async def send(
        self,
        tx: Transaction,
        case_id: str,
        party_id: str | None,
        kind: str,
        text: str,
        *,
        to: str = "",
        expires_at: str | None = None,
    ) -> str:
        """Write the row; a party's telephone is masked into `to`. Raises `NoSuchParty` for another case's party."""
        if party_id is not None:
            mine = [party for party in await self._store.parties(tx, case_id) if party.id == party_id]
            if not mine:
                raise NoSuchParty
            to = mask_phone(mine[0].phone)
        sealed = await self._cipher.encrypt_json(tx, party_id or case_id, {"to": to, "text": text}, "notice")
        notice_id = new_id("notice")
        row = insert(notices).values(
            id=notice_id,
            case_id=case_id,
            party_id=party_id,
            kind=kind,
            sealed=sealed,
            at=self._clock.now(),
            expires_at=expires_at,
        )
        await tx.execute(row)
        return notice_id

    async def list(self, tx: Transaction, scope: Scope, case_id: str) -> tuple[Notice, ...]:
        """The messages of a case, newest first, without their texts. Raises `NoSuchCase`."""
        await _visible(tx, scope, case_id)
        query = select(notices).where(notices.c.case_id == case_id).order_by(notices.c.at.desc(), notices.c.id)
        return tuple([_notice(row, (await self._open(tx, row))[0]) for row in await tx.all(query)])

    async def read(self, tx: Transaction, scope: Scope, case_id: str, notice_id: str) -> str:
        """The text of one message; the reading is an entry of the timeline. Raises `NoSuchCase`, `NoSuchNotice`."""
        await _visible(tx, scope, case_id)
        query = select(notices).where(notices.c.id == notice_id, notices.c.case_id == case_id)
        row = await tx.one(query) if is_id(notice_id) else None
        if row is None:
            raise NoSuchNotice
        payload = {"notice": notice_id, "kind": row["kind"], "party": row["party_id"]}
        await self._timeline.append(tx, case_id, act="notice.read", actor=scope.officer_id, payload=payload)
        return (await self._open(tx, row))[1]

    async def _open(self, tx: Transaction, row: RowMapping) -> tuple[str, str]:
        content = await self._cipher.decrypt_json(tx, row["party_id"] or row["case_id"], row["sealed"], "notice")
        assert isinstance(content, dict)
        return str(content["to"]), str(content["text"])


def _notice(row: RowMapping, to: str) -> Notice:
    plain = {name: row[name] for name in ("id", "case_id", "party_id", "kind", "at", "expires_at")}
    return Notice(to=to, **plain)


async def _visible(tx: Transaction, scope: Scope, case_id: str) -> None:
    query = select(cases.c.id).where(cases.c.id == case_id, cases.c.organ_id.in_(sorted(scope.organ_ids)))
    if not is_id(case_id) or await tx.one(query) is None:
        raise NoSuchCase
