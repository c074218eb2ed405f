"""Sets paragraphs, grids and blocks one below the other over as many pages as it takes. Points; y grows upward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .canvas import Mark, Rect, RuleMark, TextMark
from .fonts import FontChain
from .linebreak import Line, break_lines

A4: tuple[float, float] = (595.2756, 841.8898)


@dataclass(frozen=True)
class Margins:
    left: float = 79.0
    right: float = 79.0
    top: float = 70.0
    bottom: float = 70.0


@dataclass(frozen=True)
class Cell:
    """A label and its value in a grid; `share` is the part of the row's width it takes."""

    label: str
    value: str
    share: float = 1.0


@dataclass
class Flow:
    """The pages being made. The one mutable thing of a render; `y` is where the next block starts."""

    fonts: FontChain
    size: tuple[float, float] = A4
    margins: Margins = Margins()
    pages: list[list[Mark]] = field(default_factory=lambda: [[]])
    y: float = 0.0

    def __post_init__(self) -> None:
        self.y = self.size[1] - self.margins.top

    @property
    def left(self) -> float:
        return self.margins.left

    @property
    def right(self) -> float:
        return self.size[0] - self.margins.right

    @property
    def width(self) -> float:
        return self.right - self.left

    def add(self, mark: Mark) -> None:
        self.pages[-1].append(mark)

    def need(self, height: float) -> None:
        """Goes to a new page unless `height` is left on this one."""
        if self.y - height < self.margins.bottom:
            self.pages.append([])
            self.y = self.size[1] - self.margins.top

    def space(self, height: float) -> None:
        self.y -= height

    def rule(self, width: float = 0.5, grey: float = 0.55) -> None:
        self.add(RuleMark(self.left, self.y, self.right, self.y, width, grey))

    def lines(
        self, text: str, size: float, width: float, *, indent: float = 0, bold: bool = False, justify: bool = True
    ) -> list[Line]:
        def measure(character: str) -> float:
            return self.fonts.width(character, bold)

        return break_lines(text, width / size, measure, indent=indent, justify=justify)

    def paragraph(
        self,
        text: str,
        size: float = 12,
        leading: float = 20,
        *,
        indent: float = 2,
        bold: bool = False,
        grey: float = 0,
        inset: float = 0,
    ) -> None:
        """A justified paragraph; never leaves its first line alone at the foot of a page."""
        lines = self.lines(text, size, self.width - 2 * inset, indent=indent, bold=bold)
        for index, line in enumerate(lines):
            self.need(leading * (2 if index == 0 and len(lines) > 1 else 1))
            self.y -= leading
            self.add(TextMark(self.left + inset, self.y + (leading - size) / 2, line, size, bold, grey))

    def line(
        self, text: str, x: float, y: float, size: float, *, align: str = "left", bold: bool = False, grey: float = 0
    ) -> None:
        """One line at a fixed place; `align` says which point of it stands at x."""
        line = self.lines(text, size, 1e6, bold=bold, justify=False)[0]
        shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * line.width * size
        self.add(TextMark(x - shift, y, line, size, bold, grey))

    def spread(self, text: str, y: float, size: float, gap: float) -> None:
        """A bold centred title with `gap` em between its characters."""
        width = sum(self.fonts.width(character, True) for character in text) + gap * (len(text) - 1)
        x = (self.left + self.right) / 2 - width * size / 2
        for character in text:
            self.line(character, x, y, size, bold=True)
            x += (self.fonts.width(character, True) + gap) * size

    def grid(self, rows: Sequence[Sequence[Cell]], size: float = 10.5, leading: float = 16, label: float = 64) -> None:
        """Rows of labelled values between hairlines; a row is never cut."""
        for index, row in enumerate(rows):
            total = sum(cell.share for cell in row)
            widths = [self.width * cell.share / total for cell in row]
            values = [
                self.lines(cell.value, size, width - label - 10, justify=False)
                for cell, width in zip(row, widths, strict=True)
            ]
            height = max(len(lines) for lines in values) * leading + 8
            self.need(height)
            if index == 0:
                self.rule(0.8, 0.2)
            self._row(row, widths, values, height, size, leading, label)
            self.y -= height
            self.rule(*((0.8, 0.2) if index == len(rows) - 1 else (0.4, 0.7)))

    def _row(
        self,
        row: Sequence[Cell],
        widths: Sequence[float],
        values: Sequence[list[Line]],
        height: float,
        size: float,
        leading: float,
        label: float,
    ) -> None:
        x = self.left
        for number, (cell, width, lines) in enumerate(zip(row, widths, values, strict=True)):
            if number:
                self.add(RuleMark(x, self.y - 4, x, self.y - height + 4, 0.4, 0.8))
            y = self.y - 4 - leading + (leading - size) / 2 + 1
            self.line(cell.label, x + 4, y, size - 0.5, grey=0.42)
            for line in lines:
                self.add(TextMark(x + label, y, line, size))
                y -= leading
            x += width

    def here(self, width: float, height: float, *, right: bool = False) -> Rect:
        """The box of that size at the present height, at the left or right margin."""
        x = self.right - width if right else self.left
        return x, self.y - height, x + width, self.y
