"""Names and other text: what may stand in a record."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.case_number import clean_case_number
from cases.rules.errors import BadCaseNumber, BadName, BadText
from cases.rules.names import clean_name
from cases.rules.text import clean_text, readable


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "㛃",
        "䶮",
        "𬭎",
        "𠮷田",
        "王\U00031350",  # extension H, unassigned in Python 3.11
        "李\U0002ebf0",  # extension I
        "古丽努尔·买买提",
        "欧阳锋",
        "Nguyễn Văn A",
        "O'Brien-Smith",
        "Мария",
        "张" * 50,
    ],
)
def test_real_names_are_kept(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "　",
        "张" * 51,
        "张" * 500,
        "张\x00三",
        "张\n三",
        "张\t三",
        "\u202e张三",
        "张\u200e三",
        "张\u2067三\u2069",
        "张\u061c三",
        "张\u200b三",
        "张\u200d三",
        "张\ufeff三",
        "张\u2028三",
        "张\ue000",
        "张\U000f0000",
        "张\ud800",
        "张\u3164",
        "张\ufe00",
        "张\U000e0100",
        "张\U0002ffff",
        "张\u0378",
        "123",
        "···",
    ],
)
def test_unreadable_names_are_refused(name: str) -> None:
    with pytest.raises(BadName):
        clean_name(name)


def test_look_alike_dots_become_the_middle_dot() -> None:
    assert clean_name(" 阿不都•买买提\u3000") == "阿不都·买买提"
    assert clean_name("阿不都・买买提") == "阿不都·买买提"


def test_names_are_composed() -> None:
    assert clean_name("Rene\u0301") == "René"


@given(st.text(max_size=80))
def test_a_cleaned_name_is_stable_short_and_readable(text: str) -> None:
    try:
        name = clean_name(text)
    except BadName:
        return
    assert clean_name(name) == name
    assert 1 <= len(name) <= 50
    assert name == name.strip() == unicodedata.normalize("NFC", name)
    assert all(readable(c) for c in name)


@given(
    st.text(alphabet="张王李𠮷㛃", max_size=20),
    st.sampled_from("\x00\x1f\x7f\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ue123"),
    st.text(alphabet="张王李𠮷㛃", min_size=1, max_size=20),
)
def test_no_control_or_direction_mark_inside_a_name(head: str, mark: str, tail: str) -> None:
    with pytest.raises(BadName):
        clean_name("张" + head + mark + tail)


def test_text_keeps_lines_only_where_lines_are_meant() -> None:
    assert clean_text(" 一\r\n二 ", limit=10, lines=True) == "一\n二"
    with pytest.raises(BadText):
        clean_text("一\n二", limit=10)
    with pytest.raises(BadText):
        clean_text("", limit=10, empty=False)
    with pytest.raises(BadText):
        clean_text("一" * 11, limit=10)
    with pytest.raises(BadText):
        clean_text("一\r二", limit=10, lines=True)
    assert clean_text("", limit=10) == ""


@given(st.text(max_size=60), st.booleans())
def test_cleaned_text_is_stable(text: str, lines: bool) -> None:
    try:
        cleaned = clean_text(text, limit=40, lines=lines)
    except BadText:
        return
    assert clean_text(cleaned, limit=40, lines=lines) == cleaned
    assert len(cleaned) <= 40


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("海公(治)调字[2026]1号", "海公（治）调字〔2026〕1号"),
        ("海公（治）调字〔２０２６〕１号", "海公（治）调字〔2026〕1号"),
        (" ZA-2026-0001 ", "ZA-2026-0001"),
    ],
)
def test_case_numbers_in_one_spelling(typed: str, kept: str) -> None:
    assert clean_case_number(typed) == kept


@pytest.mark.parametrize("typed", ["", "无数字", "A 1", "A\u202e1", "A\n1", "1" * 41, "<1>", "1?", "1\ue000"])
def test_bad_case_numbers(typed: str) -> None:
    with pytest.raises(BadCaseNumber):
        clean_case_number(typed)


@given(st.text(max_size=60))
def test_a_cleaned_case_number_is_stable(text: str) -> None:
    try:
        number = clean_case_number(text)
    except BadCaseNumber:
        return
    assert clean_case_number(number) == number
    assert len(number) <= 40
