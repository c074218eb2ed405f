"""Amounts in figures and in capitals (人民币大写), from integers of 1/100 yuan.

Wording as in the People's Bank's rules for filling in bills: 整 after 元 or 角, one 零 for any run of zeros inside the
number; the optional 零 after a group of four or a 元 that ends in zero is left out.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
MAX_FEN = 10**16 * 100 - 1


def figures(fen: int) -> str:
    """`123456` → `1,234.56`. Raises ValueError outside 0…`MAX_FEN`."""
    _check(fen)
    return f"{fen // 100:,}.{fen % 100:02d}"


def capitals(fen: int) -> str:
    """`123456` → `人民币壹仟贰佰叁拾肆元伍角陆分`; whole yuan and jiao end in 整. ValueError outside 0…`MAX_FEN`."""
    _check(fen)
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    text = _integer(yuan) + "元" if yuan or not rest else ""
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif cents and yuan:
        text += "零"
    text += _DIGITS[cents] + "分" if cents else "整"
    return "人民币" + text


def _check(fen: int) -> None:
    if not 0 <= fen <= MAX_FEN:
        raise ValueError("amount out of range")


def _integer(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    text, gap, group = "", False, len(_GROUPS) - 1
    while group >= 0:
        part = value // 10 ** (4 * group) % 10**4
        if part:
            # 零 once where a whole group is empty or the next one does not start with thousands.
            if text and (gap or part < 1000):
                text += _DIGITS[0]
            text += _four(part) + _unit(group, value)
            gap = False
        elif text:
            gap = True
        group -= 1
    return text


def _unit(group: int, value: int) -> str:
    # 万亿 is one unit only if nothing of the 亿 group follows; else its 亿 is said there.
    if group == 3:
        return "万" if value // 10**8 % 10**4 else "万亿"
    return _GROUPS[group]


def _four(part: int) -> str:
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = part // 10**place % 10
        if digit:
            text += (_DIGITS[0] if zero and text else "") + _DIGITS[digit] + _PLACES[place]
            zero = False
        else:
            zero = True
    return text
