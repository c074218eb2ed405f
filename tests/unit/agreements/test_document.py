"""Fonts, the printed page, handwriting: what the PDF contains, and that it is the same every time."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agreements import rules
from agreements.errors import BadStrokes, FontFileError, NoGlyph, TemplateError
from agreements.fonts import FontChain
from agreements.model import Agreement
from agreements.render import Rendered, render
from agreements.strokes import MAX_POINTS, read_strokes
from agreements.template import load_template, read_template
from agreements.wording import ordinal
from tests.unit.agreements import samples

RARE = "㛃䶮𬭎𠮷犇喆堃"
RECEIPT = "HR1." + "A" * 240


def printed(agreement: Agreement, receipt: str = RECEIPT) -> Rendered:
    return render(agreement, samples.TEMPLATE, samples.fonts(), samples.ink(), receipt)


def text_of(pdf: bytes, tmp_path: Path) -> str:
    (tmp_path / "a.pdf").write_bytes(pdf)
    run = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    return run.stdout.decode()


def test_every_rare_character_of_the_list_has_a_glyph() -> None:
    assert samples.fonts().unprintable(RARE) == []
    assert samples.fonts().unprintable("张\U000323af三\U000323af\n") == ["\U000323af"]
    with pytest.raises(NoGlyph) as caught:
        samples.fonts().face("\U000323af")
    assert caught.value.detail == "\U000323af (U+323AF)"


def test_missing_fonts_are_named(tmp_path: Path) -> None:
    with pytest.raises(FontFileError, match="NotoSerifSC_400Regular"):
        FontChain([tmp_path])


def test_the_text_of_the_page_is_the_text_agreed(tmp_path: Path) -> None:
    text = re.sub(r"\s", "", text_of(printed(samples.signed()).pdf, tmp_path))
    for words in (
        "张𬭎",
        "㛃䶮",
        "王𠮷喆",
        "赵犇",
        "1,260.50元",
        "人民币壹仟贰佰陆拾元伍角整",
        "人民币陆佰捌拾元整",
        "本协议一式三份",
    ):
        assert words in text
    assert "应当事人要求不载明" in text
    assert "13900001111" not in text
    assert "13812345678" in text


def test_the_same_agreement_gives_the_same_bytes() -> None:
    assert printed(samples.signed()).pdf == printed(samples.signed()).pdf


def test_only_embedded_subsets(tmp_path: Path) -> None:
    rendered = printed(samples.signed())
    (tmp_path / "a.pdf").write_bytes(rendered.pdf)
    run = subprocess.run(["pdffonts", tmp_path / "a.pdf"], capture_output=True, check=True, text=True)
    rows = run.stdout.splitlines()[2:]
    assert rows
    assert all(re.search(r"^[A-Z]{6}\+Noto\S+ +TrueType +\S+ +yes yes yes", row) for row in rows)
    assert len(rendered.pdf) < 300_000


def test_page_numbers_lock_code_and_seal_place(tmp_path: Path) -> None:
    rendered = printed(samples.signed())
    text = text_of(rendered.pdf, tmp_path)
    lock = samples.signed().lock
    assert lock is not None
    assert f"第{rendered.pages}页" in re.sub(r"\s", "", text)
    assert text.count(lock.code) == rendered.pages
    assert rendered.seal_page == rendered.pages - 1
    x1, y1, x2, y2 = rendered.seal_box
    assert 0 < x1 < x2 < 596
    assert 0 < y1 < y2 < 842


def test_a_draft_says_so(tmp_path: Path) -> None:
    text = text_of(printed(samples.drafted(), "").pdf, tmp_path)
    assert "草稿，未锁定" in text
    assert "年 月 日" in re.sub(r"\s+", " ", text)


def test_a_long_agreement_takes_many_pages_and_loses_nothing(tmp_path: Path) -> None:
    draft = samples.drafted().draft
    terms = tuple(replace(draft.terms[0], id=f"t{n}", what=f"第{n}笔费用") for n in range(40))
    rendered = printed(rules.start("c", "r", "o", replace(draft, terms=terms)))
    text = re.sub(r"\s", "", text_of(rendered.pdf, tmp_path))
    assert rendered.pages > 4
    assert all(f"第{n}笔费用" in text for n in range(40))


def test_a_name_without_a_font_prints_its_substitute(tmp_path: Path) -> None:
    with pytest.raises(NoGlyph):
        printed(samples.with_name(samples.drafted(), "张\U000323af"))
    text = text_of(printed(samples.with_name(samples.drafted(), "张\U000323af", "张（金旁）")).pdf, tmp_path)
    assert "张（金旁）" in text
    assert "替代写法" in re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    "raw",
    [
        [],
        None,
        "x",
        [{"points": []}],
        [{"points": [{"x": 1, "y": 1}]}],
        [{"points": [{"x": 1, "y": 1}] * 50}],
        [{"points": [{"x": 0, "y": 0}] * (MAX_POINTS + 1)}],
        [{"points": [{"x": step, "y": 0} for step in range(4100)]}] * 2,
        [{"points": [{"x": 1e9, "y": 0}] * 5}],
        [{"points": [{"x": float("nan"), "y": 0}] * 5}],
        [{"points": [{"x": 0, "y": 0, "pressure": 7}] * 5}],
    ],
)
def test_what_is_no_handwriting(raw: Any) -> None:
    with pytest.raises(BadStrokes):
        read_strokes(raw)


def test_dots_are_drawn() -> None:
    dotted = [*samples.scribble(1), {"points": [{"x": 40, "y": 10}]}]
    ink = {"pty_a": read_strokes(dotted)}
    assert render(samples.signed(), samples.TEMPLATE, samples.fonts(), ink, "").pdf


def test_bad_templates_are_refused_with_their_place() -> None:
    raw = (samples.ROOT / "agreements/templates/za.json").read_bytes()
    with pytest.raises(TemplateError, match=r"x.json: fields.0.kind"):
        read_template(raw.replace(b'"kind": "date"', b'"kind": "number"', 1), "x.json")
    with pytest.raises(TemplateError, match="twice"):
        read_template(raw.replace(b'"id": "place"', b'"id": "held_at"', 1), "x.json")
    for name in ("nothing", "../za", ""):
        with pytest.raises(TemplateError):
            load_template(name)


def test_the_statute_text_is_the_public_copy_s() -> None:
    assert not samples.TEMPLATE.official_blank
    for notice in samples.TEMPLATE.notices:
        assert len(notice.sha256) == 64
        assert notice.source


@pytest.mark.parametrize(
    ("number", "words"), {1: "一", 9: "九", 10: "十", 11: "十一", 20: "二十", 34: "三十四"}.items()
)
def test_ordinals(number: int, words: str) -> None:
    assert ordinal(number) == words
