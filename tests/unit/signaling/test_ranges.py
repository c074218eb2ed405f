"""Byte ranges (RFC 9110, section 14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.http.ranges import wanted as _wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        (" bytes=10-19 ", (10, 20)),
        ("bytes=10-500", (10, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=1 - 2", None),
        ("bytes=٣-", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("bytes=-" + "9" * 5000, None),
        ("", None),
    ],
)
def test_one_range(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert _wanted(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_nothing_of_an_empty_file(header: str) -> None:
    assert _wanted(header, 0) is None


@given(st.one_of(st.text(), st.from_regex(r"bytes=\d*-\d*")), st.integers(0, 10**12))
def test_never_outside_the_file(header: str, size: int) -> None:
    wanted = _wanted(header, size)
    assert wanted is None or 0 <= wanted[0] < wanted[1] <= size


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_what_was_asked_for(first: int, last: int, size: int) -> None:
    expected = (first, min(last + 1, size)) if first <= last and first < size else None
    assert _wanted(f"bytes={first}-{last}", size) == expected
