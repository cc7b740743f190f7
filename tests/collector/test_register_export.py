"""Registers as XLSX and CSV: what people wrote never becomes a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from hallwatch_collector.core.register_state import EntryStep
from hallwatch_collector.core.sheets import EntryView, Sheet
from hallwatch_collector.core.views import RegisterView
from hallwatch_collector.plans import load
from hallwatch_collector.registers import RegisterPage, Written, put_together
from hallwatch_collector.registers.export import write_register
from hallwatch_collector.spreadsheets import FORMULA

FORM = next(form for form in load()[0].registers if form.id == "invoice-sale")
VIEW = RegisterView(
    incident="inc-1", register=FORM.id, clause="O7", name=FORM.name, name_en=FORM.name_en, mark=FORM.mark,
    opened_at=0.0, opened_by="王主任",
)  # fmt: skip
FIELDS = {
    "tax-code": "91330100MA00000000", "name": "测试公司", "address": "某路1号", "phone": "13800000001",
    "invoice-type": "增值税普通发票", "quantity": "25", "amount": "1280.50", "fee": "0.00",
}  # fmt: skip
NOW = 1_763_692_800.0


def page(*names: str, personal: bool = True) -> RegisterPage:
    """Return a register in which these taxpayers stand."""
    entries, written = [], {}
    for count, name in enumerate(names, 1):
        number = f"FS-20251121-{count:03d}"
        steps = (EntryStep(status="accepted", at=NOW, by="小陈"), EntryStep(status="entered", at=NOW + 60, by="=小李"))
        entries.append(EntryView(number=number, status="entered", steps=steps, digest="?"))
        written[number] = Written(FIELDS | {"name": name}, "")
    return put_together(Sheet(view=VIEW, form=FORM, entries=tuple(entries)), written, personal=personal)


def test_a_workbook_holds_every_field_in_the_hall_s_time_ready_to_print() -> None:
    sheet = load_workbook(io.BytesIO(write_register(page("测试公司"), "Asia/Shanghai", "xlsx"))).active
    head, row = ([cell.value for cell in sheet[number]] for number in (2, 3))
    told = dict(zip(head, row, strict=True))
    assert sheet["A1"].value == "发票发售登记簿「应急使用」"
    assert (told["编号"], told["状态"], told["纳税人名称"], told["联系电话"]) == (
        "FS-20251121-001", "待告知", "测试公司", "13800000001",
    )  # fmt: skip
    assert (told["数量"], told["金额"], told["受理时间"], told["补录人"]) == (25, 1280.5, "2025-11-21 10:40", "=小李")
    assert sheet.print_title_rows == "$1:$2"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "＝1+1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    sheet = load_workbook(io.BytesIO(write_register(page(text), "Asia/Shanghai", "xlsx"))).active
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert (sheet["D3"].value, sheet["D3"].quotePrefix) == (text, True)
    told = list(csv.reader(io.StringIO(write_register(page(text), "Asia/Shanghai", "csv").decode("utf-8-sig"))))
    assert told[1][3] == f"'{text}"


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60))
def test_csv_gives_back_what_was_written(name: str) -> None:
    told = list(
        csv.reader(io.StringIO(write_register(page(name), "Asia/Shanghai", "csv").decode("utf-8-sig"), newline=""))
    )
    assert told[1][3] == (f"'{name}" if name.startswith(FORMULA) else name)
    assert not any(cell.startswith(FORMULA) for row in told for cell in row)


def test_without_the_right_personal_columns_are_not_there() -> None:
    told = write_register(page("测试公司", personal=False), "Asia/Shanghai", "csv").decode("utf-8-sig")
    assert "测试公司" not in told
    assert "联系电话" not in told
    assert "增值税普通发票" in told
