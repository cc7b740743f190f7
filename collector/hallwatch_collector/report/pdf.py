"""A document as PDF on A4, with the letters it uses embedded."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from hallwatch_collector.report.document import (
    Block,
    Document,
    Facts,
    Heading,
    Paragraph,
    Points,
    Signature,
    Table,
)
from hallwatch_collector.report.fonts import Fonts
from hallwatch_collector.report.linebreak import break_lines

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN_MM: Final = 22.0
BOTTOM_MM: Final = 20.0
PADDING_MM: Final = 1.4
SLACK_MM: Final = 0.3
"""Left over in every line, so that what was broken here is not broken again by rounding."""
NAMES_SHARE: Final = 17.0
TEXT: Final = "text"
HEADING: Final = "heading"
BODY_PT: Final = 11.5
CELL_PT: Final = 9.5
RED: Final = (184, 32, 44)
GREY: Final = (241, 243, 245)
PINK: Final = (252, 235, 236)
BLACK: Final = (0, 0, 0)
SOFT: Final = (80, 80, 80)

Colour = tuple[int, int, int]


def to_pdf(document: Document, fonts: Fonts, written_at: float) -> bytes:
    """Return the document as the bytes of a PDF file; *written_at* (Unix seconds UTC) is noted in it."""
    return _Writer(document, fonts, written_at).write()


def _paper(document: Document) -> FPDF:
    """Return an empty PDF that puts number, marks and page number on every page."""
    from fpdf import FPDF

    class Paper(FPDF):
        def header(self) -> None:
            self.set_font(TEXT, size=8.5)
            self.set_text_color(*SOFT)
            self.cell(0, 5, document.number, align="L")
            self.set_font(HEADING, size=10)
            self.set_text_color(*RED)
            self.set_x(MARGIN_MM)
            self.cell(0, 5, " ".join(f"【{mark}】" for mark in document.marks), align="R")
            self.ln(9)

        def footer(self) -> None:
            self.set_y(-14)
            self.set_font(TEXT, size=8.5)
            self.set_text_color(*SOFT)
            self.cell(0, 5, f"第 {self.page_no()} 页 共 {{nb}} 页", align="C")

    return Paper(format="A4")


class _Writer:
    """Writes one file. fpdf2 is imported with the first report and not at the start of every collector."""

    def __init__(self, document: Document, fonts: Fonts, written_at: float) -> None:
        for chatty in ("fpdf", "fontTools"):
            logging.getLogger(chatty).setLevel(logging.ERROR)
        self._document = document
        self._pdf = _paper(document)
        self._pdf.set_margins(MARGIN_MM, 12, MARGIN_MM)
        self._pdf.c_margin = 0  # text begins where tables do
        self._pdf.set_auto_page_break(auto=True, margin=BOTTOM_MM)
        self._pdf.set_lang("zh-CN")
        self._pdf.set_title(document.title)
        self._pdf.set_subject(document.number)
        self._pdf.set_creator("Hallwatch")
        self._pdf.set_creation_date(dt.datetime.fromtimestamp(written_at, dt.UTC))
        for name, font in ((TEXT, fonts.text), (HEADING, fonts.heading)):
            self._pdf.add_font(name, fname=font.path, collection_font_number=font.face)
        self._pdf.add_page()

    def write(self) -> bytes:
        self._front()
        for block in self._document.blocks:
            self._block(block)
        return bytes(self._pdf.output())

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self._heading(block)
            case Paragraph():
                self._paragraph(block)
            case Points():
                for number, item in enumerate(block.items, 1):
                    self._say(f"{number}. {item}", BODY_PT, indent="  ")
            case Facts():
                self._table([NAMES_SHARE, 100 - NAMES_SHARE], [list(row) for row in block.rows], headed=False)
            case Table():
                titles = [column.title for column in block.columns]
                shares = [column.share for column in block.columns]
                self._table(shares, [titles, *block.rows], headed=True, marked=block.marked)
            case Signature():
                self._sign(block)

    def _front(self) -> None:
        pdf = self._pdf
        for mark in self._document.marks:
            self._say(f"【{mark}】", 16, font=HEADING, colour=RED, align="C")
        self._say(self._document.title, 20, font=HEADING, align="C")
        self._say(self._document.subtitle, 13, align="C")
        self._say(f"编号:{self._document.number}", 9.5, colour=SOFT, align="C")
        pdf.set_draw_color(*RED)
        pdf.set_line_width(0.6)
        pdf.line(MARGIN_MM, pdf.y + 1, pdf.w - MARGIN_MM, pdf.y + 1)
        pdf.ln(4)

    def _heading(self, block: Heading) -> None:
        size = 14 if block.level == 1 else 12
        if self._pdf.will_page_break(36):  # never alone at the foot of a page
            self._pdf.add_page()
        self._pdf.ln(3 if block.level == 1 else 1)
        self._say(block.text, size, font=HEADING)
        self._pdf.ln(0.8)

    def _paragraph(self, block: Paragraph) -> None:
        match block.style:
            case "body":
                self._say(block.text, BODY_PT, indent="  ")
            case "draft":
                self._say(block.text, 10.5, colour=RED)
                self._pdf.ln(1)
            case _:
                self._say(block.text, 9.5, colour=SOFT)

    def _say(
        self, text: str, size: float, *, font: str = TEXT, colour: Colour = BLACK, align: str = "L", indent: str = ""
    ) -> None:
        pdf = self._pdf
        pdf.set_font(font, size=size)
        pdf.set_text_color(*colour)
        first_mm = pdf.get_string_width("国") * len(indent)
        width = pdf.epw - SLACK_MM
        height = size * 0.3528 * 1.6
        for number, line in enumerate(self._broken(text, width, first_mm)):
            pdf.set_x(MARGIN_MM + (first_mm if number == 0 else 0))
            pdf.cell(0, height, line, align=align, new_x="LMARGIN", new_y="NEXT")

    def _broken(self, text: str, width: float, first_mm: float) -> Iterator[str]:
        """Yield the lines of a paragraph whose first line is indented."""
        filler = "国" * round(first_mm / (self._pdf.get_string_width("国") or 1.0))
        lines = break_lines(filler + text, width, self._measure())
        yield lines[0].removeprefix(filler)
        yield from lines[1:]

    def _table(
        self,
        shares: Sequence[float],
        rows: Sequence[Sequence[str]],
        *,
        headed: bool,
        marked: frozenset[int] = frozenset(),
    ) -> None:
        from fpdf.fonts import FontFace

        pdf = self._pdf
        pdf.set_draw_color(130, 130, 130)
        pdf.set_line_width(0.2)
        pdf.set_text_color(*BLACK)
        pdf.set_font(TEXT, size=CELL_PT)
        widths = [pdf.epw * share / sum(shares) for share in shares]
        name = FontFace(family=HEADING, size_pt=CELL_PT, fill_color=GREY)
        with pdf.table(
            col_widths=tuple(widths), first_row_as_headings=headed, headings_style=name, text_align="LEFT",
            v_align="TOP", line_height=CELL_PT * 0.3528 * 1.45, padding=PADDING_MM, wrapmode="CHAR",
        ) as table:  # fmt: skip
            for number, cells in enumerate(rows):
                row = table.row()
                for place, text in enumerate(cells):
                    is_name = (headed and number == 0) or (not headed and place == 0)
                    style = name if is_name else FontFace(fill_color=PINK) if headed and number - 1 in marked else None
                    row.cell(self._fit(text, widths[place], HEADING if is_name else TEXT), style=style)
        pdf.ln(2.5)

    def _fit(self, text: str, width: float, font: str) -> str:
        self._pdf.set_font(font, size=CELL_PT)
        lines = break_lines(text, width - 2 * PADDING_MM - SLACK_MM, self._measure())
        self._pdf.set_font(TEXT, size=CELL_PT)
        return "\n".join(lines)

    def _measure(self) -> Callable[[str], float]:
        """Return what measures text in the font of now: letter by letter, as it is set."""
        width = cache(self._pdf.get_string_width)
        return lambda text: sum(map(width, text))

    def _sign(self, block: Signature) -> None:
        pdf = self._pdf
        height = 12.0
        if pdf.will_page_break(height * len(block.lines) + 8):
            pdf.add_page()
        pdf.ln(8)
        left, right = MARGIN_MM + pdf.epw * 0.48, pdf.w - MARGIN_MM
        pdf.set_text_color(*BLACK)
        pdf.set_draw_color(*BLACK)
        pdf.set_line_width(0.25)
        for name, value in block.lines:
            pdf.set_font(HEADING, size=BODY_PT)
            pdf.set_x(left)
            label = f"{name}:"
            pdf.cell(pdf.get_string_width(label) + 2, 7, label)
            start = pdf.x
            pdf.set_font(TEXT, size=BODY_PT)
            pdf.cell(right - start, 7, value)
            pdf.line(start, pdf.y + 7, right, pdf.y + 7)
            pdf.ln(height)
