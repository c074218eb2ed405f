"""What keeps a draft from being locked: pure, complete (every problem at once), and in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from .errors import Problem
from .model import Draft, PartyCopy, Term
from .template import Template

Unprintable = Callable[[str], list[str]]


def parse_date(text: str) -> date | None:
    """`YYYY-MM-DD` as a date, or None where it is not one."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def printed_name(party: PartyCopy) -> str:
    """The name as the document prints it: the recorded substitute, if there is one."""
    return party.name_substitute or party.name


def problems(draft: Draft, template: Template, today: date, unprintable: Unprintable) -> list[Problem]:
    """Every reason against locking, in reading order. `today` is the station's date; `unprintable` lists characters
    that no font has."""
    found = [*_fields(draft, template), *_people(draft), *_terms(draft, today)]
    return found + [problem for path, text in texts(draft) for problem in _glyphs(path, text, unprintable)]


def texts(draft: Draft) -> Iterator[tuple[str, str]]:
    """Every text of the draft that will be printed, with its path."""
    yield from (("organ", draft.organ), ("number", draft.number), ("mediator.name", draft.mediator.name))
    for name in sorted(draft.fields):
        yield f"fields.{name}", draft.fields[name]
    for party in draft.parties:
        yield f"parties.{party.id}.name", printed_name(party)
        yield f"parties.{party.id}.contact", party.address + party.phone + party.workplace + party.id_number
    for other in draft.others:
        yield f"others.{other.person}.name", other.name
    for term in draft.terms:
        yield f"terms.{term.id}", term.what + term.way + term.place
    for clause in draft.clauses:
        yield f"clauses.{clause.id}", clause.text


def _fields(draft: Draft, template: Template) -> Iterator[Problem]:
    if not draft.number.strip():
        yield Problem("number", "请填写文号。", "Fill in the document number.")
    for item in template.fields:
        value = draft.fields.get(item.id, "").strip()
        if item.required and not value:
            yield Problem(f"fields.{item.id}", f"请填写“{item.zh}”。", f"Fill in “{item.en}”.")
        elif value and item.kind == "date" and parse_date(value) is None:
            yield Problem(f"fields.{item.id}", f"“{item.zh}”不是有效日期。", f"“{item.en}” is not a date.")


def _people(draft: Draft) -> Iterator[Problem]:
    sides = {party.side for party in draft.parties}
    for side, zh in (("A", "甲方"), ("B", "乙方")):
        if side not in sides:
            yield Problem("parties", f"缺少{zh}当事人。", f"There is no party on side {side}.")
    for party in draft.parties:
        if not party.name.strip():
            yield Problem(f"parties.{party.id}.name", "当事人姓名为空。", "A party has no name.")


def _terms(draft: Draft, today: date) -> Iterator[Problem]:
    if not draft.terms and not any(clause.text.strip() for clause in draft.clauses):
        yield Problem("terms", "协议至少要有一项内容。", "The agreement needs at least one term.")
    known = {party.id for party in draft.parties}
    for term in draft.terms:
        yield from _term(term, known, today)
    for clause in draft.clauses:
        if not clause.text.strip():
            yield Problem(f"clauses.{clause.id}", "有一条约定没有内容。", "A clause is empty.")


def _term(term: Term, known: set[str], today: date) -> Iterator[Problem]:
    path = f"terms.{term.id}"
    if term.debtor not in known:
        yield Problem(f"{path}.debtor", "请选择由谁履行。", "Choose who performs.")
    if term.creditor not in known:
        yield Problem(f"{path}.creditor", "请选择向谁履行。", "Choose to whom it is performed.")
    if term.debtor == term.creditor:
        yield Problem(f"{path}.creditor", "履行人和接受人不能是同一人。", "The two persons must be different.")
    if not term.what.strip():
        yield Problem(f"{path}.what", "请填写履行的内容。", "Say what is to be performed.")
    if term.amount_fen is not None and term.amount_fen <= 0:
        yield Problem(f"{path}.amount_fen", "金额应当大于零。", "The amount must be above zero.")
    if not term.way.strip():
        yield Problem(f"{path}.way", "请填写履行方式。", "Say in which way it is performed.")
    due = parse_date(term.due)
    if due is None:
        yield Problem(f"{path}.due", "请填写履行期限。", "Fill in the date by which it is performed.")
    elif due < today:
        yield Problem(f"{path}.due", "履行期限不能早于今天。", "The date of performance lies in the past.")


def _glyphs(path: str, text: str, unprintable: Unprintable) -> Iterator[Problem]:
    for character in unprintable(text):
        yield Problem(
            path,
            f"“{character}”字无法印出，请登记替代写法。",
            f"“{character}” (U+{ord(character):04X}) cannot be printed; record a substitute.",
        )
