"""A page as a list of marks, and the one place that turns marks into PDF operators."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import segno
from reportlab.pdfgen.canvas import Canvas

from .fonts import FontChain
from .linebreak import Line, Placed
from .strokes import Stroke, bounds

Rect = tuple[float, float, float, float]
INK = (0.06, 0.09, 0.20)


@dataclass(frozen=True)
class TextMark:
    """A set line; `x`, `y` is the start of its baseline in points, `grey` 0 (black) … 1."""

    x: float
    y: float
    line: Line
    size: float
    bold: bool = False
    grey: float = 0.0


@dataclass(frozen=True)
class RuleMark:
    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.5
    grey: float = 0.55


@dataclass(frozen=True)
class InkMark:
    """Handwriting fitted into `box` (x1, y1, x2, y2)."""

    box: Rect
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True)
class QrMark:
    x: float
    y: float
    side: float
    text: str


Mark = TextMark | RuleMark | InkMark | QrMark


def draw(pages: Sequence[Sequence[Mark]], size: tuple[float, float], fonts: FontChain, info: dict[str, str]) -> bytes:
    """The PDF of these pages: the same marks always give the same bytes. `info`: title, author, subject, keywords."""
    buffer = io.BytesIO()
    # Without an initial font of ours reportlab refers to an unembedded Helvetica.
    base: Any = fonts.base
    canvas = Canvas(buffer, pagesize=size, invariant=1, initialFontName=base, lang="zh-CN")
    canvas.setTitle(info.get("title", ""))
    canvas.setAuthor(info.get("author", ""))
    canvas.setSubject(info.get("subject", ""))
    canvas.setKeywords(info.get("keywords", ""))
    canvas.setCreator("heshi")
    for page in pages:
        canvas.setFont(fonts.base, 10)
        for mark in page:
            _DRAW[type(mark)](canvas, mark, fonts)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _text(canvas: Any, mark: TextMark, fonts: FontChain) -> None:
    canvas.setFillGray(mark.grey)
    for name, x, space, run in _runs(mark, fonts):
        text = canvas.beginText(mark.x + x * mark.size, mark.y)
        text.setFont(name, mark.size)
        text.setCharSpace(space * mark.size)
        text.textOut(run)
        canvas.drawText(text)


def _runs(mark: TextMark, fonts: FontChain) -> list[tuple[str, float, float, str]]:
    """Neighbours of one font at one spacing, as (font, x, extra spacing, text)."""
    runs: list[tuple[str, float, float, str]] = []
    previous: Placed | None = None
    for glyph in mark.line.glyphs:
        name = fonts.face(glyph.character, mark.bold).name
        if runs and previous is not None and runs[-1][0] == name:
            font, x, space, text = runs[-1]
            gap = glyph.x - previous.x - fonts.width(previous.character, mark.bold)
            if len(text) == 1 or abs(gap - space) < 0.002:
                runs[-1] = (font, x, gap if len(text) == 1 else space, text + glyph.character)
                previous = glyph
                continue
        runs.append((name, glyph.x, 0.0, glyph.character))
        previous = glyph
    return runs


def _rule(canvas: Any, mark: RuleMark, _: FontChain) -> None:
    canvas.setStrokeGray(mark.grey)
    canvas.setLineWidth(mark.width)
    canvas.line(mark.x1, mark.y1, mark.x2, mark.y2)


def _ink(canvas: Any, mark: InkMark, _: FontChain) -> None:
    left, bottom, right, top = mark.box
    size = bounds(mark.strokes)
    scale = min((right - left) / max(size.width, 1), (top - bottom) / max(size.height, 1), 0.75)
    x0 = (left + right - size.width * scale) / 2
    y0 = (bottom + top + size.height * scale) / 2
    canvas.setStrokeColorRGB(*INK)
    canvas.setFillColorRGB(*INK)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for stroke in mark.strokes:
        points = [(x0 + (p.x - size.left) * scale, y0 - (p.y - size.top) * scale, p.pressure) for p in stroke.points]
        if len(points) == 1:
            canvas.circle(points[0][0], points[0][1], 0.8, stroke=0, fill=1)
        for index in range(1, len(points)):
            _segment(canvas, points, index)


def _segment(canvas: Any, points: list[tuple[float, float, float]], index: int) -> None:
    """A quadratic Bézier between the midpoints around a captured point, as wide as the pen pressed there."""
    (x1, y1, _), (x2, y2, force) = points[index - 1], points[index]
    x3, y3, _ = points[min(index + 1, len(points) - 1)]
    start = (x1, y1) if index == 1 else ((x1 + x2) / 2, (y1 + y2) / 2)
    end = (x2, y2) if index == len(points) - 1 else ((x2 + x3) / 2, (y2 + y3) / 2)
    path = canvas.beginPath()
    path.moveTo(*start)
    path.curveTo(*_third(start, (x2, y2)), *_third(end, (x2, y2)), *end)
    canvas.setLineWidth(round(0.7 + 1.1 * force, 2))
    canvas.drawPath(path, stroke=1, fill=0)


def _third(end: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])


def _qr(canvas: Any, mark: QrMark, _: FontChain) -> None:
    matrix = segno.make(mark.text, error="m", micro=False).matrix
    module = mark.side / len(matrix)
    canvas.setFillGray(0)
    for row, cells in enumerate(matrix):
        column = 0
        while column < len(cells):
            length = 0
            while column + length < len(cells) and cells[column + length]:
                length += 1
            if length:
                y = mark.y + mark.side - (row + 1) * module
                canvas.rect(mark.x + column * module, y, length * module, module, stroke=0, fill=1)
            column += max(length, 1)


_DRAW: dict[type[Any], Any] = {TextMark: _text, RuleMark: _rule, InkMark: _ink, QrMark: _qr}
