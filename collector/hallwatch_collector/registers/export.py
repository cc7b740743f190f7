"""A register as a file for people: XLSX, and CSV that spreadsheets open as UTF-8."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from hallwatch_collector.core.plan import Field
from hallwatch_collector.core.register_state import EntryStatus
from hallwatch_collector.registers.written import Line, RegisterPage

Cell = str | int | float
STATUS: Final[Mapping[EntryStatus, str]] = {
    "blank": "空白", "accepted": "待补录", "entered": "待告知", "told": "已办结", "void": "作废",
}  # fmt: skip
STEPS: Final[Mapping[EntryStatus, str]] = {"accepted": "受理", "entered": "补录", "told": "告知"}
REMARKS: Final = "备注"
BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it spreadsheets take a CSV file for one in the system's own encoding."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take the text of a CSV cell for a formula."""
WIDEST: Final = 40


def write_csv(page: RegisterPage, timezone: str) -> bytes:
    """Return a register as CSV (RFC 4180). No cell can become a formula: one that looks like it gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in tabulate(page, timezone):
        writer.writerow([_defuse(cell) if isinstance(cell, str) else cell for cell in row])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def write_xlsx(page: RegisterPage, timezone: str) -> bytes:
    """Return a register as a workbook (ISO/IEC 29500); texts are written as texts, whatever they begin with."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = page.register.name[:31]
    rows = list(tabulate(page, timezone))
    title = f"{page.register.name}「{page.register.mark}」" if page.register.mark else page.register.name
    lines: list[list[Cell]] = [[title], *rows]
    for number, row in enumerate(lines, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = value.startswith(FORMULA)  # else it becomes one when somebody edits the cell
                cell.alignment = Alignment(vertical="top", wrap_text=number > 2)
            elif isinstance(value, float):
                cell.number_format = "0.00"
            if number <= 2:
                cell.font = Font(bold=True, size=14 if number == 1 else 11)
    for column, cells in enumerate(zip(*rows, strict=True), 1):
        width = max(sum(2 if ord(char) > 255 else 1 for char in str(cell)) for cell in cells)
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
    sheet.freeze_panes = "B3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def tabulate(page: RegisterPage, timezone: str) -> Iterator[list[Cell]]:
    """Yield the head and then each number of a register; moments as the hall's clocks show them."""
    zone = ZoneInfo(timezone)
    fields = columns(page)
    steps = [f"{name}{what}" for name in STEPS.values() for what in ("时间", "人")]
    yield ["编号", "状态", *(field.name for field in fields), *steps, REMARKS]
    for line in page.lines:
        yield [
            line.entry.number,
            STATUS[line.entry.status],
            *(_cell(field, line.fields.get(field.id, "")) for field in fields),
            *_moments(line, zone),
            _remark(line),
        ]


def columns(page: RegisterPage) -> Sequence[Field]:
    """Return the fields to be shown, those included that the plan has not any more but somebody filled in."""
    known = [field for field in page.form.fields if page.personal or not field.personal]
    ids = {field.id for field in page.form.fields}
    others = dict.fromkeys(name for line in page.lines for name in line.fields if name not in ids)
    return [*known, *(Field(id=name, name=name, personal=True) for name in others)]


def _moments(line: Line, zone: ZoneInfo) -> Iterator[str]:
    for status in STEPS:
        step = line.entry.step(status)
        yield f"{dt.datetime.fromtimestamp(step.at, zone):%Y-%m-%d %H:%M}" if step else ""
        yield step.by if step else ""


def _remark(line: Line) -> str:
    step = line.entry.steps[-1]
    told = [f"{step.by}:{step.reason}" if step.reason else ""] if line.entry.status == "void" else []
    told += ["内容与记录不符"] * line.changed + ["内容已删除或尚未写入"] * line.missing
    return ";".join(filter(None, told))


def _cell(field: Field, value: str) -> Cell:
    if value and field.kind == "money":
        return float(value)
    return int(value) if value and field.kind == "number" else value


def _defuse(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
