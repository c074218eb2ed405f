"""Amounts in capitals, against the People's Bank's own examples and by reading the words back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.money import MAX_FEN, capitals, figures

EXAMPLES = {
    0: "零元整",
    5: "伍分",
    50: "伍角整",
    55: "伍角伍分",
    100: "壹元整",
    105: "壹元零伍分",
    110: "壹元壹角整",
    1000: "壹拾元整",
    32504: "叁佰贰拾伍元零肆分",
    140950: "壹仟肆佰零玖元伍角整",
    600714: "陆仟零柒元壹角肆分",
    1640902: "壹万陆仟肆佰零玖元零贰分",
    168032: "壹仟陆佰捌拾元叁角贰分",
    126050: "壹仟贰佰陆拾元伍角整",
    10_0000_00: "壹拾万元整",
    100_0001_00: "壹佰万零壹元整",
    1000_2000_00: "壹仟万贰仟元整",
    1_0000_0000_00: "壹亿元整",
    1_0000_0001_00: "壹亿零壹元整",
    1_0001_0000_00: "壹亿零壹万元整",
    1_0000_0000_0000_00: "壹万亿元整",
    1_2000_0000_0000_00: "壹万贰仟亿元整",
    1_0001_0000_0000_00: "壹万零壹亿元整",
}


@pytest.mark.parametrize(("fen", "words"), EXAMPLES.items())
def test_examples(fen: int, words: str) -> None:
    assert capitals(fen) == "人民币" + words


def read(words: str) -> int:
    """Reads capitals back into fen, independently of how they were written."""
    digits = {character: index for index, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
    total = yuan = section = number = 0
    for character in words.removeprefix("人民币"):
        if character in digits:
            number = digits[character]
        elif character in "拾佰仟":
            section += number * {"拾": 10, "佰": 100, "仟": 1000}[character]
            number = 0
        elif character == "万":
            yuan, section, number = yuan + (section + number) * 10**4, 0, 0
        elif character == "亿":
            yuan, section, number = (yuan + section + number) * 10**8, 0, 0
        elif character == "元":
            total, section, number, yuan = (yuan + section + number) * 100, 0, 0, 0
        elif character == "角":
            total, number = total + number * 10, 0
        elif character == "分":
            total, number = total + number, 0
    return total


@given(st.integers(0, 10**14 - 1))
def test_the_words_say_the_amount(fen: int) -> None:
    words = capitals(fen)
    assert read(words) == fen
    assert "零零" not in words
    assert words.endswith(("整", "分"))


@given(st.integers(0, MAX_FEN))
def test_the_figures_say_the_amount(fen: int) -> None:
    assert int(figures(fen).replace(",", "").replace(".", "")) == fen


@pytest.mark.parametrize("fen", [-1, MAX_FEN + 1])
def test_out_of_range(fen: int) -> None:
    with pytest.raises(ValueError, match="range"):
        capitals(fen)
    with pytest.raises(ValueError, match="range"):
        figures(fen)
