"""The use cases of an agreement, each inside the caller's transaction; sealing alone opens its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from cases.model import CaseFacts
from formats.canonical import JSON
from formats.errors import HeshiError
from vault import BlobStore, Cipher, Clock, Database, Timeline, Transaction

from . import rules
from .authority import Authority
from .checks import problems
from .edits import Edit
from .errors import AgreementExists, NoForm, SealBrokenError, TextChanged, WrongStatus
from .fonts import FontChain
from .model import Agreement, Attendee, Sealed
from .prefill import FORMS, first_draft, party_copies, station_day
from .press import press
from .store import AgreementStore
from .strokes import read_strokes, strokes_hash
from .template import Template, load_template
from .view import agreement_view, document_view

Within = Callable[[Transaction, Agreement], Awaitable[None]]


class Agreements:
    """Starts, edits, locks, signs, declines, reopens and seals; every act is an entry of the case's timeline."""

    def __init__(
        self,
        db: Database,
        cipher: Cipher,
        timeline: Timeline,
        blobs: BlobStore,
        fonts: FontChain,
        authority: Authority,
        clock: Clock,
    ) -> None:
        self._db, self._timeline, self._blobs = db, timeline, blobs
        self._fonts, self._authority, self._clock = fonts, authority, clock
        self._store = AgreementStore(cipher)

    async def load(self, tx: Transaction, case_id: str) -> Agreement | None:
        """The case's agreement, or None where none was started."""
        held = await self._store.find(tx, case_id)
        return held.agreement if held else None

    async def start(
        self,
        tx: Transaction,
        facts: CaseFacts,
        *,
        room_id: str,
        mediator: Attendee,
        place: str,
        others: Sequence[Attendee] = (),
    ) -> Agreement:
        """A draft pre-filled from the case. Raises AgreementExists, NoForm for a track without a form yet."""
        case, now = facts.case, self._clock.now()
        if case.track not in FORMS:
            raise NoForm(case.track)
        if await self._store.find(tx, case.id) is not None:
            raise AgreementExists
        draft = first_draft(facts, mediator, place, others, FORMS[case.track], now)
        agreement = rules.start(case.id, room_id, case.organ_id, draft)
        await self._store.insert(tx, agreement, now)
        await self._note(tx, agreement, "started", mediator.person, {"form": draft.template})
        return agreement

    async def edit(self, tx: Transaction, case_id: str, actor: str, change: Edit) -> Agreement:
        """One edit of the draft; after locking it drops the lock and every signature. Raises as `rules.edit`."""
        payload: dict[str, JSON] = {"edit": change.model_dump(mode="json")}
        return await self._act(
            tx, case_id, "edited", actor, lambda held: rules.edit(held, change, _form(held)), payload
        )

    async def lock(
        self,
        tx: Transaction,
        case_id: str,
        actor: str,
        facts: CaseFacts | None = None,
        where: Mapping[str, JSON] | None = None,
    ) -> Agreement:
        """Freezes the text, with the parties as the case record has them now (`facts`).

        `where` goes on the timeline: the act's place in the recording. Raises DraftIncomplete, WrongStatus.
        """
        now = self._clock.now()

        def locked(held: Agreement) -> Agreement:
            unprintable = self._fonts.unprintable
            if facts is not None and held.status == "draft":
                held = replace(held, draft=replace(held.draft, parties=party_copies(facts)))
            return rules.lock(held, _form(held), at=now, today=station_day(now), unprintable=unprintable)

        return await self._act(tx, case_id, "locked", actor, locked, where)

    async def unlock(self, tx: Transaction, case_id: str, actor: str) -> Agreement:
        """Back to drafting; every signature is dropped. Raises WrongStatus."""
        return await self._act(tx, case_id, "unlocked", actor, rules.unlock)

    async def sign(
        self,
        tx: Transaction,
        case_id: str,
        person: str,
        lock_hash: str,
        strokes: object,
        device: Mapping[str, JSON] | None = None,
    ) -> Agreement:
        """A person's signature with their handwriting as the pad sent it, made on `device` (seat, endpoint, and the
        place in their recording).

        The timeline commits to the handwriting by its hash. Raises as `rules.sign`, and BadStrokes.
        """
        held, now = await self._store.load(tx, case_id), self._clock.now()
        drawn = read_strokes(strokes)
        # Checked before anything is stored under the person's key: a stranger must not get one.
        rules.may_sign(held.agreement, person)
        ink = await self._store.keep_strokes(tx, case_id, person, drawn, now)
        agreement = rules.sign(held.agreement, person, lock_hash, ink, at=now)
        await self._store.save(tx, agreement, held.revision, now)
        await self._note(
            tx, agreement, "signed", person, {"strokes": strokes_hash(drawn), **(device or {})}, subject=person
        )
        return agreement

    async def decline(self, tx: Transaction, case_id: str, person: str, reason: str) -> Agreement:
        """A signer refuses; signing ends for everyone at once. Raises as `rules.decline`."""
        now = self._clock.now()
        return await self._act(
            tx,
            case_id,
            "declined",
            person,
            lambda held: rules.decline(held, person, reason, at=now),
            {"reason": reason},
            subject=person,
        )

    async def reopen(self, tx: Transaction, case_id: str, actor: str) -> Agreement:
        """After a refusal: a new version of the draft. Raises WrongStatus."""
        return await self._act(tx, case_id, "reopened", actor, rules.reopen)

    def view(self, agreement: Agreement, person: str, role: str) -> dict[str, Any]:
        """See `view.agreement_view`; with what keeps a draft from being locked, for the mediator."""
        found = []
        if agreement.status == "draft" and role == "mediator":
            today = station_day(self._clock.now())
            found = problems(agreement.draft, _form(agreement), today, self._fonts.unprintable)
        return agreement_view(agreement, person, role, _form(agreement), found)

    def document(self, agreement: Agreement, person: str, role: str) -> dict[str, Any]:
        """See `view.document_view`: the whole text to read before signing."""
        return document_view(agreement, person, role, _form(agreement))

    async def seal(self, case_id: str, actor: str, within: Within | None = None) -> Agreement:
        """Renders, seals and stores the PDF, and closes the agreement: one step that may be repeated after any crash.

        A sealed agreement is returned as it is. `within` runs in the transaction that closes it (to move the room on).
        Raises AgreementMissing, SignaturesMissing, WrongStatus; TextChanged where it was changed meanwhile.
        """
        found, strokes, receipt = await self._db.read(lambda tx: self._ready(tx, case_id))
        if found.status == "sealed":
            return found
        at = self._clock.now()
        pdf = await asyncio.to_thread(
            press, found, _form(found), strokes, receipt, at, fonts=self._fonts, authority=self._authority
        )
        blob = await self._blobs.put(pdf, kind="agreement")
        sealed = Sealed(blob=blob.id, sha256=sha256(pdf).hexdigest(), at=at)
        try:
            closed = await self._db.transact(lambda tx: self._close(tx, found, sealed, actor, within))
        except HeshiError:
            # Only a refusal is certain not to have committed; after anything else the file may be the sealed one.
            await self._blobs.delete(blob.id)
            raise
        if closed.sealed != sealed:
            await self._blobs.delete(blob.id)
        return closed

    async def pdf(self, agreement: Agreement) -> bytes:
        """The sealed file. Raises WrongStatus before sealing, SealBrokenError where the stored bytes are others."""
        if agreement.sealed is None:
            raise WrongStatus(agreement.status)
        data = await self._blobs.get(agreement.sealed.blob)
        if sha256(data).hexdigest() != agreement.sealed.sha256:
            raise SealBrokenError("stored file")
        return data

    async def _ready(self, tx: Transaction, case_id: str) -> tuple[Agreement, Mapping[str, Any], str]:
        agreement = (await self._store.load(tx, case_id)).agreement
        if agreement.status == "sealed":
            return agreement, {}, ""
        rules.ready(agreement)
        receipt = await self._timeline.receipt(tx, case_id, number=agreement.draft.number)
        return agreement, await self._store.strokes(tx, case_id), receipt.to_text()

    async def _close(
        self, tx: Transaction, printed: Agreement, sealed: Sealed, actor: str, within: Within | None
    ) -> Agreement:
        held = await self._store.load(tx, printed.case_id)
        if held.agreement.status == "sealed":
            return held.agreement
        if held.agreement.lock != printed.lock:
            raise TextChanged
        agreement = rules.seal(held.agreement, sealed, printed.signatures)
        await self._store.save(tx, agreement, held.revision, self._clock.now())
        await self._note(tx, agreement, "sealed", actor, {"sha256": sealed.sha256, "blob": sealed.blob})
        if within is not None:
            await within(tx, agreement)
        return agreement

    async def _act(
        self,
        tx: Transaction,
        case_id: str,
        act: str,
        actor: str,
        change: Callable[[Agreement], Agreement],
        payload: Mapping[str, JSON] | None = None,
        *,
        subject: str | None = None,
    ) -> Agreement:
        held = await self._store.load(tx, case_id)
        agreement = change(held.agreement)
        await self._store.save(tx, agreement, held.revision, self._clock.now())
        await self._note(tx, agreement, act, actor, payload or {}, subject=subject)
        return agreement

    async def _note(
        self,
        tx: Transaction,
        agreement: Agreement,
        act: str,
        actor: str,
        payload: Mapping[str, JSON],
        *,
        subject: str | None = None,
    ) -> None:
        body: dict[str, JSON] = {"version": agreement.draft.version, **payload}
        if agreement.lock is not None:
            body["lock"] = agreement.lock.hash
        name = f"agreement.{act}"
        await self._timeline.append(tx, agreement.case_id, act=name, actor=actor, payload=body, subject=subject)


def _form(agreement: Agreement) -> Template:
    return load_template(agreement.draft.template)
