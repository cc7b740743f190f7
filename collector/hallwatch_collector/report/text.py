"""A document as plain text: one line for each row of a table, its cells with bars between them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from hallwatch_collector.report.document import Document, Facts, Heading, Paragraph, Points, Signature, Table

BAR = " | "


def to_text(document: Document) -> str:
    """Return the document as text, its marks in the first line."""
    marks = "".join(f"【{mark}】" for mark in document.marks)
    lines = [f"{marks}{document.title}", document.subtitle, f"编号:{document.number}"]
    for block in document.blocks:
        lines += _tell(block)
    return "".join(f"{line}\n" for line in lines)


@singledispatch
def _tell(block: object) -> Iterator[str]:
    raise TypeError(f"no text for {type(block).__name__}")


@_tell.register
def _heading(block: Heading) -> Iterator[str]:
    if block.level == 1:
        yield ""
    yield block.text


@_tell.register
def _paragraph(block: Paragraph) -> Iterator[str]:
    yield block.text


@_tell.register
def _points(block: Points) -> Iterator[str]:
    yield from (f"{number}. {item}" for number, item in enumerate(block.items, 1))


@_tell.register
def _facts(block: Facts) -> Iterator[str]:
    yield from (f"{name}{BAR}{value}" for name, value in block.rows)


@_tell.register
def _table(block: Table) -> Iterator[str]:
    yield BAR.join(column.title for column in block.columns)
    yield from (BAR.join(row) for row in block.rows)


@_tell.register
def _signature(block: Signature) -> Iterator[str]:
    yield ""
    yield from (f"{name}:{value or '________'}" for name, value in block.lines)
