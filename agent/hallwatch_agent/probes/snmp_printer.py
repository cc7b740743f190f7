"""A printer over SNMP: what is asked, and when. What it means is in ``printer_mib`` and ``printer_verdict``.

Status and alerts are read every time. Supplies and trays change slowly and cost more: they are read every
``supplies_interval_s``, and at once when the status changes or while one of them is at its end; the readings in between
repeat them. When they cannot be read, they are absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.printer_mib import (
    Alert,
    Status,
    parse_alerts,
    parse_error_state,
    parse_pages,
    parse_supplies,
    parse_trays,
)
from hallwatch_agent.probes.printer_verdict import Stock, judge
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


class Memory(Struct):
    """What is kept of a printer between two readings."""

    device: int | None = None
    """Its hrDeviceIndex."""
    stock: Stock | None = None
    stock_read_at_s: float = 0.0
    shown: object = None
    """Status and alerts of the last reading."""
    alerted: bool = False
    """It has an alert table: there was a row in it once."""


class SnmpPrinterProbe(SnmpProbe, tag="snmp-printer", frozen=True, kw_only=True):
    """Reads a printer by the Host Resources MIB and the Printer MIB; either is enough."""

    supplies_interval_s: Seconds = 300.0
    device_index: Annotated[int, Meta(ge=0)] | None = None
    """Its hrDeviceIndex, for a print server that shows several printers; found by itself when left out."""

    async def read(self, context: Context) -> Told:
        """Tell conditions, levels, pages, model and serial number; raise :class:`CouldNotRead` when it is silent."""
        memory: Memory = context.memory.setdefault("printer", Memory())
        async with self.session(context) as session:
            if memory.device is None:
                memory.device = await _find_printer(session, self.device_index)
            status = await _read_status(session, memory.device)
            alerts = await _read_alerts(session, memory.device)
            memory.alerted = memory.alerted or bool(alerts)
            if self._stock_is_due(memory, context.monotonic, (status, alerts)):
                memory.stock = await _read_stock(session, memory.device)
                memory.stock_read_at_s = context.monotonic
            memory.shown = (status, alerts)
        if status == Status() and alerts is None and memory.stock is None:
            memory.device = None
            raise CouldNotRead(ReadError.GARBAGE, "it answers, but with none of the printer's objects")
        if status == Status():
            memory.device = None  # renumbered, perhaps: look for it again
        return judge(status, alerts, memory.stock, memory.alerted)

    def _stock_is_due(self, memory: Memory, now_s: float, shown: object) -> bool:
        return (
            memory.stock is None
            or memory.stock.at_an_end
            or memory.shown != shown
            or now_s - memory.stock_read_at_s >= self.supplies_interval_s
        )


def pick_device(states: Iterable[Oid], types: Column, supplied: Iterable[Oid]) -> int | None:
    """Choose the printer's hrDeviceIndex from the rows of hrPrinterTable, hrDeviceType and the Printer MIB.

    No number is taken for granted: there are printers at 0 and at 1280. What the Printer MIB knows comes first, then
    what calls itself a printer; None when there is no printer.
    """
    has_state = {row[0] for row in states if len(row) == 1}
    is_printer = {row[0] for row, kind in types.items() if len(row) == 1 and kind == HR_TYPE_PRINTER}
    has_supplies = {row[0] for row in supplied if row}
    for candidates in (has_state & has_supplies, has_state & is_printer, has_state, has_supplies, is_printer):
        if candidates:
            return min(candidates)
    return None


async def _find_printer(session: Session, wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    states = await session.walk(HR_PRINTER, [1, 2], rows=4)
    types = await session.walk(HR_DEVICE, [2])
    supplies = await session.walk(PRT_SUPPLIES, [9])
    trays = await session.walk(PRT_INPUT, [10])
    device = pick_device([*states[1], *states[2]], types[2], [*supplies[9], *trays[10]])
    if device is None:
        raise CouldNotRead(ReadError.UNSUPPORTED, "it answers SNMP, but knows neither printer MIB: is it a printer?")
    return device


async def _read_status(session: Session, device: int) -> Status:
    device_status, printer_status, errors = (*HR_DEVICE, 5, device), (*HR_PRINTER, 1, device), (*HR_PRINTER, 2, device)
    said = await session.get(device_status, printer_status, errors)
    return Status(
        number(said.get(device_status)), number(said.get(printer_status)), parse_error_state(said.get(errors))
    )


async def _read_alerts(session: Session, device: int) -> list[Alert] | None:
    """Return the alerts, None when they could not be read; the status is worth telling all the same."""
    try:
        table = await session.walk(PRT_ALERT, [2, 4, 5, 7, 8], rows=2)
    except CouldNotRead:
        return None
    return parse_alerts({column: _mine(cells, device) for column, cells in table.items()})


async def _read_stock(session: Session, device: int) -> Stock | None:
    """Return supplies and trays, None when they could not be read."""
    descr, serial, name = (*HR_DEVICE, 3, device), (*PRT_GENERAL, 17, device), (*PRT_GENERAL, 16, device)
    try:
        supplies = await session.walk(PRT_SUPPLIES, [3, 4, 5, 6, 8, 9])
        colorants = await session.walk(PRT_COLORANT, [4], rows=8)
        trays = await session.walk(PRT_INPUT, [2, 9, 10, 13, 18])
        pages = await session.walk(PRT_MARKER, [3, 4], rows=4)
        said = await session.get(descr, serial, name, SYS_DESCR)
    except CouldNotRead:
        return None
    model = text(said.get(descr)) or text(said.get(name)) or text(said.get(SYS_DESCR))
    facts = {"model": model[:120], "serial": text(said.get(serial))}
    return Stock(
        supplies=parse_supplies({n: _mine(cells, device) for n, cells in supplies.items()}, colorants[4]),
        trays=parse_trays({n: _mine(cells, device) for n, cells in trays.items()}),
        pages_total=parse_pages({n: _mine(cells, device) for n, cells in pages.items()}),
        facts={key: words for key, words in facts.items() if words},
    )


def _mine(cells: Column, device: int) -> Column:
    """Keep the rows of one printer; all rows when the table counts printers in another way."""
    mine = {row: cell for row, cell in cells.items() if row and row[0] == device}
    return mine or cells
