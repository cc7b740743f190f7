"""Tables as files for people: CSV that spreadsheets open as UTF-8, and workbooks (XLSX).

Whatever a cell says, no spreadsheet takes it for a formula: names of devices and people, and what devices tell, are not
ours.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Final, Literal

Cell = str | int | float | None
Form = Literal["csv", "xlsx"]
MEDIA_TYPES: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it spreadsheets take a CSV file for one in the system's own encoding."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take the text of a CSV cell for a formula."""
WIDEST: Final = 40
LONGEST_CELL: Final = 32_767
"""More characters no cell of a workbook holds (ISO/IEC 29500)."""
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_SHEET_NAME: Final = re.compile(r"[\\*?:/\[\]']")


def write_csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return rows as CSV (RFC 4180), the head among them. A text that looks like a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_defuse(cell) if isinstance(cell, str) else cell for cell in row])
    return (BYTE_ORDER_MARK + text.getvalue()).encode(errors="replace")


def write_xlsx(title: str, rows: Sequence[Sequence[Cell]], *, name: str = "") -> bytes:
    """Return rows as a workbook (ISO/IEC 29500) with a title over its head; *name* is the sheet's, if not the title.

    Texts are written as texts, whatever they begin with.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = _NOT_IN_SHEET_NAME.sub(" ", _clean(name or title))[:31].strip() or "1"
    for number, row in enumerate([[title], *rows], 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = _clean(value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = value.startswith(FORMULA)  # else it becomes one when somebody edits the cell
                cell.alignment = Alignment(vertical="top", wrap_text=number > 2)
            elif isinstance(value, float):
                cell.number_format = "0.00"
            if number <= 2:
                cell.font = Font(bold=True, size=14 if number == 1 else 11)
    for column, cells in enumerate(zip(*rows, strict=True), 1):
        width = max(sum(2 if ord(char) > 255 else 1 for char in _shown(cell)) for cell in cells)
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
    sheet.freeze_panes = "B3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)[:WIDEST]


def _clean(text: str) -> str:
    """Return a text without what XML cannot hold, and no longer than a cell may be."""
    return _NOT_IN_XML.sub("\ufffd", text)[:LONGEST_CELL]


def _defuse(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
