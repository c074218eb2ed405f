"""The life of an agreement as pure transitions: old value in, new value out, or a refusal and nothing changed.

draft --lock--> locked --sign × all--> locked, complete --seal--> sealed
locked --any edit, unlock--> draft, with every signature dropped
locked --decline--> declined --reopen--> draft (a new version)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from .changes import apply_edit
from .checks import Unprintable, printed_name, problems
from .edits import Edit, Undo
from .errors import (
    AlreadySigned,
    BadEdit,
    DraftIncomplete,
    NotASigner,
    NothingToUndo,
    NotYourTurn,
    SignaturesMissing,
    TextChanged,
    WrongStatus,
)
from .model import Agreement, Draft, Lock, Refusal, Sealed, Signature, Signer
from .template import Template
from .text import agreed_text, short_code, text_hash

UNDO_DEPTH = 50


def required_signers(draft: Draft) -> tuple[Signer, ...]:
    """All parties, then others who sign, then the mediator (law Art. 184 of the rules: parties and mediator)."""
    people = [Signer(party.id, printed_name(party), "party", party.side) for party in draft.parties]
    people += [Signer(other.person, other.name, other.role, other.side) for other in draft.others if other.signs]
    mediator = draft.mediator
    return (*people, Signer(mediator.person, mediator.name, "mediator", ""))


def start(case_id: str, room_id: str, organ_id: str, draft: Draft) -> Agreement:
    """A fresh agreement around its pre-filled first draft."""
    return Agreement(case_id=case_id, room_id=room_id, organ_id=organ_id, status="draft", draft=draft)


def edit(agreement: Agreement, change: Edit, template: Template) -> Agreement:
    """Applies one edit. Any change after locking drops the lock and all signatures.

    Raises WrongStatus when declined or sealed, BadEdit where the edit does not fit, NothingToUndo.
    """
    _expect(agreement, "draft", "locked")
    past = agreement.past
    if isinstance(change, Undo):
        if not past:
            raise NothingToUndo
        draft, past = past[-1], past[:-1]
    else:
        draft = apply_edit(agreement.draft, change, template)
        past = (*past, agreement.draft)[-UNDO_DEPTH:]
    return _reopened(replace(agreement, past=past), replace(draft, version=agreement.draft.version + 1))


def lock(agreement: Agreement, template: Template, *, at: str, today: date, unprintable: Unprintable) -> Agreement:
    """Freezes the text. Raises DraftIncomplete with every problem, WrongStatus unless a draft."""
    _expect(agreement, "draft")
    found = problems(agreement.draft, template, today, unprintable)
    if found:
        raise DraftIncomplete(found)
    required = required_signers(agreement.draft)
    if len({signer.person for signer in required}) != len(required):
        raise BadEdit("one person twice among the signers")
    digest = text_hash(agreed_text(agreement.case_id, agreement.draft, required, template))
    held = Lock(hash=digest, at=at, code=short_code(digest))
    return replace(agreement, status="locked", lock=held, required=required, signatures=())


def unlock(agreement: Agreement) -> Agreement:
    """Back to drafting; every signature is dropped."""
    _expect(agreement, "locked")
    return _reopened(agreement, agreement.draft)


def may_sign(agreement: Agreement, person: str) -> Signer:
    """The signer entry of a person who may sign now. Raises NotASigner, AlreadySigned, NotYourTurn, WrongStatus."""
    _expect(agreement, "locked")
    signer = next((item for item in agreement.required if item.person == person), None)
    if signer is None:
        raise NotASigner
    signed = {signature.person for signature in agreement.signatures}
    if person in signed:
        raise AlreadySigned
    others = {item.person for item in agreement.required if item.role != "mediator"}
    if signer.role == "mediator" and not others <= signed:
        raise NotYourTurn
    return signer


def sign(agreement: Agreement, person: str, lock_hash: str, strokes: str, *, at: str) -> Agreement:
    """Adds a person's signature on exactly the text they saw. Raises as `may_sign`, and TextChanged."""
    may_sign(agreement, person)
    held = _lock_of(agreement)
    if lock_hash != held.hash:
        raise TextChanged
    signature = Signature(person=person, at=at, lock_hash=held.hash, strokes=strokes)
    return replace(agreement, signatures=(*agreement.signatures, signature))


def decline(agreement: Agreement, person: str, reason: str, *, at: str) -> Agreement:
    """A required signer refuses; signing ends for everyone at once. Raises NotASigner, AlreadySigned, WrongStatus."""
    _expect(agreement, "locked")
    if person not in {signer.person for signer in agreement.required}:
        raise NotASigner
    if person in {signature.person for signature in agreement.signatures}:
        raise AlreadySigned
    refusal = Refusal(person=person, at=at, reason=reason, lock_hash=_lock_of(agreement).hash)
    return replace(agreement, status="declined", declined=(*agreement.declined, refusal), signatures=())


def reopen(agreement: Agreement) -> Agreement:
    """After a refusal the officer goes on with a new version of the draft."""
    _expect(agreement, "declined")
    return _reopened(agreement, replace(agreement.draft, version=agreement.draft.version + 1))


def complete(agreement: Agreement) -> bool:
    """Whether every required person has signed the locked text."""
    if agreement.status != "locked" or agreement.lock is None:
        return False
    signed = {item.person for item in agreement.signatures if item.lock_hash == agreement.lock.hash}
    return bool(agreement.required) and {signer.person for signer in agreement.required} == signed


def ready(agreement: Agreement) -> None:
    """Whether it may be sealed now. Raises WrongStatus unless locked, SignaturesMissing."""
    _expect(agreement, "locked")
    if not complete(agreement):
        raise SignaturesMissing


def seal(agreement: Agreement, sealed: Sealed, signatures: Sequence[Signature]) -> Agreement:
    """Closes the agreement over exactly `signatures`, those printed in the sealed file.

    Raises as `ready`, and TextChanged where the signatures are no longer the same.
    """
    ready(agreement)
    if tuple(signatures) != agreement.signatures:
        raise TextChanged
    return replace(agreement, status="sealed", sealed=sealed, past=())


def _expect(agreement: Agreement, *allowed: str) -> None:
    if agreement.status not in allowed:
        raise WrongStatus(agreement.status)


def _lock_of(agreement: Agreement) -> Lock:
    if agreement.lock is None:
        raise WrongStatus(agreement.status)
    return agreement.lock


def _reopened(agreement: Agreement, draft: Draft) -> Agreement:
    return replace(agreement, status="draft", draft=draft, lock=None, required=(), signatures=())
