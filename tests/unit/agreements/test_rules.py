"""The life of an agreement: what may follow what, and that a changed word drops every signature."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agreements import rules
from agreements.edits import EDIT
from agreements.errors import (
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
from agreements.model import Agreement, Sealed
from agreements.text import short_code
from formats.errors import HeshiError
from tests.unit.agreements import samples

SEALED = Sealed("blob_1", "00" * 32, samples.AT)
WORDS: tuple[dict[str, Any], ...] = (
    {"kind": "set_field", "field": "facts", "value": "别的事实"},
    {"kind": "set_field", "field": "number", "value": "别的文号"},
    {"kind": "set_copies", "copies": 4},
    {"kind": "set_others", "others": []},
    {"kind": "add_clause", "text": "再加一条"},
    {"kind": "change_clause", "id": "c4", "text": "换一条"},
    {"kind": "remove_clause", "id": "c4"},
    {"kind": "set_clauses", "clauses": ["第一条", "第二条"]},
    {"kind": "remove_term", "id": "t1"},
    {"kind": "move_term", "id": "t1", "to": 2},
    {"kind": "change_term", "id": "t2", "term": {**samples.EDITS[1]["term"], "amount_fen": 68001}},
    {"kind": "undo"},
)


def edit(agreement: Agreement, change: dict[str, Any]) -> Agreement:
    return rules.edit(agreement, EDIT.validate_python(change), samples.TEMPLATE)


def lock(agreement: Agreement) -> Agreement:
    return rules.lock(
        agreement, samples.TEMPLATE, at=samples.AT, today=samples.TODAY, unprintable=samples.nothing_missing
    )


def hash_of(agreement: Agreement) -> str:
    assert agreement.lock is not None
    return agreement.lock.hash


@pytest.mark.parametrize("change", WORDS, ids=lambda change: str(change["kind"]))
def test_any_changed_word_drops_all_signatures_and_changes_the_hash(change: dict[str, Any]) -> None:
    before = samples.signed()
    after = edit(before, change)
    assert (after.status, after.lock, after.signatures, after.required) == ("draft", None, (), ())
    assert hash_of(lock(after)) != hash_of(before)


def test_the_whole_way() -> None:
    sealed = rules.seal(samples.signed(), SEALED, samples.signed().signatures)
    assert sealed.status == "sealed"
    for act in (rules.unlock, rules.reopen, lock, lambda item: edit(item, WORDS[0])):
        with pytest.raises(WrongStatus):
            act(sealed)


def test_everyone_required_signs_and_the_mediator_last() -> None:
    agreement = samples.locked()
    assert [signer.person for signer in agreement.required] == ["pty_a", "pty_b", "sea_w", "off_1"]
    with pytest.raises(NotYourTurn):
        rules.sign(agreement, "off_1", hash_of(agreement), "ink", at=samples.AT)
    with pytest.raises(SignaturesMissing):
        rules.seal(agreement, SEALED, ())


def test_signing_refused() -> None:
    agreement = samples.locked()
    with pytest.raises(TextChanged):
        rules.sign(agreement, "pty_a", "0" * 64, "ink", at=samples.AT)
    with pytest.raises(NotASigner):
        rules.sign(agreement, "sea_l", hash_of(agreement), "ink", at=samples.AT)
    once = rules.sign(agreement, "pty_a", hash_of(agreement), "ink", at=samples.AT)
    with pytest.raises(AlreadySigned):
        rules.sign(once, "pty_a", hash_of(agreement), "ink", at=samples.AT)
    with pytest.raises(AlreadySigned):
        rules.decline(once, "pty_a", "", at=samples.AT)
    with pytest.raises(WrongStatus):
        rules.sign(samples.drafted(), "pty_a", hash_of(agreement), "ink", at=samples.AT)


def test_declining_ends_signing_for_all() -> None:
    agreement = rules.sign(samples.locked(), "pty_a", hash_of(samples.locked()), "ink", at=samples.AT)
    declined = rules.decline(agreement, "pty_b", "金额不对", at=samples.AT)
    assert (declined.status, declined.signatures) == ("declined", ())
    with pytest.raises(WrongStatus):
        rules.sign(declined, "sea_w", hash_of(agreement), "ink", at=samples.AT)
    again = rules.reopen(declined)
    assert again.status == "draft"
    assert again.draft.version == declined.draft.version + 1
    assert again.declined == declined.declined
    with pytest.raises(NotASigner):
        rules.decline(samples.locked(), "sea_l", "", at=samples.AT)


def test_undo_goes_back_step_by_step() -> None:
    agreement = samples.drafted()
    for left in (3, 2, 1, 0):
        agreement = edit(agreement, {"kind": "undo"})
        assert len(agreement.draft.terms) + len(agreement.draft.clauses) == left
    with pytest.raises(NothingToUndo):
        edit(agreement, {"kind": "undo"})
    added = edit(agreement, samples.EDITS[0])
    assert added.draft.terms[0].id not in {term.id for term in samples.drafted().draft.terms}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "remove_term", "id": "t9"},
        {"kind": "change_clause", "id": "c9", "text": "无"},
        {"kind": "move_term", "id": "t1", "to": 3},
        {"kind": "set_field", "field": "nothing", "value": "x"},
        {"kind": "set_field", "field": "held_at", "value": "2026-02-30"},
        {"kind": "set_field", "field": "place", "value": "一\n二"},
        {"kind": "set_others", "others": [{"person": "pty_a", "name": "张", "role": "witness"}]},
        {"kind": "set_others", "others": [{"person": "x", "name": "张", "role": "mediator"}]},
    ],
)
def test_edits_that_do_not_fit(change: dict[str, Any]) -> None:
    with pytest.raises(BadEdit):
        edit(samples.drafted(), change)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "unknown"},
        {"kind": "set_field", "field": "facts", "value": "字" * 4001},
        {"kind": "set_field", "field": "facts", "value": "a\u202eb"},
        {"kind": "set_field", "field": "facts", "value": "\ue000"},
        {"kind": "set_field", "field": "facts", "value": "\x07"},
        {"kind": "set_copies", "copies": 0},
        {"kind": "add_term", "term": {"debtor": "a", "creditor": "b", "what": "x", "amount_fen": -1}},
        {"kind": "add_term", "term": {"debtor": "a", "creditor": "b", "what": "x", "amount_fen": 1.5}},
        {"kind": "add_term", "term": {"debtor": "a", "creditor": "b", "what": "x", "due": "tomorrow"}},
        {"kind": "undo", "more": 1},
    ],
)
def test_malformed_edits(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EDIT.validate_python(change)


def test_lock_lists_every_problem_with_its_path() -> None:
    agreement = rules.start("case_1", "room_1", "org_1", samples.draft())
    agreement = edit(agreement, {"kind": "set_field", "field": "facts", "value": ""})
    agreement = edit(agreement, {"kind": "set_field", "field": "number", "value": ""})
    bad = {"debtor": "pty_a", "creditor": "pty_a", "what": "", "amount_fen": 0, "way": "", "due": "2026-11-23"}
    agreement = edit(agreement, {"kind": "add_term", "term": bad})
    term = agreement.draft.terms[0].id
    with pytest.raises(DraftIncomplete) as caught:
        lock(agreement)
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {"number", "fields.facts"} | {
        f"terms.{term}.{name}" for name in ("creditor", "what", "amount_fen", "way", "due")
    }
    assert all(problem.zh and problem.en for problem in caught.value.problems)


def test_lock_refuses_an_agreement_without_terms_and_characters_without_font() -> None:
    empty = rules.start("case_1", "room_1", "org_1", samples.draft())
    with pytest.raises(DraftIncomplete) as caught:
        lock(empty)
    assert [problem.path for problem in caught.value.problems] == ["terms"]
    with pytest.raises(DraftIncomplete) as caught:
        rules.lock(
            samples.drafted(),
            samples.TEMPLATE,
            at=samples.AT,
            today=date(2026, 11, 24),
            unprintable=lambda text: ["𬭎"] if "𬭎" in text else [],
        )
    assert "parties.pty_a.name" in {problem.path for problem in caught.value.problems}


def test_the_short_code_is_of_the_hash() -> None:
    agreement = samples.locked()
    assert agreement.lock is not None
    assert agreement.lock.code == short_code(agreement.lock.hash)
    assert [len(group) for group in agreement.lock.code.split(" ")] == [4] * 6


STEPS = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(["lock", "unlock", "decline", "reopen", "seal"]),
        st.tuples(st.just("sign"), st.sampled_from(["pty_a", "pty_b", "sea_w", "sea_l", "off_1"])),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=150)
def test_random_histories(steps: list[Any]) -> None:
    """Sealed implies all required signatures on the very text locked; no signature survives a change."""
    agreement = samples.drafted()
    for step in steps:
        before = agreement
        try:
            agreement = _apply(agreement, step)
        except HeshiError:
            agreement = before
        if agreement.draft != before.draft:
            assert agreement.signatures == ()
        if agreement.status == "sealed":
            assert agreement.lock is not None
            assert {item.person for item in agreement.signatures} == {item.person for item in agreement.required}
            assert all(item.lock_hash == agreement.lock.hash for item in agreement.signatures)
            assert agreement.signatures[-1].person == "off_1"
        if agreement.status in ("draft", "declined"):
            assert agreement.signatures == ()


def _apply(agreement: Agreement, step: Any) -> Agreement:
    match step:
        case "lock":
            return lock(agreement)
        case "unlock":
            return rules.unlock(agreement)
        case "decline":
            return rules.decline(agreement, "pty_b", "不同意", at=samples.AT)
        case "reopen":
            return rules.reopen(agreement)
        case "seal":
            return rules.seal(agreement, SEALED, agreement.signatures)
        case ("sign", person):
            shown = agreement.lock.hash if agreement.lock else ""
            return rules.sign(agreement, person, shown, "ink", at=samples.AT)
    return edit(agreement, step)
