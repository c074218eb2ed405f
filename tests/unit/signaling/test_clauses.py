"""From the clauses as they stand to the list that is wanted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from agreements import Agreement
from agreements.edits import AddClause, ChangeClause, RemoveClause
from signaling.live.agreements import _clause_changes

TEXTS = st.lists(st.sampled_from(["甲", "乙", "丙", "丁"]), max_size=8)


def _agreement(texts: list[str]) -> Agreement:
    clauses = [SimpleNamespace(id=str(number), text=text) for number, text in enumerate(texts)]
    return cast(Agreement, SimpleNamespace(draft=SimpleNamespace(clauses=clauses)))


@given(TEXTS, TEXTS)
def test_the_edits_lead_to_what_is_wanted(have: list[str], wanted: list[str]) -> None:
    clauses: dict[str, str] = {str(number): text for number, text in enumerate(have)}
    for edit in cast(list[Any], _clause_changes(_agreement(have), wanted)):
        match edit:
            case ChangeClause():
                assert clauses[edit.id] != edit.text
                clauses[edit.id] = edit.text
            case RemoveClause():
                del clauses[edit.id]
            case AddClause():
                clauses[f"new{len(clauses)}"] = edit.text
            case _:
                raise AssertionError(edit)
    assert list(clauses.values()) == wanted


@given(TEXTS)
def test_nothing_to_do_is_no_edit(have: list[str]) -> None:
    assert _clause_changes(_agreement(have), have) == []
