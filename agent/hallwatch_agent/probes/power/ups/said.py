"""What a UPS says of itself, the same for every MIB, and how a MIB is described. All numbers are weighed here once.

Many fill what they do not know with -1, 0, 255 or the largest number there is. Such values are absent.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from hallwatch_agent.probes.snmp_probe import Column, Oid, Value, number, text

ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
NOT_KNOWN: Final = {-1, 65_535, 2**31 - 1, 2**32 - 1}
LONGEST_S: Final = 30 * 86_400
"""No battery runs a hall's UPS for longer: a run time above is a number that means "not known"."""

T = TypeVar("T")


class Said(Struct, frozen=True, kw_only=True):
    """What a UPS says by one MIB; None: nothing. Numbers are plausible, but not yet weighed against each other."""

    on_battery: bool | None = None
    """Whether the load hangs on the battery, also in a test."""
    source_is_battery: bool | None = None
    """Whether the output is said to come from the battery, where some inverters always say so: only a change counts."""
    battery_low: bool | None = None
    overload: bool | None = None
    replace_battery: bool | None = None
    communication_lost: bool | None = None
    bypass: bool | None = None
    output_off: bool | None = None
    testing: bool = False
    """A self-test or calibration runs: the UPS has gone to the battery by itself."""
    alarms: tuple[str, ...] | None = None
    """Other standing alarms, in words."""
    charge_ratio: float | None = None
    load_ratio: float | None = None
    runtime_s: float | None = None
    on_battery_s: float | None = None
    input_v: float | None = None
    """The lowest of the lines in use; 0 may also be a line that is not used."""
    temperature_c: float | None = None
    model: str = ""
    serial: str = ""
    firmware: str = ""


class Cells(Struct, frozen=True):
    """What a device answered to the objects of one MIB, by the names that the MIB's description gives them."""

    scalars: Mapping[str, Value] = {}
    columns: Mapping[str, Column] = {}
    filled: Container[str] = ()
    """Columns that had a row in this or an earlier reading: an empty one that is in use, not one that is missing."""

    def number(self, key: str) -> int | None:
        """Return a scalar that is a number, None for anything else."""
        return number(self.scalars.get(key))

    def text(self, key: str) -> str:
        """Return a scalar's octets as text, empty for anything else."""
        return text(self.scalars.get(key))

    def column(self, key: str) -> Column:
        """Return the cells of a column by index; empty when it has none."""
        return self.columns.get(key, {})

    def numbers(self, *keys: str) -> list[int]:
        """Return all numbers in these columns, by index."""
        cells = (self.column(key) for key in keys)
        return [value for column in cells for index in sorted(column) if (value := number(column[index])) is not None]

    def in_use(self, key: str, lines: str) -> list[int]:
        """Return the numbers in a column's rows of the lines in use, of which the scalar *lines* tells how many."""
        column, count = self.column(key), self.number(lines)
        rows = sorted(column)[:count] if count and count > 0 else sorted(column)
        return [value for row in rows if (value := number(column[row])) is not None]


class Mib(Struct, frozen=True, kw_only=True):
    """A MIB by which a UPS may speak."""

    name: str
    enterprises: frozenset[int] = frozenset()
    """Numbers under 1.3.6.1.4.1 of sysObjectID with which it is expected; none: any device may have it."""
    signs: frozenset[str]
    """Scalars and columns of which one must be there: what else the maker's devices share says nothing of a UPS."""
    scalars: Mapping[str, Oid] = {}
    columns: Mapping[str, Oid] = {}
    """The OID of each column: the entry's and one number."""
    decode: Callable[[Cells], Said]
    """Takes whatever values come; never raises."""

    def is_there(self, cells: Cells) -> bool:
        """Tell whether the answers are those of a UPS with this MIB."""
        return any(sign in cells.scalars or cells.column(sign) for sign in self.signs)


def first(*values: T | None) -> T | None:
    """Return the first value that is known."""
    return next((value for value in values if value is not None), None)


def any_known(*values: bool | None) -> bool | None:
    """Return whether one of them holds; None when none is known."""
    known = [value for value in values if value is not None]
    return any(known) if known else None


def one_of(value: int | None, holds: Container[int], known: Container[int]) -> bool | None:
    """Read an enumeration: True for the values in *holds*, False for the other *known* ones, None for the rest."""
    return (value in holds) if value is not None and value in known else None


def yes_no(value: int | None) -> bool | None:
    """Read yes(1), no(2)."""
    return one_of(value, {1}, {1, 2})


def charge(percent: float | None) -> float | None:
    """Return a battery's charge as a share."""
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


def load(percents: Iterable[float | None]) -> float | None:
    """Return the load of the line that bears most, as a share of what it may bear."""
    seen = [percent for percent in percents if percent is not None and 0 <= percent <= 300]
    return max(seen) / 100 if seen else None


def seconds(value: int | None, unit_s: float = 1.0) -> float | None:
    """Return a time; None for the numbers that mean "not known"."""
    if value is None or value < 0 or value in NOT_KNOWN or value * unit_s > LONGEST_S:
        return None
    return value * unit_s


def celsius(value: float | None) -> float | None:
    """Return a temperature; -273, -1, 0 and 255 are sensors that are not fitted."""
    return float(value) if value is not None and value not in (-1, 0) and -40 < value < 120 else None


def tenths(value: int | None) -> float | None:
    """Return a number that is told in tenths; -1 is "not supported" and stays what it is."""
    return None if value is None or value == -1 else value / 10


def lowest_voltage(volts: Iterable[float | None]) -> float | None:
    """Return the lowest voltage of the lines in use, 0 when none has any."""
    seen = [value for value in volts if value is not None and 0 <= value < 1000]
    return min((value for value in seen if value > 0), default=0.0) if seen else None
