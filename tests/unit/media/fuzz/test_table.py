"""Nonsense from signaling: a table is obeyed or refused by name, and a refused one changes nothing."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import TableMalformed
from media.forwarding import Forwarding
from media.lean import Lean
from tests.unit.media.fuzz.datagrams import examples

GOOD: dict[str, Any] = {"room": "r", "revision": 1, "epoch": 1, "lease_s": 30, "rows": [], "record": []}
_NAMES = [
    "to",
    "slot",
    "from",
    "audio",
    "video",
    "source",
    "endpoint",
    "segment",
    "key",
    "seats",
    "screen",
    "room",
    "x",
]

_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=examples(60))
@given(st.dictionaries(st.sampled_from([*GOOD, "x"]), anything, max_size=6), anything)
def test_any_table_is_obeyed_or_refused(changes: dict[str, Any], other: Any) -> None:
    for table in ({**GOOD, **changes}, other, {**GOOD, "rows": [other]}, {**GOOD, "record": [other]}):
        core = Forwarding(Lean(), None, lambda room, tap: None, lambda event: None, 0.0)
        accepted = False
        with contextlib.suppress(TableMalformed):
            accepted = core.apply(table, 0.0).accepted
        assert bool(core.rooms) == accepted
        assert core.apply({**GOOD, "room": "another"}, 0.0).accepted
