"""What a list is: columns, and rows that come of the record or of a hall's picture. Each can be searched and exported.

Adding one takes a file in ``lists`` with a :class:`Listing` and a line in its registry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.spreadsheets import Cell
from hallwatch_collector.web.naming import Naming
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import Words

Kind = Literal["text", "moment", "span", "number"]
"""``moment``: Unix seconds UTC, shown by the hall's clocks. ``span``: seconds."""
Value = str | float | None
"""None: there is nothing to say, or it has not happened."""


class Column(NamedTuple):
    """A column; its head is the text ``list.<key>``."""

    key: str
    kind: Kind = "text"


class Row(NamedTuple):
    """A row."""

    cells: tuple[Value, ...]
    at: float | None = None
    """When it was, for those who look for a day; None: that has no meaning here."""
    link: str = ""
    """A page of ours that says more, for the first cell."""


class ListScene(NamedTuple):
    """Of what the rows of a list come."""

    source: Source
    key: HallKey
    view: HallView
    words: Words
    name_of: Naming
    """What windows, places, devices, supplies are called."""
    role_name: Naming

    @property
    def home(self) -> str:
        """The address of the hall's pages."""
        return f"/halls/{self.view.area}/{self.view.hall}"

    def fault_name(self, fault: str) -> str:
        """Return what a fault is called in the reader's language."""
        names = self.source.fault_names.get(fault)
        return self.words.pick(*names) if names else fault


class Listing(Struct, frozen=True, kw_only=True):
    """A list."""

    id: str
    """In its address; its title is the text ``list.title_<id>``."""
    columns: tuple[Column, ...]
    rows: Callable[[ListScene], Iterable[Row]]
    """Yields what is to be shown first at first. May block: it may read the record."""


class Asked(NamedTuple):
    """What somebody looks for in a list."""

    text: str = ""
    """Words that must all be in a row."""
    since: dt.date | None = None
    until: dt.date | None = None
    """Days by the hall's clocks, both included."""


def read_asked(params: dict[str, str]) -> Asked:
    """Return what the fields of a search say; a day that is none was not said."""
    return Asked(params.get("q", "").strip()[:200], _day(params.get("from", "")), _day(params.get("to", "")))


def find_rows(listing: Listing, scene: ListScene, asked: Asked) -> list[Row]:
    """Return the rows that somebody looks for."""
    wanted = asked.text.casefold().split()
    rows = []
    for row in listing.rows(scene):
        text = "\n".join(str(cell) for cell in write_cells(listing, scene, row)).casefold()
        if all(word in text for word in wanted) and _is_within(row, asked, scene.view.timezone):
            rows.append(row)
    return rows


def tabulate(listing: Listing, scene: ListScene, rows: Sequence[Row]) -> list[list[Cell]]:
    """Return the head and the rows for a file: moments in full, spans in minutes."""
    heads: list[Cell] = [
        scene.words.say(f"list.{column.key}") + (scene.words.say("list.minutes") if column.kind == "span" else "")
        for column in listing.columns
    ]
    return [heads, *(list(write_cells(listing, scene, row)) for row in rows)]


def write_cells(listing: Listing, scene: ListScene, row: Row) -> list[Cell]:
    """Return a row as it stands in a file."""
    zone = ZoneInfo(scene.view.timezone)
    return [_cell(column.kind, value, zone) for column, value in zip(listing.columns, row.cells, strict=True)]


def show_value(kind: Kind, value: Value, words: Words) -> str:
    """Return a cell as people read it on a page."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if kind == "moment":
        return words.full_clock(value)
    return words.span(value) if kind == "span" else f"{value:g}"


def _cell(kind: Kind, value: Value, zone: ZoneInfo) -> Cell:
    if value is None or isinstance(value, str):
        return value or ""
    if kind == "moment":
        return f"{dt.datetime.fromtimestamp(value, zone):%Y-%m-%d %H:%M:%S}"
    if kind == "span":
        return round(value / 60, 1)
    return int(value) if float(value).is_integer() else value


def _is_within(row: Row, asked: Asked, timezone: str) -> bool:
    if row.at is None or not (asked.since or asked.until):
        return True
    day = dt.datetime.fromtimestamp(row.at, ZoneInfo(timezone)).date()
    return (asked.since is None or asked.since <= day) and (asked.until is None or day <= asked.until)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
