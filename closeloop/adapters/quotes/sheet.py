"""A quote as PDF: one A4 page drawn as a slide is, by the same means, so that no office program is needed.

Invariant: everything stands on one page. Rows get lower and their text smaller when there are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pptx import Presentation
from pptx.util import Mm

from closeloop.adapters.decks.pictures import pdf_of
from closeloop.adapters.decks.writer import saved
from closeloop.adapters.quotes.shapes import Shapes
from closeloop.adapters.quotes.view import Row, Shown, Side

NAVY, TEAL, GOLD, INK, GREY, PALE, LINE, WHITE = (
    "12284C", "0B7A75", "E0A030", "1B2433", "536178", "F1F4F8", "D5DBE4", "FFFFFF",
)  # fmt: skip
WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 18.0
"""Millimetres."""
INNER = WIDTH - 2 * MARGIN
SHARES = (0.46, 0.13, 0.09, 0.14, 0.18)
"""Of the columns."""
LONG = 46
"""Characters of an item that needs a second line."""
SPACIOUS_ROWS = 9
"""With more rows than this, they come closer together."""


def sheet(quote: Shown, on: date) -> bytes:
    """The PDF; the same quote gives the same bytes."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Mm(WIDTH), Mm(HEIGHT)
    shapes = Shapes(quote.words["tag"])
    _Sheet(shapes, quote).draw()
    shapes.onto(presentation.slides.add_slide(presentation.slide_layouts[6]))
    title = f"{quote.words['title']} {quote.number}"
    return pdf_of(saved(presentation, title=title, author=quote.seller[0], tag=quote.words["tag"], on=on))


class _Sheet:
    """The page, from top to bottom; `at` is how far it is drawn, in millimetres."""

    def __init__(self, shapes: Shapes, quote: Shown) -> None:
        self._quote, self._words = quote, quote.words
        self._text, self._box = shapes.text, shapes.box
        rows = sum(len(side.rows) for side in quote.sides) + len(quote.notes)
        self._tight = min(1.0, (SPACIOUS_ROWS / rows) ** 0.75)
        self._row = 9.0 * self._tight
        self._size = max(6.0, 10.0 * self._tight)
        self.at = MARGIN

    def draw(self) -> None:
        self._box(0, 0, WIDTH, 2, NAVY)
        self._head()
        self._people()
        self._total()
        for side in self._quote.sides:
            self._side(side)
        self._due()
        self._notes()
        self._accept()
        self._footer()

    def _head(self) -> None:
        quote, words = self._quote, self._words
        self._text(words["title"], MARGIN, self.at, 100, 14, size=26, bold=True, ink=NAVY)
        self._text(quote.seller[0], 98, self.at + 2, 94, 10, size=14, bold=True, ink=NAVY, side="right")
        self._box(MARGIN, self.at + 14.5, 15, 1.1, GOLD)
        self._text(f"{words['number']} {quote.number}", MARGIN, self.at + 18, 120, 7, size=11, bold=True, ink=INK)
        self.at += 30

    def _people(self) -> None:
        half, words, quote = INNER / 2, self._words, self._quote
        self._pair(words["for"], (quote.company, quote.person), MARGIN, half - 4)
        self._pair(words["from"], quote.seller, MARGIN + half, half)
        self.at += 31
        self._pair(words["issued"], (quote.issued,), MARGIN, half - 4)
        self._pair(words["valid"], (quote.valid,), MARGIN + half, half)
        self.at += 14

    def _pair(self, heading: str, lines: Sequence[str], x: float, width: float) -> None:
        self._text(heading, x, self.at, width, 4.5, size=8, ink=GREY)
        for number, line in enumerate(line for line in lines if line):
            size = 10.0 if len(line) < LONG else 8.0
            self._text(line, x, self.at + 5 + number * 5.6, width, 5.6, size=size, bold=number == 0, ink=INK)

    def _total(self) -> None:
        total, x = self._quote.sides[0].total, MARGIN + 64
        self._box(MARGIN, self.at, INNER, 11, PALE)
        self._box(MARGIN, self.at, 1.2, 11, TEAL)
        self._text(self._words["total"], MARGIN + 4, self.at, 60, 11, size=11, ink=INK)
        self._text(total, x, self.at, INNER - 68, 11, size=14, bold=True, ink=NAVY, side="right")
        self.at += 15

    def _side(self, side: Side) -> None:
        self._text(side.heading, MARGIN, self.at, INNER, 6.5, size=11, bold=True, ink=TEAL)
        self.at += 7.5
        names = ("item", "kind", "quantity", "price", "amount")
        self._cells([self._words[name] for name in names], size=8, ink=GREY, high=5.5)
        self._box(MARGIN, self.at, INNER, 0.4, NAVY)
        for row in side.rows:
            self._line(row)
        self._box(MARGIN, self.at, INNER, 0.4, NAVY)
        self._text(self._words["total"], MARGIN, self.at, 40, self._row, size=self._size + 0.5, bold=True, ink=NAVY)
        wide, size = INNER - 44, self._size + 0.5
        self._text(side.total, MARGIN + 44, self.at, wide, self._row, size=size, bold=True, ink=NAVY, side="right")
        self.at += self._row + 3 * self._tight

    def _line(self, row: Row) -> None:
        start = self.at
        cells = [row.what, row.kind, row.quantity, row.price, row.amount]
        self._cells(cells, size=self._size, ink=INK, high=self._row)
        if len(row.what) > LONG or row.note:
            self.at += self._row * 0.4
        if row.note:
            x, y, size = MARGIN + INNER * 0.6, start + self._row * 0.85, self._size - 2
            self._text(row.note, x, y, INNER * 0.4, 4, size=size, ink=GREY, side="right")
        self._box(MARGIN, self.at, INNER, 0.2, LINE)

    def _cells(self, texts: Sequence[str], *, size: float, ink: str, high: float) -> None:
        x = MARGIN
        for number, (text, share) in enumerate(zip(texts, SHARES, strict=True)):
            wide, tall = INNER * share - (4 if number == 0 else 0), high
            if number == 0 and len(text) > LONG:
                tall = high * 1.4
            side = "right" if number > 1 else "left"
            self._text(text, x, self.at, wide, tall, size=size, ink=ink, side=side)
            x += INNER * share
        self.at += high

    def _due(self) -> None:
        amount, x, wide = self._quote.cash_amount, MARGIN + INNER * 0.6, INNER * 0.4 - 4
        self._box(MARGIN, self.at, INNER, 10, NAVY)
        self._text(self._quote.cash, MARGIN + 4, self.at, INNER * 0.6, 10, size=11, bold=True, ink=WHITE)
        self._text(amount, x, self.at, wide, 10, size=12, bold=True, ink=WHITE, side="right")
        self.at += 13

    def _notes(self) -> None:
        for note in self._quote.notes:
            tall = 5.2 * (1 + len(note) // 105) * self._tight
            self._text(f"•  {note}", MARGIN, self.at, INNER, tall, size=self._size - 1, ink=INK)
            self.at += tall + 0.2
        self.at += 3 if self._quote.notes else 0

    def _accept(self) -> None:
        self._text(self._words["accept"], MARGIN, self.at, INNER, 6, size=11, bold=True, ink=TEAL)
        self._text(self._quote.accept_how, MARGIN, self.at + 6.5, INNER, 6, size=9, ink=INK)
        foot = min(max(self.at + 28, HEIGHT - 42), HEIGHT - 27)
        for place, share, name in ((0.0, 0.36, "name"), (0.4, 0.36, "signature"), (0.8, 0.2, "date")):
            x = MARGIN + INNER * place
            self._box(x, foot, INNER * share, 0.25, INK)
            self._text(self._words[name], x, foot + 1, INNER * share, 5, size=8, ink=GREY)

    def _footer(self) -> None:
        self._box(MARGIN, HEIGHT - 17, INNER, 0.2, LINE)
        self._text(self._quote.footer, MARGIN, HEIGHT - 15.5, INNER, 5, size=8, ink=GREY)
