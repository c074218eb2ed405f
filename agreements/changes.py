"""One typed edit applied to a draft: pure, and the only place that knows how each kind changes the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from . import edits
from .checks import parse_date
from .errors import BadEdit
from .model import Attendee, Clause, Draft, Term
from .template import Template

MAX_TERMS = 50
_Item = TypeVar("_Item", Term, Clause)


def apply_edit(draft: Draft, change: edits.Edit, template: Template) -> Draft:
    """The draft after the edit (version unchanged). Raises BadEdit where something named is not there."""
    return _APPLY[type(change)](draft, change, template)


def _set_field(draft: Draft, change: edits.SetField, template: Template) -> Draft:
    wanted = template.field(change.field)
    if change.field == "number":
        if "\n" in change.value or len(change.value) > 60:
            raise BadEdit("number")
        return replace(draft, number=change.value)
    if wanted is None:
        raise BadEdit(f"no field {change.field}")
    if wanted.kind != "text" and ("\n" in change.value or len(change.value) > 200):
        raise BadEdit(f"{change.field} takes one line")
    if wanted.kind == "date" and change.value and parse_date(change.value) is None:
        raise BadEdit(f"{change.field} takes a date")
    return replace(draft, fields={**draft.fields, change.field: change.value})


def _set_copies(draft: Draft, change: edits.SetCopies, _: Template) -> Draft:
    return replace(draft, copies=change.copies)


def _set_others(draft: Draft, change: edits.SetOthers, _: Template) -> Draft:
    people = [draft.mediator.person, *(party.id for party in draft.parties), *(other.person for other in change.others)]
    if len(set(people)) != len(people) or any(other.role in ("mediator", "party") for other in change.others):
        raise BadEdit("others")
    return replace(draft, others=tuple(Attendee(**other.model_dump()) for other in change.others))


def _add_term(draft: Draft, change: edits.AddTerm, _: Template) -> Draft:
    _room_for(draft.terms)
    return replace(draft, terms=(*draft.terms, Term(id=_fresh("t", draft), **change.term.model_dump())))


def _change_term(draft: Draft, change: edits.ChangeTerm, _: Template) -> Draft:
    term = Term(id=change.id, **change.term.model_dump())
    return replace(draft, terms=_swap(draft.terms, term))


def _remove_term(draft: Draft, change: edits.RemoveTerm, _: Template) -> Draft:
    return replace(draft, terms=_without(draft.terms, change.id))


def _move_term(draft: Draft, change: edits.MoveTerm, _: Template) -> Draft:
    moved = next((term for term in draft.terms if term.id == change.id), None)
    if moved is None or change.to >= len(draft.terms):
        raise BadEdit(change.id)
    rest = list(_without(draft.terms, change.id))
    rest.insert(change.to, moved)
    return replace(draft, terms=tuple(rest))


def _add_clause(draft: Draft, change: edits.AddClause, _: Template) -> Draft:
    _room_for(draft.clauses)
    return replace(draft, clauses=(*draft.clauses, Clause(id=_fresh("c", draft), text=change.text)))


def _change_clause(draft: Draft, change: edits.ChangeClause, _: Template) -> Draft:
    return replace(draft, clauses=_swap(draft.clauses, Clause(id=change.id, text=change.text)))


def _remove_clause(draft: Draft, change: edits.RemoveClause, _: Template) -> Draft:
    return replace(draft, clauses=_without(draft.clauses, change.id))


def _set_clauses(draft: Draft, change: edits.SetClauses, _: Template) -> Draft:
    stem = _fresh("c", draft)
    clauses = tuple(Clause(id=f"{stem}.{number}", text=text) for number, text in enumerate(change.clauses))
    return replace(draft, clauses=clauses)


def _fresh(prefix: str, draft: Draft) -> str:
    # The version rises with every edit, so an id is never used twice, not even after an undo.
    return f"{prefix}{draft.version}"


def _room_for(items: tuple[Any, ...]) -> None:
    if len(items) >= MAX_TERMS:
        raise BadEdit("too many")


def _swap(items: tuple[_Item, ...], new: _Item) -> tuple[_Item, ...]:
    if all(item.id != new.id for item in items):
        raise BadEdit(new.id)
    return tuple(new if item.id == new.id else item for item in items)


def _without(items: tuple[_Item, ...], name: str) -> tuple[_Item, ...]:
    left = tuple(item for item in items if item.id != name)
    if len(left) == len(items):
        raise BadEdit(name)
    return left


_APPLY: dict[type[Any], Callable[[Draft, Any, Template], Draft]] = {
    edits.SetField: _set_field,
    edits.SetCopies: _set_copies,
    edits.SetOthers: _set_others,
    edits.AddTerm: _add_term,
    edits.ChangeTerm: _change_term,
    edits.RemoveTerm: _remove_term,
    edits.MoveTerm: _move_term,
    edits.AddClause: _add_clause,
    edits.ChangeClause: _change_clause,
    edits.RemoveClause: _remove_clause,
    edits.SetClauses: _set_clauses,
}
