"""The agreement as each seat sees it, and what may be done with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signaling.messages.base import Id, Line, Message, Paragraph, Role, Side, Time

Fen = Annotated[int, Field(ge=1, le=10_000_000_000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class TermView(Message):
    """One obligation: who pays (or does) what for whom, by when."""

    id: Id
    debtor: Id
    creditor: Id
    what: str
    amount_fen: int | None
    amount_words: str | None = Field(description="the amount in Chinese capitals")
    way: str
    due: str | None
    place: str


class SignerView(Message):
    """A person whose signature the agreement needs."""

    person: Id
    name: str
    role: Role
    side: Side | None
    status: Literal["waiting", "signed", "declined"]
    at: Time | None
    you: bool


class PartyChoice(Message):
    """A party as debtor or creditor of a term."""

    person: Id
    name: str
    side: Side


class ProblemView(Message):
    """What keeps the draft from being locked."""

    field: str
    zh: str
    en: str


class DocumentField(Message):
    """A labelled field of the form."""

    id: str
    zh: str
    en: str
    value: str


class DocumentParty(Message):
    """A party as printed; others' numbers masked."""

    label: str
    person: Id
    name: str
    gender: str
    id_type: str
    id_number: str
    birth_date: str
    workplace: str
    phone: str
    address: str


class DocumentView(Message):
    """The whole text as the page will print it, to be read before signing."""

    title: str
    number: str
    organ: str
    mediator: str
    fields: list[DocumentField]
    parties: list[DocumentParty]
    others: list[str]
    preamble: str
    terms: list[str]
    clauses: list[str]
    effect: list[str]
    notices: list[str]


class AgreementView(Message):
    """The agreement, as every admitted seat sees it."""

    status: Literal["draft", "locked", "declined", "sealed"]
    version: int
    title: str
    facts: str
    terms: list[TermView]
    clauses: list[str]
    parties: list[PartyChoice]
    problems: list[ProblemView]
    can_undo: bool
    lock_hash: str | None
    lock_code: str | None
    signers: list[SignerView]
    declined_reason: str | None
    sealed_at: Time | None
    document: DocumentView | None = Field(description="the whole text, from the lock on")


class EditFacts(Message):
    """Replace the statement of facts."""

    kind: Literal["facts"]
    facts: Paragraph


class EditTerm(Message):
    """Add a term, or replace the one with this id."""

    kind: Literal["term"]
    id: Id | None = None
    debtor: Id
    creditor: Id
    what: Line
    amount_fen: Fen | None = None
    way: Annotated[str, StringConstraints(max_length=200)] = ""
    due: Day | None = None
    place: Annotated[str, StringConstraints(max_length=200)] = ""


class RemoveTerm(Message):
    """Take a term out."""

    kind: Literal["remove_term"]
    id: Id


class EditClauses(Message):
    """Replace the free clauses."""

    kind: Literal["clauses"]
    clauses: Annotated[list[Paragraph], Field(max_length=20)]


class Undo(Message):
    """Take back the last edit."""

    kind: Literal["undo"]


Edit = Annotated[EditFacts | EditTerm | RemoveTerm | EditClauses | Undo, Field(discriminator="kind")]


class AgreementEdit(Message):
    """One edit of the draft, against the version the editor saw."""

    version: int
    edit: Edit


class StrokePoint(Message):
    """A point of a finger stroke: CSS pixels, pressure 0–1, milliseconds."""

    x: Finite
    y: Finite
    pressure: Finite
    time: int


class AgreementSign(Message):
    """Sign the locked text with this hash."""

    lock_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    width: Annotated[float, Field(gt=0, le=5000)]
    height: Annotated[float, Field(gt=0, le=5000)]
    strokes: Annotated[list[Annotated[list[StrokePoint], Field(max_length=3000)]], Field(min_length=1, max_length=200)]


class AgreementDecline(Message):
    """Refuse to sign, with the reason."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class AgreementLock(Message):
    """Freeze the draft with this version."""

    version: int
