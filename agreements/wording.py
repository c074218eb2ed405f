"""Values as the document words them: dates, kinds of papers, sides, the sentence of a term."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

from .checks import parse_date, printed_name
from .model import Draft, PartyCopy, Term
from .money import capitals, figures
from .template import Template

STATION_ZONE: tzinfo = timezone(timedelta(hours=8), "CST")

ID_TYPES = {
    "resident": "居民身份证",
    "passport": "护照",
    "hk_macau": "港澳居民来往内地通行证",
    "taiwan": "台湾居民来往大陆通行证",
    "foreign_residence": "外国人永久居留身份证",
    "other": "其他证件",
}
GENDERS = {"male": "男", "female": "女"}
SIDES = {"A": "甲方", "B": "乙方"}
ROLES = {
    "party": "当事人",
    "guardian": "监护人",
    "proxy": "代理人",
    "lawyer": "律师",
    "witness": "见证人",
    "interpreter": "翻译人",
    "community_worker": "社区工作者",
    "insurer": "保险公司人员",
    "mediator": "主持人",
}
_ORDER = "一二三四五六七八九"


def date_words(text: str) -> str:
    """`2026-11-24` → `2026年11月24日`; anything else unchanged."""
    day = parse_date(text)
    return f"{day.year}年{day.month}月{day.day}日" if day else text


def moment_words(at: str, zone: tzinfo = STATION_ZONE) -> str:
    """A UTC time as the station's clock shows it, to the minute; anything that is not a time unchanged."""
    try:
        moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(zone)
    except ValueError:
        return at
    return f"{moment.year}年{moment.month}月{moment.day}日{moment.hour:02d}时{moment.minute:02d}分"


def party_label(draft: Draft, person: str) -> str:
    """`甲方（张三）`; numbered where a side has several (`甲方二（李四）`)."""
    party = next((item for item in draft.parties if item.id == person), None)
    if party is None:
        return ""
    return f"{side_label(draft, party)}（{printed_name(party)}）"


def side_label(draft: Draft, party: PartyCopy) -> str:
    side = [item.id for item in draft.parties if item.side == party.side]
    name = SIDES.get(party.side, "当事人")
    return name + (ordinal(side.index(party.id) + 1) if len(side) > 1 else "")


def term_words(draft: Draft, term: Term, template: Template) -> str:
    """The obligation as one sentence by the form's own wording, amounts in figures and capitals."""
    sentence = template.term_sentence.act if term.amount_fen is None else template.term_sentence.payment
    amount = term.amount_fen or 0
    return sentence.format(
        debtor=party_label(draft, term.debtor),
        creditor=party_label(draft, term.creditor),
        what=term.what,
        due=date_words(term.due),
        way=term.way,
        place=template.term_sentence.place.format(place=term.place) if term.place else "",
        figures=figures(amount),
        capitals=capitals(amount),
    )


def ordinal(number: int) -> str:
    """1 → 一, 12 → 十二, 30 → 三十 (below 100)."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("" if tens == 1 else _ORDER[tens - 1]) + "十"
    return head + (_ORDER[ones - 1] if ones else "")
