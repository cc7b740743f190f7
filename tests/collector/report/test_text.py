"""A document as plain text."""

from __future__ import annotations

from typing import get_args

from hallwatch_collector.report.document import (
    Block,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Points,
    Signature,
    Table,
)
from hallwatch_collector.report.text import to_text

BLOCKS: list[Block] = [
    Heading("一、基本情况"),
    Heading("(一)原因", 2),
    Paragraph("卡纸。"),
    Points(["先", "后"]),
    Facts([("地点", "大厅")]),
    Table([Column("时间", 1), Column("经过", 2)], [["09:00", "卡纸"]]),
    Signature([("签发人", "王主任"), ("日期", "")]),
]


def test_every_kind_of_block_has_its_lines() -> None:
    assert {type(block) for block in BLOCKS} == set(get_args(Block))
    document = Document(title="报告", subtitle="打印机", number="n-1", marks=["演练"], blocks=BLOCKS)
    assert to_text(document).splitlines() == [
        "【演练】报告",
        "打印机",
        "编号:n-1",
        "",
        "一、基本情况",
        "(一)原因",
        "卡纸。",
        "1. 先",
        "2. 后",
        "地点 | 大厅",
        "时间 | 经过",
        "09:00 | 卡纸",
        "",
        "签发人:王主任",
        "日期:________",
    ]
