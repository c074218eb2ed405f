"""No forbidden line start or end, nothing lost, nothing outside the measure."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.linebreak import HALF, NO_END, NO_START, break_lines, may_break

TEXT = st.text(alphabet="甲乙方支付的一二，。、；：？！（）《》“”‘’「」…—·12345678.,ABCabc%¥元年月日 𬭎", max_size=200)


def measure(character: str) -> float:
    if character in "…—":
        return 0.9
    return 1.0 if ord(character) > 0x2000 else 0.5


@given(TEXT, st.integers(6, 40), st.sampled_from([0, 2]))
def test_nothing_is_lost_and_nothing_sticks_out(text: str, width: int, indent: int) -> None:
    lines = break_lines(text, width, measure, indent=indent)
    assert "".join(line.text for line in lines).replace(" ", "") == text.replace(" ", "")
    for number, line in enumerate(lines):
        left = indent if number == 0 else 0
        assert left + line.width <= width + HALF + 1e-6
        xs = [glyph.x for glyph in line.glyphs]
        assert xs == sorted(xs)


@given(TEXT, st.integers(12, 40))
def test_lines_end_only_where_they_may(text: str, width: int) -> None:
    position = 0
    for line in break_lines(text, width, measure, justify=False)[:-1]:
        position = text.index(line.text, position) + len(line.text)
        if text[position] == " ":
            continue
        # A unit longer than the whole line has to be cut somewhere; nothing else may be.
        assert may_break(text[position - 1], text[position]) or _one_unit(line.text)


def _one_unit(line: str) -> bool:
    return not any(may_break(first, second) for first, second in pairwise(line))


@pytest.mark.parametrize("mark", sorted(NO_START - set("/-%")))
def test_no_line_starts_with(mark: str) -> None:
    for offset in range(12):
        lines = break_lines("甲" * (10 + offset) + mark + "乙" * 10, 12, measure)
        assert all(line.text[0] != mark for line in lines)


@pytest.mark.parametrize("mark", sorted(NO_END))
def test_no_line_ends_with(mark: str) -> None:
    for offset in range(12):
        lines = break_lines("甲" * (10 + offset) + mark + "乙" * 10, 12, measure)
        assert all(line.text[-1] != mark for line in lines)


def test_numbers_stay_whole_with_their_unit() -> None:
    for width in range(10, 30):
        lines = [line.text for line in break_lines("甲方应于2026年12月31日前支付1,200.50元给乙方", width, measure)]
        for number in ("2026年", "12月", "31日", "1,200.50元"):
            assert any(number in line for line in lines)


def test_full_lines_are_justified() -> None:
    lines = break_lines("一二三四五六七，（八九十）" * 6, 10.3, measure)
    for line in lines[:-1]:
        last = line.glyphs[-1]
        end = last.x + measure(last.character) - (HALF if last.character in "，）" else 0)
        assert end == pytest.approx(10.3)


def test_two_marks_share_one_blank() -> None:
    (line,) = break_lines("甲）。乙", 20, measure)
    assert [glyph.x for glyph in line.glyphs] == [0, 1, 1.5, 2.5]


def test_too_narrow() -> None:
    with pytest.raises(ValueError, match="narrow"):
        break_lines("甲", 2.5, measure, indent=2)
