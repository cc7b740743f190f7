"""A register as a file for people: a workbook, or CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from hallwatch_collector.core.plan import Field
from hallwatch_collector.core.register_state import EntryStatus
from hallwatch_collector.registers.written import Line, RegisterPage
from hallwatch_collector.spreadsheets import Cell, Form, write_csv, write_xlsx

STATUS: Final[Mapping[EntryStatus, str]] = {
    "blank": "空白", "accepted": "待补录", "entered": "待告知", "told": "已办结", "void": "作废",
}  # fmt: skip
STEPS: Final[Mapping[EntryStatus, str]] = {"accepted": "受理", "entered": "补录", "told": "告知"}
REMARKS: Final = "备注"


def write_register(page: RegisterPage, timezone: str, form: Form) -> bytes:
    """Return a register as a file."""
    title = f"{page.register.name}「{page.register.mark}」" if page.register.mark else page.register.name
    rows = list(tabulate(page, timezone))
    return write_csv(rows) if form == "csv" else write_xlsx(title, rows, name=page.register.name)


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
