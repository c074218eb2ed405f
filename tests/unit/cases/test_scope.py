"""Role by role, organ by organ: who sees what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.model import Officer, Organ, Role
from cases.scope import Scope, subtree

TREE = (
    Organ("city", None, "市局", "bureau"),
    Organ("east", "city", "东区分局", "bureau"),
    Organ("east1", "east", "东一所", "station"),
    Organ("east2", "east", "东二所", "station"),
    Organ("west", "city", "西区分局", "bureau"),
)
EVERYTHING = {"city", "east", "east1", "east2", "west"}


def person(role: Role, organ: str, *, disabled: bool = False) -> Officer:
    return Officer("officer_1", organ, "u", "名", "民警", role, disabled, False)


CELLS: list[tuple[Role, str, set[str], set[str]]] = [
    ("officer", "city", {"city"}, set()),
    ("officer", "east", {"east"}, set()),
    ("officer", "east1", {"east1"}, set()),
    ("officer", "gone", set(), set()),
    ("supervisor", "city", EVERYTHING, set()),
    ("supervisor", "east", {"east", "east1", "east2"}, set()),
    ("supervisor", "east1", {"east1"}, set()),
    ("supervisor", "gone", set(), set()),
    ("administrator", "city", set(), EVERYTHING),
    ("administrator", "east", set(), {"east", "east1", "east2"}),
    ("administrator", "east2", set(), {"east2"}),
    ("administrator", "gone", set(), set()),
]


@pytest.mark.parametrize(("role", "organ", "sees", "manages"), CELLS)
def test_each_role_in_each_place(role: Role, organ: str, sees: set[str], manages: set[str]) -> None:
    scope = Scope.of(person(role, organ), TREE)
    assert (set(scope.organ_ids), set(scope.manages)) == (sees, manages)
    disabled = Scope.of(person(role, organ, disabled=True), TREE)
    assert not disabled.organ_ids | disabled.manages


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10), st.integers(0, 9))
def test_a_walk_over_any_graph_ends_and_is_closed(parents: list[int], root: int) -> None:
    organs = [Organ(str(i), str(parent), "", "") for i, parent in enumerate(parents)]
    found = subtree(organs, str(root))
    assert str(root) in found
    assert found == {str(root)} | {o.id for o in organs if o.parent_id in found}
