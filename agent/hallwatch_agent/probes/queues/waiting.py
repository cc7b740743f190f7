"""How many people wait and how long, from rows of any queue-number machine, as a small mapping in the hall file reads
them. Pure: rows in, numbers out. Clause A1 hangs on these numbers.

A number is told only when every row that makes it could be read: one that cannot be is named and costs the reading, as
a sum without it would be invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from msgspec import Meta, Struct, field

from hallwatch_agent.expectations import show_value
from hallwatch_agent.probes.probe import CouldNotRead, Told
from hallwatch_agent.probes.queues.waiting_cells import (
    LONGEST_WAIT_S,
    parse_code,
    parse_moment,
    parse_people,
    parse_wait,
    parse_zone,
)
from hallwatch_agent.probes.time_form import check_day
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import Id, ReadError

NAMED: Final = 20
"""Codes in a fact."""
NAMED_CHARS: Final = 40

T = TypeVar("T")
Row = Mapping[str, Any]
Column = Annotated[str, Meta(max_length=100)]
Offset = Annotated[
    str,
    Meta(
        pattern=r"^[+-](?:0[0-9]|1[0-4]):[0-5][0-9]$(?!\n)",
        description="a difference to UTC",
        examples=["+08:00"],
    ),
]


class QueueMap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the source calls what. In JSON a dot in a column's name goes one level deeper."""

    class_: Column = field(default="", name="class")
    """The column with the machine's own code of the business class; left out: only the total is told."""
    waiting: Column = ""
    """How many wait; left out: each row is one ticket that waits."""
    longest_wait: Column = ""
    unit: Literal["s", "min", "hh:mm:ss"] = "s"
    """Of ``longest_wait``."""
    issued: Column = ""
    """Instead of ``longest_wait``: when the ticket, or the oldest one of the class, was drawn."""
    issued_format: str = ""
    """As for strptime; without a day in it, today. Left out: ISO 8601, or Unix seconds or milliseconds."""
    time_zone: Offset = "+08:00"
    """Of moments that do not say it themselves."""
    classes: Annotated[dict[str, Id], Meta(max_length=100)] = field(default_factory=dict)
    """The hall's business class for each of the machine's codes; several codes may be one class."""
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Reads only rows whose column holds one of these: ``{ state = ["0", "waiting"] }``."""
    ignore: tuple[str, ...] = ()
    """Codes of rows that are no class, such as a line with the sum."""

    def __post_init__(self) -> None:
        """Refuse two sources for one number, codes without a column, and a form that no moment has."""
        if self.longest_wait and self.issued:
            raise ValueError(tell("`longest_wait` and `issued` are two ways to tell one thing: leave one out"))
        if (self.classes or self.ignore) and not self.class_:
            raise ValueError(tell("`class` must name the column that holds the codes in `classes` and `ignore`"))
        if self.unit != "s" and not self.longest_wait:
            raise ValueError(tell("`unit` is that of `longest_wait`: name that column, or leave `unit` out"))
        if both := sorted({*self.classes} & {*self.ignore}):
            code = show_value(both[0])
            raise ValueError(tell("code {code} stands in `classes` and in `ignore`; take it out of one", code=code))
        if self.issued_format:
            try:
                some_day = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 - only its form counts
                datetime.strptime(some_day.strftime(self.issued_format), self.issued_format)  # noqa: DTZ007
            except (ValueError, re.error):
                raise ValueError(tell("`issued_format` is not a form such as %Y-%m-%d %H:%M:%S")) from None
            check_day(self.issued_format, "issued_format")

    @property
    def columns(self) -> set[str]:
        """The columns that are read of every row."""
        return {self.class_, self.waiting, self.longest_wait, self.issued, *self.only} - {""}


class Waiting(Struct, frozen=True):
    """What one row tells; a wait of None is not known."""

    code: str
    people: int
    wait_s: float | None = None


def judge(rows: Sequence[Any], mapping: QueueMap, now: float) -> Told:
    """Tell ``people_waiting`` and ``longest_wait_s``, in all and by class.

    Raises :class:`CouldNotRead` (``garbage``) naming row and column.
    """
    read: list[Waiting] = []
    for number, row in enumerate(rows, 1):
        try:
            if not isinstance(row, Mapping):
                raise ValueError(f"{type(row).__name__}, not a table of columns")
            if is_wanted(row, mapping):
                read.append(parse_row(row, mapping, now))
        except ValueError as error:
            raise CouldNotRead(ReadError.GARBAGE, f"row {number}: {error}") from None
    return add_up(read, mapping)


def is_wanted(row: Row, mapping: QueueMap) -> bool:
    """Tell whether a row is asked for; raise :class:`ValueError` naming the column that does not say it."""
    if any(_read(row, column, parse_code) not in wanted for column, wanted in mapping.only.items()):
        return False
    return not mapping.ignore or _read(row, mapping.class_, parse_code) not in mapping.ignore


def parse_row(row: Row, mapping: QueueMap, now: float) -> Waiting:
    """Read one row; raise :class:`ValueError` naming the column that cannot be read."""
    code = _read(row, mapping.class_, parse_code) if mapping.class_ else ""
    people = _read(row, mapping.waiting, parse_people) if mapping.waiting else 1
    if people and mapping.longest_wait:
        return Waiting(code, people, _read(row, mapping.longest_wait, lambda cell: parse_wait(cell, mapping.unit)))
    if people and mapping.issued:
        zone = parse_zone(mapping.time_zone)
        at = _read(row, mapping.issued, lambda cell: parse_moment(cell, mapping.issued_format, zone, now))
        if mapping.waiting and at is not None and now - at > LONGEST_WAIT_S:
            raise ValueError(f"column {mapping.issued}: more than {LONGEST_WAIT_S / 3600:g} h ago")
        return Waiting(code, people, None if at is None else now - at)
    return Waiting(code, people)


def add_up(rows: Sequence[Waiting], mapping: QueueMap) -> Told:
    """Sum the rows, in all and by class. A class that no row names has nobody waiting.

    Codes of no class count in the total and are named in a fact, so is how many tickets were too old to be true.
    """
    current = [row for row in rows if row.wait_s is None or row.wait_s <= LONGEST_WAIT_S]
    by_class: dict[str, list[Waiting]] = {part: [] for part in mapping.classes.values()}
    unmapped: dict[str, int] = {}
    for row in current:
        if part := mapping.classes.get(row.code):
            by_class[part].append(row)
        elif mapping.classes:
            unmapped[row.code] = unmapped.get(row.code, 0) + row.people
    with_wait = bool(mapping.longest_wait or mapping.issued)
    metrics = _numbers(current, "", with_wait=with_wait)
    for part, own in by_class.items():
        metrics |= _numbers(own, f"[{part}]", with_wait=with_wait)
    facts = {}
    if unmapped:
        facts["unmapped-classes"] = ", ".join(
            f"{_printable(code)}: {people}" for code, people in sorted(unmapped.items())[:NAMED]
        )
    if old := len(rows) - len(current):
        facts["left-out"] = f"{old} tickets older than {LONGEST_WAIT_S / 3600:g} h"
    return Told(metrics, facts=facts)


def _numbers(rows: Sequence[Waiting], part: str, *, with_wait: bool) -> dict[str, float]:
    """Return the numbers of one class, or of all; the longest wait only when everyone's is known."""
    numbers = {f"people_waiting{part}": float(sum(row.people for row in rows))}
    waits = [row.wait_s for row in rows if row.people]
    if with_wait and None not in waits:
        numbers[f"longest_wait_s{part}"] = max((wait_s for wait_s in waits if wait_s is not None), default=0.0)
    return numbers


def _read(row: Row, column: str, parse: Callable[[Any], T]) -> T:
    try:
        return parse(_cell(row, column))
    except ValueError as error:
        raise ValueError(f"column {column}: {error}") from None


def _cell(row: Row, column: str) -> Any:
    if column in row:
        return row[column]
    found: Any = row
    for name in column.split("."):
        if not isinstance(found, Mapping) or name not in found:
            raise ValueError("missing")
        found = found[name]
    return found


def _printable(code: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in code[:NAMED_CHARS]) or "(none)"
