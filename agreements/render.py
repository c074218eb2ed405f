"""The agreement as a PDF: the same agreement, strokes and receipt always give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from .canvas import QrMark, Rect, RuleMark, draw
from .checks import printed_name
from .flow import Cell, Flow
from .fonts import FontChain
from .model import Agreement, Draft, PartyCopy
from .signature_blocks import place_signatures
from .strokes import Stroke
from .template import Template
from .wording import (
    GENDERS,
    ID_TYPES,
    ROLES,
    SIDES,
    STATION_ZONE,
    date_words,
    ordinal,
    side_label,
    term_words,
)

SEAL_SIZE = (176.0, 70.0)
_SEAL_ROOM = SEAL_SIZE[1] + 34


@dataclass(frozen=True)
class Rendered:
    """The unsigned PDF and where the seal goes (page from 0, box in points)."""

    pdf: bytes
    pages: int
    seal_page: int
    seal_box: Rect


def render(
    agreement: Agreement,
    template: Template,
    fonts: FontChain,
    strokes: Mapping[str, tuple[Stroke, ...]],
    receipt: str,
    zone: tzinfo = STATION_ZONE,
) -> Rendered:
    """Prints the agreement. `strokes` by person; `receipt` is the timeline's head as text (empty before sealing).

    Raises NoGlyph where a character has no font. Long CPU work (about 0.1 s): call it in a thread.
    """
    flow, draft = Flow(fonts), agreement.draft
    _head(flow, draft, template)
    _people(flow, draft, template)
    _body(flow, draft, template)
    place_signatures(flow, agreement, strokes, zone, _SEAL_ROOM)
    page, box = _closing(flow, agreement, template, receipt)
    _feet(flow, agreement, template)
    info = {
        "title": f"{template.title} {draft.number}",
        "author": draft.organ,
        "subject": f"lock {agreement.lock.hash}" if agreement.lock else "draft",
        "keywords": receipt,
    }
    return Rendered(draw(flow.pages, flow.size, fonts, info), len(flow.pages), page, box)


def _head(flow: Flow, draft: Draft, template: Template) -> None:
    flow.line(draft.organ, (flow.left + flow.right) / 2, flow.y - 12, 13, align="centre", grey=0.15)
    flow.space(46)
    flow.spread(template.title, flow.y, 23, 0.22)
    flow.space(26)
    flow.line(f"{template.number_label}：{draft.number}", flow.right, flow.y, 10.5, align="right", grey=0.25)
    flow.space(10)
    post = draft.fields.get("mediator_post", "")
    mediator = f"{draft.mediator.name}（{post}）" if post else draft.mediator.name
    first = [Cell(ROLES["mediator"], mediator)]
    rows = [[Cell("调解机关", draft.organ)], first]
    for item in template.fields:
        if item.section == "head":
            cell = Cell(item.zh, _field(draft, template, item.id))
            if item.kind == "date" and len(first) == 1:
                first.append(cell)
            else:
                rows.append([cell])
    flow.grid(rows)


def _people(flow: Flow, draft: Draft, template: Template) -> None:
    for party in draft.parties:
        flow.space(11)
        flow.grid(_party(draft, party, template))
    if draft.others:
        flow.space(11)
        names = [Cell(ROLES[other.role], other.name + _for_side(other.side)) for other in draft.others]
        flow.grid([names[index : index + 2] for index in range(0, len(names), 2)])


def _party(draft: Draft, party: PartyCopy, template: Template) -> list[list[Cell]]:
    name = printed_name(party)
    if party.name_substitute and party.name_substitute != party.name:
        name += "（姓名含无法印出的字，此为登记的替代写法）"
    withheld = template.contact_withheld if party.private_contact else ""
    paper = ID_TYPES.get(party.id_type, "证件")
    number = f"{party.id_number}（{paper}）" if party.id_number else "—"
    rows = [
        [Cell(side_label(draft, party), name, 1.9), Cell("性别", GENDERS.get(party.gender, "—"), 1)],
        [Cell("证件号码", number, 1.9), Cell("出生日期", date_words(party.birth_date) or "—", 1.3)],
    ]
    rows[0][1] = replace(rows[0][1], share=1.3)
    return [
        *rows,
        [Cell("住址", withheld or party.address or "—")],
        [Cell("工作单位", party.workplace or "—", 1.9), Cell("联系方式", withheld or party.phone or "—", 1.3)],
    ]


def _for_side(side: str) -> str:
    return f"（{SIDES[side]}）" if side in SIDES else ""


def _field(draft: Draft, template: Template, name: str) -> str:
    item, value = template.field(name), draft.fields.get(name, "")
    return date_words(value) if item and item.kind == "date" else value


def _body(flow: Flow, draft: Draft, template: Template) -> None:
    _heading(flow, "一、案件事实")
    facts = [item for item in template.fields if item.section == "facts" and draft.fields.get(item.id)]
    flow.space(4)
    flow.grid([[Cell(item.zh, _field(draft, template, item.id))] for item in facts if item.kind != "text"])
    flow.space(4)
    for item in facts:
        if item.kind == "text":
            flow.paragraph(draft.fields[item.id])
    _heading(flow, "二、协议内容")
    flow.paragraph(template.preamble.format(organ=draft.organ))
    texts = [term_words(draft, term, template) for term in draft.terms] + [clause.text for clause in draft.clauses]
    for number, text in enumerate(texts, 1):
        flow.paragraph(f"（{ordinal(number)}）{text}")
    _heading(flow, "三、效力")
    for sentence in template.effect:
        flow.paragraph(sentence.format(copies=ordinal(draft.copies)))
    for notice in template.notices:
        flow.paragraph(f"{notice.title}：“{notice.text}”")


def _heading(flow: Flow, text: str) -> None:
    flow.space(9)
    flow.need(24 + 3 * 20)
    flow.paragraph(text, 12.5, 24, indent=0, bold=True)


def _closing(flow: Flow, agreement: Agreement, template: Template, receipt: str) -> tuple[int, Rect]:
    """The seal's place at the right; at the left what ties the paper to the case: lock, receipt, QR."""
    width, height = SEAL_SIZE
    flow.need(_SEAL_ROOM)
    flow.space(16)
    box = flow.here(width, height, right=True)
    flow.line(template.seal_label, box[0], box[3] + 4, 8.5, grey=0.42)
    if receipt:
        flow.add(QrMark(flow.left, flow.y - height, height, receipt))
    held, x, y = agreement.lock, flow.left + (height + 12 if receipt else 0), flow.y - 9
    notes = [] if held is None else ["文本锁定码", *_halves(held.code)]
    notes += ["文本摘要 SHA-256", held.hash[:32], held.hash[32:]] if held else []
    for index, note in enumerate(notes):
        heading = index in (0, 3)
        flow.line(note, x, y, 7.5 if heading else 6.6, grey=0.42 if heading else 0.2)
        y -= 11
    flow.space(height + 8)
    return len(flow.pages) - 1, box


def _halves(code: str) -> tuple[str, str]:
    groups = code.split(" ")
    return " ".join(groups[:3]), " ".join(groups[3:])


def _feet(flow: Flow, agreement: Agreement, template: Template) -> None:
    pages, total = flow.pages, len(flow.pages)
    code = f"　锁定码 {agreement.lock.code}" if agreement.lock else "　草稿，未锁定"
    for number, page in enumerate(pages, 1):
        y = flow.margins.bottom - 26
        flow.pages = [page]
        page.append(RuleMark(flow.left, y + 13, flow.right, y + 13, 0.4, 0.7))
        flow.line(f"{agreement.draft.number}{code}", flow.left, y, 7.5, grey=0.42)
        flow.line(f"第 {number} 页　共 {total} 页", flow.right, y, 7.5, align="right", grey=0.42)
        if number == total:
            flow.line(template.footnote, flow.left, y - 12, 7, grey=0.5)
    flow.pages = pages
