"""A document before it is written as a page, DOCX or PDF: headings, paragraphs, tables. No form knows an incident."""

from __future__ import annotations

from msgspec import Struct


class Heading(Struct, frozen=True):
    """The title of a section (level 1) or of a part of it (level 2)."""

    text: str
    level: int = 1


class Paragraph(Struct, frozen=True):
    """Running text; ``note`` is set smaller, ``draft`` as something a person has yet to confirm."""

    text: str
    style: str = "body"


class Points(Struct, frozen=True):
    """Numbered points."""

    items: list[str]


class Facts(Struct, frozen=True):
    """A table of names and what they are; its first column is the heading."""

    rows: list[tuple[str, str]]


class Column(Struct, frozen=True):
    """A column, and its share of the page's width beside the others."""

    title: str
    share: float


class Table(Struct, frozen=True):
    """A table whose heading is repeated on every page. Rows whose number is in ``marked`` stand out."""

    columns: list[Column]
    rows: list[list[str]]
    marked: frozenset[int] = frozenset()


class Signature(Struct, frozen=True):
    """Lines to sign on, each with what is already filled in (empty: a line to write on)."""

    lines: list[tuple[str, str]]


Block = Heading | Paragraph | Points | Facts | Table | Signature


class Document(Struct, frozen=True, kw_only=True):
    """A document."""

    title: str
    subtitle: str
    number: str
    """Its own number, on every page."""
    marks: list[str]
    """Words that must be on every page: 演练, 模拟."""
    blocks: list[Block]
