"""What an agreement is: a draft, its lock, the signatures on it, and the seal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["draft", "locked", "declined", "sealed"]
Role = Literal[
    "party", "guardian", "proxy", "lawyer", "witness", "interpreter", "community_worker", "insurer", "mediator"
]


@dataclass(frozen=True)
class PartyCopy:
    """A party as printed. Copied from the case at the start: a later change of the record alters no text."""

    id: str
    side: str
    name: str
    name_substitute: str = ""
    id_type: str = ""
    id_number: str = ""
    phone: str = ""
    address: str = ""
    gender: str = ""
    birth_date: str = ""
    workplace: str = ""
    private_contact: bool = False


@dataclass(frozen=True)
class Attendee:
    """Someone else present (witness, guardian, proxy …); `signs` makes their signature a required one."""

    person: str
    name: str
    role: Role
    side: str = ""
    signs: bool = False


@dataclass(frozen=True)
class Term:
    """One obligation: who owes whom what, by when, in which way.

    `debtor` and `creditor` are party ids; `amount_fen` is in 1/100 yuan, None where the obligation is an act (an
    apology, a repair) and not a payment; `due` is a date "YYYY-MM-DD".
    """

    id: str
    debtor: str
    creditor: str
    what: str
    amount_fen: int | None = None
    way: str = ""
    due: str = ""
    place: str = ""


@dataclass(frozen=True)
class Clause:
    """A clause in free words, printed after the terms."""

    id: str
    text: str


@dataclass(frozen=True)
class Draft:
    """The text being agreed. `fields` holds the template's typed fields by id, each as text."""

    version: int
    template: str
    organ: str
    number: str
    mediator: Attendee
    fields: Mapping[str, str]
    parties: tuple[PartyCopy, ...]
    others: tuple[Attendee, ...] = ()
    terms: tuple[Term, ...] = ()
    clauses: tuple[Clause, ...] = ()
    copies: int = 3


@dataclass(frozen=True)
class Signer:
    person: str
    name: str
    role: Role
    side: str = ""


@dataclass(frozen=True)
class Lock:
    """The frozen text: `hash` is the SHA-256 (hex) of `rules.agreed_text`, `code` its reading-out form."""

    hash: str
    at: str
    code: str


@dataclass(frozen=True)
class Signature:
    """One person's signature on one locked text; `strokes` refers to the encrypted handwriting."""

    person: str
    at: str
    lock_hash: str
    strokes: str


@dataclass(frozen=True)
class Refusal:
    person: str
    at: str
    reason: str
    lock_hash: str


@dataclass(frozen=True)
class Sealed:
    """The finished PDF: where it is kept, the SHA-256 (hex) of its bytes, when it was sealed."""

    blob: str
    sha256: str
    at: str


@dataclass(frozen=True)
class Agreement:
    """The agreement of one case. `past` holds earlier drafts, newest last, for undo."""

    case_id: str
    room_id: str
    organ_id: str
    status: Status
    draft: Draft
    lock: Lock | None = None
    required: tuple[Signer, ...] = ()
    signatures: tuple[Signature, ...] = ()
    declined: tuple[Refusal, ...] = ()
    sealed: Sealed | None = None
    past: tuple[Draft, ...] = field(default=())
