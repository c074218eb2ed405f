from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.canonical import NotCanonical, canonical, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def test_known_bytes() -> None:
    assert (
        canonical({"b": [1, True, None], "a": "张㛃", "é": "e\u0301"})
        == '{"a":"张㛃","b":[1,true,null],"é":"é"}'.encode()
    )


@given(VALUES)
def test_parsing_gives_back_one_form(value: object) -> None:
    try:
        data = canonical(value)
    except NotCanonical:
        return  # two keys of the drawn value are one in NFC
    assert canonical(parse(data)) == data


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(), max_size=6))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"x", {1: 2}, {"é": 1, "e\u0301": 2}, "\ud800", {"a": {1, 2}}], ids=repr
)
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a": 1}', b'"\\u0041"', b"1.0", b"NaN", b"\xff", b"[" * 99999],
)
def test_other_spellings_are_not_read(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(data)


def test_an_article_survives() -> None:
    assert json.loads(canonical({"article": "第一百〇八条"})) == {"article": "第一百〇八条"}
