"""What may be done to a draft, as typed commands (the protocol of the browser uses these same models)."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from .model import Role

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _clean(value: str) -> str:
    """NFC, trimmed; control characters, direction marks, surrogates and private-use characters are refused."""
    value = unicodedata.normalize("NFC", value).strip()
    for character in value:
        if character == "\n":
            continue
        if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Co"}:
            raise ValueError("a character that cannot be printed")
    return value


def _single(value: str) -> str:
    if "\n" in value:
        raise ValueError("one line only")
    return value


Text = Annotated[str, AfterValidator(_clean), Field(max_length=4000)]
Line = Annotated[str, AfterValidator(_clean), AfterValidator(_single), Field(max_length=200)]
Ident = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Fen = Annotated[int, Field(ge=0, le=10**13, strict=True)]
Date = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermBody(_Edit):
    """The words of an obligation; see `model.Term`."""

    debtor: Ident
    creditor: Ident
    what: Line
    amount_fen: Fen | None = None
    way: Line = ""
    due: Date = ""
    place: Line = ""


class Other(_Edit):
    person: Ident
    name: Annotated[Line, Field(min_length=1, max_length=50)]
    role: Role
    side: Literal["", "A", "B"] = ""
    signs: bool = False


class SetField(_Edit):
    kind: Literal["set_field"]
    field: Ident
    value: Text


class SetCopies(_Edit):
    kind: Literal["set_copies"]
    copies: Annotated[int, Field(ge=1, le=20, strict=True)]


class SetOthers(_Edit):
    kind: Literal["set_others"]
    others: Annotated[tuple[Other, ...], Field(max_length=20)]


class AddTerm(_Edit):
    kind: Literal["add_term"]
    term: TermBody


class ChangeTerm(_Edit):
    kind: Literal["change_term"]
    id: Ident
    term: TermBody


class RemoveTerm(_Edit):
    kind: Literal["remove_term"]
    id: Ident


class MoveTerm(_Edit):
    """Puts a term at index `to` (from 0)."""

    kind: Literal["move_term"]
    id: Ident
    to: Annotated[int, Field(ge=0, le=99, strict=True)]


class AddClause(_Edit):
    kind: Literal["add_clause"]
    text: Text


class ChangeClause(_Edit):
    kind: Literal["change_clause"]
    id: Ident
    text: Text


class RemoveClause(_Edit):
    kind: Literal["remove_clause"]
    id: Ident


class SetClauses(_Edit):
    """Replaces all free clauses."""

    kind: Literal["set_clauses"]
    clauses: Annotated[tuple[Text, ...], Field(max_length=50)]


class Undo(_Edit):
    """Takes back the last change of the draft."""

    kind: Literal["undo"]


Edit = Annotated[
    SetField
    | SetCopies
    | SetOthers
    | AddTerm
    | ChangeTerm
    | RemoveTerm
    | MoveTerm
    | AddClause
    | ChangeClause
    | RemoveClause
    | SetClauses
    | Undo,
    Field(discriminator="kind"),
]

EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
