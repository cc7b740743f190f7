"""How a maker's knowledge is written down: which column of which table tells what, and what its numbers mean.

A source is one maker's table of measures. At a look-up the tables are walked once, and each row that is real becomes a
point; between look-ups only the cells of the points are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from hallwatch_agent.probes.snmp_probe import Oid, Value, number

ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
CPU, MEMORY, TEMPERATURE = "cpu_used_ratio", "memory_used_ratio", "temperature_c"
FAN, POWER, TOO_WARM = "fan-failed", "power-supply-failed", "temperature-high"
BEYOND_LIMIT: Final = {CPU: "cpu-high", MEMORY: "memory-high", TEMPERATURE: TOO_WARM}
"""The condition that holds when a value is above the limit that the device itself has for it."""

POWER_SUPPLIES, FANS, PORTS = 6, 7, 10
"""entPhysicalClass of the ENTITY-MIB (RFC 6933)."""

Cells = Sequence[Value | None]
Row = Mapping[int, Value]
"""The cells of one row by their column."""
Decode = Callable[[Cells], float | bool | None]
"""Makes an amount or a state of the cells; None when they do not tell it."""


class Measure(Struct, frozen=True, kw_only=True):
    """One thing that a table tells of each of its rows."""

    tells: str
    table: Oid
    """The table's entry; for scalars what stands before their last two numbers: a scalar is a table of one row."""
    cells: tuple[int, ...]
    """The columns that *decode* is given, read each time."""
    decode: Decode
    limit: int = 0
    """The column of the device's own limit, in the same unit."""
    name: int = 0
    """The column with the row's name; 0: the ENTITY-MIB names it where *entity* is set."""
    entity: bool = False
    """The row's index is an entPhysicalIndex."""
    about: int = 0
    """The column with the entPhysicalIndex that the row is about."""
    label: str = ""
    """What a row is called that has no name, before its index."""
    classes: frozenset[int] = frozenset()
    """Only rows of these entPhysicalClasses; empty: of all."""
    also: tuple[int, ...] = ()
    """Further columns that *real* looks at."""
    real: Callable[[Row], bool] | None = None
    """Whether a row is more than a place holder; None: when *decode* makes something of it."""
    together: bool = False
    """All rows are one thing: *decode* is given the cells of each, one after the other."""
    otherwise: bool = False
    """Only when nothing before has told this."""

    @property
    def columns(self) -> set[int]:
        """All columns that a look-up needs."""
        return {*self.cells, *self.also} | {column for column in (self.limit, self.name, self.about) if column}


class Point(Struct, frozen=True):
    """One thing that is read of a device: its cells, and what becomes of them."""

    tells: str
    part: str
    oids: tuple[Oid, ...]
    decode: Decode
    limit: float | None = None

    def key(self, stem: str = "") -> str:
        """How the reading calls it, or what *stem* says of the same part."""
        return f"{stem or self.tells}[{self.part}]" if self.part else stem or self.tells


class Source(Struct, frozen=True):
    """What one maker's devices tell, and by which sysObjectID they are known."""

    name: str
    known_by: tuple[Oid, ...]
    measures: tuple[Measure, ...]


def first_of(alternatives: Iterable[tuple[Measure, ...]]) -> tuple[Measure, ...]:
    """Chain measures of one MIB that stands under several numbers: what the first tells is not taken from the next."""
    first, *others = alternatives
    return (*first, *(structs.replace(measure, otherwise=True) for measures in others for measure in measures))


def oid(dotted: str) -> Oid:
    """Return an OID from how manuals write it."""
    return tuple(map(int, dotted.split(".")))


def enterprise(dotted: str) -> Oid:
    """Return an OID from what follows ``1.3.6.1.4.1`` in it."""
    return ENTERPRISES + oid(dotted)


def percent(cells: Cells) -> float | None:
    """Take a share in percent."""
    value = number(cells[0])
    return value / 100 if value is not None and 0 <= value <= 100 else None


def percent_above_zero(cells: Cells) -> float | None:
    """Take a share in percent where 0 stands for "none"."""
    return percent(cells) or None


def percent_idle(cells: Cells) -> float | None:
    """Take what is left of 100 percent."""
    idle = percent(cells)
    return None if idle is None else 1 - idle


def used_and_free(cells: Cells) -> float | None:
    """Take a share from what is used and what is free, in one unit."""
    used, free = number(cells[0]), number(cells[1])
    if used is None or free is None or used < 0 or free < 0 or not used + free:
        return None
    return used / (used + free)


def used_of_total(cells: Cells) -> float | None:
    """Take a share from what is used and what there is, in one unit."""
    used, total = number(cells[0]), number(cells[1])
    if used is None or total is None or not 0 <= used <= total or not total:
        return None
    return used / total


def free_of_total(cells: Cells) -> float | None:
    """Take a share from what is free and what there is, in one unit."""
    free = used_of_total(cells)
    return None if free is None else 1 - free


def degrees(cells: Cells) -> float | None:
    """Take a temperature in °C. 0 stands for "no sensor", and so does what no device survives (255, 65535, -255)."""
    return in_range(number(cells[0]))


def tenths_of_degree(cells: Cells) -> float | None:
    """Take a temperature in tenths of °C."""
    value = number(cells[0])
    return None if value is None else in_range(value / 10)


def in_range(celsius: float | None) -> float | None:
    """Return a temperature that a device can have, None for anything else."""
    return float(celsius) if celsius is not None and -40 < celsius < 150 and celsius != 0 else None


def states(*, good: set[int], bad: set[int]) -> Decode:
    """Decode a state: False for a good one, True for a bad one; other states (absent, not known) tell neither."""

    def decode(cells: Cells) -> bool | None:
        state = number(cells[0])
        return True if state in bad else False if state in good else None

    return decode


def states_if_present(present: int, *, good: set[int], bad: set[int]) -> Decode:
    """Decode a state in the second cell that counts only when the first says that the part is there."""
    state_of = states(good=good, bad=bad)

    def decode(cells: Cells) -> float | bool | None:
        return state_of(cells[1:]) if number(cells[0]) == present else None

    return decode


def one_above_zero(*columns: int) -> Callable[[Row], bool]:
    """Take a row for real when it has more than zero, and no "none" value, in one of the columns."""

    def real(row: Row) -> bool:
        return any(0 < (number(row.get(column)) or 0) < 65_535 for column in columns)

    return real
