"""What a printer can tell, whatever the protocol: troubles, supplies, trays. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

SOME_LEFT: Final = -3
"""A level (RFC 3805, prtInputCurrentLevel): at least one unit remains; -1 is "unrestricted", -2 "unknown"."""


class Symptom(StrEnum):
    """What can be wrong with a printer: conditions by that name; those of supplies begin with their kind."""

    JAM = "jam"
    COVER_OPEN = "cover-open"
    INPUT_EMPTY = "input-empty"
    INPUT_LOW = "input-low"
    INPUT_MISSING = "input-missing"
    TRAY_EMPTY = "tray-empty"
    """One tray is empty, which need not be the one that is printed from: no condition, but it makes one."""
    OUTPUT_FULL = "output-full"
    OFFLINE = "offline"
    STOPPED = "stopped"
    PAUSED = "paused"
    SERVICE_NEEDED = "service-needed"
    MARKER_MISSING = "marker-missing"
    SUPPLY_LOW = "low"
    SUPPLY_EMPTY = "empty"
    WASTE_FULL = "waste-full"
    WASTE_LOW_ROOM = "waste-low-room"
    DRUM_LOW = "drum-low"


TONER, INK, RIBBON = "toner", "ink", "ribbon"
MARKING: Final = (TONER, INK, RIBBON)
"""Kinds of supplies that mark the paper, without which nothing is printed; these words begin their keys."""
DRUM, WASTE, OTHER = "drum", "waste", "other"


EVERY_SYMPTOM: Final = frozenset(Symptom)


class Trouble(NamedTuple):
    """A symptom that the printer tells, of a part where it says so; empty: of the printer as a whole."""

    symptom: Symptom
    part: str = ""
    kind: str = ""
    """Of a supply: what kind; empty when it is not told."""


class Supply(Struct, frozen=True):
    """Something that is used up, or filled up."""

    index: int
    kind: str
    part: str
    """What tells it from others of its kind, a colour mostly; empty for a printer's only ribbon."""
    level: int
    ratio: float | None = None
    low: bool | None = None
    """Whether it is below the limit that the printer itself names; None where it names none."""


class Tray(Struct, frozen=True):
    """Something that paper comes from."""

    index: int
    part: str
    level: int
    ratio: float | None = None
    manual: bool = False
    """Fed by hand, sheet by sheet: it reads empty for ever, and means nothing by it."""
    sheets: float | None = None


class Stock(Struct, frozen=True):
    """What changes slowly: supplies, trays, the page counter, model and serial number."""

    supplies: Sequence[Supply] = ()
    trays: Sequence[Tray] = ()
    pages_total: float | None = None
    marks_with: str = ""
    """The kind of supply that its way of printing needs; empty when that is not told."""
    facts: dict[str, str] = {}

    def of_kind(self, kind: str) -> list[Supply]:
        """Return the supplies of a kind."""
        return [supply for supply in self.supplies if supply.kind == kind]

    @property
    def kinds(self) -> list[str]:
        """What marks the paper: as the supplies say, else as the way of printing does."""
        told = [kind for kind in MARKING if any(supply.kind == kind for supply in self.supplies)]
        return told or ([self.marks_with] if self.marks_with else [])

    @property
    def fed_trays(self) -> list[Tray]:
        """Trays that hold a stock of paper."""
        return [tray for tray in self.trays if not tray.manual]

    @property
    def at_an_end(self) -> bool:
        """Whether something is used up, so that its refilling should be seen at once."""
        marking = [supply.ratio for supply in self.supplies if supply.kind in MARKING]
        return 0 in marking + [tray.ratio for tray in self.fed_trays]


def key_of(name: str, part: str) -> str:
    """Return the key of a part."""
    return f"{name}[{part}]" if part else name


def real_ratio(level: int, maximum: int | None) -> float | None:
    """Return a level as a share, None when either is not a real quantity."""
    if maximum is None or maximum <= 0 or not 0 <= level <= maximum:
        return None
    return level / maximum


def holds(stuff: Tray | Supply) -> bool:
    """Tell whether there is some of it left."""
    return stuff.level > 0 or stuff.level == SOME_LEFT


def is_doubtful(stuff: Tray | Supply) -> bool:
    """Tell whether it says "nothing left" of no known capacity, which may also mean that nothing is measured."""
    return stuff.level == 0 and stuff.ratio is None


def ran_out(trays: Iterable[Tray], told: Container[str]) -> set[str]:
    """Return the trays that are empty by their level, or are *told* to be."""
    return {tray.part for tray in trays if tray.ratio == 0 or tray.part in told}


def metrics_of(stock: Stock, *, may_be_worn: bool) -> dict[str, float]:
    """Return the levels that are real quantities, and the page counter.

    *may_be_worn* is whether a level of 0 is believed of fusers, drums and waste boxes.
    """
    metrics: dict[str, float | None] = {}
    rooms: list[float] = []
    for supply in stock.supplies:
        if supply.kind in MARKING:
            metrics[key_of(f"{supply.kind}_ratio", supply.part)] = supply.ratio
        elif supply.ratio is None or (supply.ratio == 0 and not may_be_worn):
            continue
        elif supply.kind == WASTE:
            rooms.append(supply.ratio)
        else:
            metrics[key_of("supply_ratio", supply.part)] = supply.ratio
    for tray in stock.trays:
        metrics[key_of("input_ratio", tray.part)] = tray.ratio
        metrics[key_of("input_sheets", tray.part)] = tray.sheets
    metrics["waste_free_ratio"] = min(rooms, default=None)
    metrics["pages_total"] = stock.pages_total
    return {key: value for key, value in metrics.items() if value is not None}
