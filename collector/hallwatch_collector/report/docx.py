"""A document as DOCX, to be read, completed and signed in a word processor."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

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

TEXT_FONT: Final = "仿宋"
HEADING_FONT: Final = "黑体"
"""What official documents are set in; where they are missing, the word processor takes its own."""
PAGE_MM: Final = (210, 297)
MARGIN_MM: Final = 25
WIDTH_MM: Final = PAGE_MM[0] - 2 * MARGIN_MM
NAMES_SHARE: Final = 18
"""Per cent of the width for the names in a table of facts."""
FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
RED: Final = "B8202C"
GREY: Final = "F1F3F5"
PINK: Final = "FCEBEC"


def to_docx(document: Document) -> bytes:
    """Return the document as the bytes of a DOCX file."""
    return _Writer(document).write()


class _Writer:
    """Writes one file. python-docx is imported here and not at the start of every collector."""

    def __init__(self, document: Document) -> None:
        import docx
        from docx.shared import Mm

        self._document = document
        self._file = docx.Document()
        section = self._file.sections[0]
        section.page_width, section.page_height = (Mm(length) for length in PAGE_MM)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
        self._file.core_properties.title = document.title
        self._file.core_properties.subject = document.number
        self._file.core_properties.author = "Hallwatch"
        self._set_styles()

    def write(self) -> bytes:
        self._front()
        self._edges()
        for block in self._document.blocks:
            self._block(block)
        stream = io.BytesIO()
        self._file.save(stream)
        return stream.getvalue()

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self._file.add_heading(block.text, block.level)
            case Paragraph():
                self._paragraph(block)
            case Points():
                for number, item in enumerate(block.items, 1):
                    self._say(f"{number}. {item}", indented=True)
            case Facts():
                rows = [list(row) for row in block.rows]
                self._table([NAMES_SHARE, 100 - NAMES_SHARE], rows, headed=False, marked=frozenset())
            case Table():
                titles = [column.title for column in block.columns]
                shares = [column.share for column in block.columns]
                self._table(shares, [titles, *block.rows], headed=True, marked=block.marked)
            case Signature():
                self._sign(block)

    def _set_styles(self) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        for name, font, size in (
            ("Normal", TEXT_FONT, 12),
            ("Heading 1", HEADING_FONT, 14),
            ("Heading 2", HEADING_FONT, 12),
        ):
            style: Any = self._file.styles[name]
            style.font.name, style.font.size, style.font.color.rgb = "Times New Roman", Pt(size), RGBColor(0, 0, 0)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(qn(theme), None)  # it would win over the font that is named
            fonts.set(qn("w:eastAsia"), font)
            style.paragraph_format.space_after = Pt(4)

    def _say(self, text: str, *, size: float = 12, centred: bool = False, indented: bool = False, **looks: Any) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt, RGBColor

        paragraph = self._file.add_paragraph()
        run = paragraph.add_run(_allowed(text))
        run.font.size = Pt(size)
        run.bold, run.italic = looks.get("bold", False), looks.get("italic", False)
        if looks.get("colour"):
            run.font.color.rgb = RGBColor.from_string(looks["colour"])
        if looks.get("font"):
            _set_east_asian(run, looks["font"])
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if indented:
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        return paragraph

    def _front(self) -> None:
        for mark in self._document.marks:
            self._say(f"【{mark}】", size=16, centred=True, bold=True, colour=RED)
        self._say(self._document.title, size=20, centred=True, font=HEADING_FONT)
        self._say(self._document.subtitle, size=13, centred=True)
        self._say(f"编号:{self._document.number}", size=10, centred=True)

    def _edges(self) -> None:
        """Put the number and the marks at the top of every page, and the page's number at the bottom."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        section = self._file.sections[0]
        header = section.header.paragraphs[0]
        header.text = " ".join([self._document.number, *(f"【{mark}】" for mark in self._document.marks)])
        header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        footer.add_run("第 ")
        _add_field(footer, "PAGE")
        footer.add_run(" 页 共 ")
        _add_field(footer, "NUMPAGES")
        footer.add_run(" 页")

    def _paragraph(self, block: Paragraph) -> None:
        if block.style == "body":
            self._say(block.text, indented=True)
        else:
            colour = RED if block.style == "draft" else "444444"
            self._say(block.text, size=10.5, colour=colour, italic=block.style == "draft")

    def _table(
        self, shares: Sequence[float], rows: Sequence[Sequence[str]], *, headed: bool, marked: frozenset[int]
    ) -> None:
        from docx.shared import Mm

        table = self._file.add_table(rows=len(rows), cols=len(shares), style="Table Grid")
        table.autofit = False
        widths = [Mm(WIDTH_MM * share / sum(shares)) for share in shares]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for number, (line, cells) in enumerate(zip(table.rows, rows, strict=True)):
            _keep_whole(line)
            for place, (cell, text) in enumerate(zip(line.cells, cells, strict=True)):
                is_name = (headed and number == 0) or (not headed and place == 0)
                colour = GREY if is_name else PINK if headed and number - 1 in marked else ""
                _fill(cell, text, width=widths[place], is_name=is_name, colour=colour)
        if headed:
            _repeat(table.rows[0])
        self._file.add_paragraph().paragraph_format.space_after = 0

    def _sign(self, block: Signature) -> None:
        from docx.shared import Mm

        for name, value in block.lines:
            paragraph = self._say(f"{name}:{value or '__________________'}")
            paragraph.paragraph_format.left_indent = Mm(WIDTH_MM / 2)
            paragraph.paragraph_format.space_before = Mm(4)
            paragraph.paragraph_format.keep_together = paragraph.paragraph_format.keep_with_next = True


def _allowed(text: str) -> str:
    """Return a text as XML 1.0 takes it: what people and devices told may hold characters that it forbids."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _fill(cell: Any, text: str, *, width: Any, is_name: bool, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    cell.width = width
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = 0
    run = paragraph.add_run(_allowed(text))
    run.font.size = Pt(10)
    if is_name:
        _set_east_asian(run, HEADING_FONT)
    if colour:
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - python-docx has no other way to shade a cell


def _set_east_asian(run: Any, font: str) -> None:
    from docx.oxml.ns import qn

    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - no other way


def _repeat(row: Any) -> None:
    """Let a row be the heading on every page that the table reaches."""
    _set_row(row, "w:tblHeader")


def _keep_whole(row: Any) -> None:
    """Let no page end within a row."""
    _set_row(row, "w:cantSplit")


def _set_row(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))  # noqa: SLF001 - python-docx has no other way


def _add_field(paragraph: Any, code: str) -> None:
    """Add what the word processor fills in, such as the number of the page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"  # what is shown until the field is worked out
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - python-docx has no other way
