"""A printer over SNMP: what is asked, and when. ``printer_mib`` and ``printer_supplies`` say what it means.

Status and alerts are read every time. Supplies and trays change slowly and cost more: they are read every
``supplies_interval_s``, and at once when the status changes or while one of them is at its end; the readings in between
repeat them. When they cannot be read, they are absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from hallwatch_agent.probes.printers.printer import Stock, metrics_of
from hallwatch_agent.probes.printers.printer_mib import Alert, Status, parse_alerts, parse_error_state, said_over_snmp
from hallwatch_agent.probes.printers.printer_supplies import parse_marks_with, parse_pages, parse_supplies, parse_trays
from hallwatch_agent.probes.printers.printer_verdict import Said, judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Seconds, Told
from hallwatch_agent.probes.snmp_probe import MIB_2, SYS_DESCR, Column, Oid, SnmpProbe, number, text
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session

HR_DEVICE: Final[Oid] = (*MIB_2, 25, 3, 2, 1)
HR_PRINTER: Final[Oid] = (*MIB_2, 25, 3, 5, 1)
HR_TYPE_PRINTER: Final[Oid] = (*MIB_2, 25, 3, 1, 5)
PRT_GENERAL: Final[Oid] = (*MIB_2, 43, 5, 1, 1)
PRT_INPUT: Final[Oid] = (*MIB_2, 43, 8, 2, 1)
PRT_MARKER: Final[Oid] = (*MIB_2, 43, 10, 2, 1)
PRT_SUPPLIES: Final[Oid] = (*MIB_2, 43, 11, 1, 1)
PRT_COLORANT: Final[Oid] = (*MIB_2, 43, 12, 1, 1)
PRT_ALERT: Final[Oid] = (*MIB_2, 43, 18, 1, 1)


class Place(NamedTuple):
    """Under which numbers a printer stands in the two MIBs."""

    device: int
    """Its hrDeviceIndex."""
    rows: int | None
    """The first index of its rows in the Printer MIB: hrDeviceIndex too, by the standard; None when it has none."""


class Memory(Struct):
    """What is kept of a printer between two readings."""

    place: Place | None = None
    stock: Stock | None = None
    stock_read_at_s: float = 0.0
    shown: object = None
    """Status and alerts of the last reading."""
    alerted: bool = False
    """It has an alert table: there was a row in it once."""
    marks_with: str = ""
    """What marks the paper, as the supplies said when they could be read."""


class SnmpPrinterProbe(SnmpProbe, tag="snmp-printer", frozen=True, kw_only=True):
    """Reads a printer by the Host Resources MIB and the Printer MIB; either is enough."""

    supplies_interval_s: Seconds = 300.0
    device_index: Annotated[int, Meta(ge=0)] | None = None
    """Its hrDeviceIndex, for a print server that shows several printers; found by itself when left out."""

    async def read(self, context: Context) -> Told:
        """Tell conditions, levels, pages, model and serial number; raise :class:`CouldNotRead` when it is silent."""
        memory: Memory = context.memory.setdefault("printer", Memory())
        async with self.session(context) as session:
            place = memory.place = memory.place or await _find_printer(session, self.device_index)
            status = await _read_status(session, place)
            alerts = await _read_alerts(session, place)
            memory.alerted = memory.alerted or bool(alerts)
            if self._stock_is_due(memory, context.monotonic, (status, alerts)):
                memory.stock = await _read_stock(session, place)
                memory.stock_read_at_s = context.monotonic
                memory.marks_with = next(iter(memory.stock.kinds), "") if memory.stock else memory.marks_with
            memory.shown = (status, alerts)
        if status == Status() and alerts is None and memory.stock is None:
            memory.place = None
            raise CouldNotRead(ReadError.GARBAGE, "it answers, but with none of the printer's objects")
        if status == Status():
            memory.place = None  # renumbered, perhaps: look for it again
        stock = memory.stock or Stock(marks_with=memory.marks_with)
        return _tell(said_over_snmp(status, alerts, stock, memory.alerted), alerts or ())

    def _stock_is_due(self, memory: Memory, now_s: float, shown: object) -> bool:
        return (
            memory.stock is None
            or memory.stock.at_an_end
            or memory.shown != shown
            or now_s - memory.stock_read_at_s >= self.supplies_interval_s
        )


def pick_place(
    states: Iterable[Oid], types: Column, supplied: Iterable[Oid], wanted: int | None = None
) -> Place | None:
    """Choose the printer from the rows of hrPrinterTable, hrDeviceType and the Printer MIB; None when there is none.

    No number is taken for granted: there are printers at 0 and at 1280. What the Printer MIB knows comes first, then
    what calls itself a printer. *wanted* is the hrDeviceIndex where it is known. Where the Printer MIB counts in
    another way, its only printer is meant; of several it cannot be told which.
    """
    has_state = {row[0] for row in states if len(row) == 1}
    is_printer = {row[0] for row, kind in types.items() if len(row) == 1 and kind == HR_TYPE_PRINTER}
    has_supplies = {row[0] for row in supplied if row}
    candidates = ({wanted},) if wanted is not None else (
        has_state & has_supplies, has_state & is_printer, has_state, has_supplies, is_printer
    )  # fmt: skip
    device = next((min(found) for found in candidates if found), None)
    if device is None:
        return None
    if device in has_supplies or not has_supplies:
        return Place(device, device)
    alone = len(has_supplies) == 1 and len((has_state & is_printer) or has_state) <= 1
    return Place(device, min(has_supplies) if alone else None)


async def _find_printer(session: Session, wanted: int | None) -> Place:
    states = await session.walk(HR_PRINTER, [1, 2], rows=4)
    types = await session.walk(HR_DEVICE, [2])
    rows: list[Oid] = []
    for entry, column in ((PRT_GENERAL, 17), (PRT_INPUT, 10), (PRT_MARKER, 4), (PRT_SUPPLIES, 9)):
        rows += (await session.walk(entry, [column]))[column]
    place = pick_place([*states[1], *states[2]], types[2], rows, wanted)
    if place is None:
        raise CouldNotRead(ReadError.UNSUPPORTED, "it answers SNMP, but knows neither printer MIB: is it a printer?")
    return place


async def _read_status(session: Session, place: Place) -> Status:
    device_status, printer_status, errors = (
        (*HR_DEVICE, 5, place.device), (*HR_PRINTER, 1, place.device), (*HR_PRINTER, 2, place.device)
    )  # fmt: skip
    said = await session.get(device_status, printer_status, errors)
    return Status(
        number(said.get(device_status)), number(said.get(printer_status)), parse_error_state(said.get(errors))
    )


async def _read_alerts(session: Session, place: Place) -> list[Alert] | None:
    """Return the alerts, None when they could not be read; the status is worth telling all the same."""
    try:
        table = await session.walk(PRT_ALERT, [2, 4, 5, 7, 8], rows=2)
    except CouldNotRead:
        return None
    return parse_alerts(_mine(table, place))


async def _read_stock(session: Session, place: Place) -> Stock | None:
    """Return supplies and trays, None when they could not be read."""
    descr, rows = (*HR_DEVICE, 3, place.device), place.rows if place.rows is not None else place.device
    serial = (*PRT_GENERAL, 17, rows)
    try:
        supplies = _mine(await session.walk(PRT_SUPPLIES, [3, 4, 5, 6, 8, 9]), place)
        colorants = _mine(await session.walk(PRT_COLORANT, [4], rows=8), place)
        trays = _mine(await session.walk(PRT_INPUT, [2, 8, 9, 10, 13, 18]), place)
        markers = _mine(await session.walk(PRT_MARKER, [2, 3, 4], rows=4), place)
        said = await session.get(descr, serial, SYS_DESCR)
    except CouldNotRead:
        return None
    model = text(said.get(descr)) or text(said.get(SYS_DESCR))
    facts = {"model": model[:120], "serial": text(said.get(serial))[:120]}
    marks_with = parse_marks_with(markers)
    return Stock(
        supplies=parse_supplies(supplies, colorants[4], marks_with),
        trays=parse_trays(trays),
        pages_total=parse_pages(markers),
        marks_with=marks_with,
        facts={key: words for key, words in facts.items() if words},
    )


def _mine(table: Mapping[int, Column], place: Place) -> dict[int, Column]:
    """Keep the rows of one printer."""
    return {
        column: {row: cell for row, cell in cells.items() if row and row[0] == place.rows}
        for column, cells in table.items()
    }


def _tell(said: Said, alerts: Sequence[Alert]) -> Told:
    facts = dict(said.stock.facts)
    if words := " · ".join(alert.words for alert in alerts if alert.words):
        facts["state-text"] = words[:400]
    return Told(metrics_of(said.stock, may_be_worn=said.may_be_worn), {"reachable": True} | judge(said), facts)
