"""States and alerts of a printer over SNMP: Host Resources MIB (RFC 2790), Printer MIB (RFC 3805, IANA-PRINTER-MIB).

Pure. Supplies and trays are in ``printer_supplies``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from hallwatch_agent.probes.printers.printer import (
    DRUM,
    EVERY_SYMPTOM,
    INK,
    MARKING,
    RIBBON,
    TONER,
    Stock,
    Supply,
    Symptom,
    Trouble,
)
from hallwatch_agent.probes.printers.printer_supplies import Table
from hallwatch_agent.probes.printers.printer_verdict import Said
from hallwatch_agent.probes.snmp_probe import Oid, Value, number, text

ERROR_BITS: Final[tuple[Symptom | None, ...]] = (
    Symptom.INPUT_LOW, Symptom.INPUT_EMPTY, Symptom.SUPPLY_LOW, Symptom.SUPPLY_EMPTY,
    Symptom.COVER_OPEN, Symptom.JAM, Symptom.OFFLINE, Symptom.SERVICE_NEEDED,
    Symptom.INPUT_MISSING, Symptom.SERVICE_NEEDED, Symptom.MARKER_MISSING, None,
    Symptom.OUTPUT_FULL, Symptom.TRAY_EMPTY, Symptom.SERVICE_NEEDED,
)  # fmt: skip
"""hrPrinterDetectedErrorState from the most significant bit on; "output nearly full" is no fault. A missing output tray
is for service, as nothing else can be done about it from here."""

DEVICE, GENERAL, COVER, INPUT, OUTPUT, MARKER, SUPPLIES, MEDIA_PATH = 4, 5, 6, 8, 9, 10, 11, 13
"""prtAlertGroup: the table that an alert is about."""

ALERT_CODES: Final[Mapping[int, Symptom]] = {
    3: Symptom.COVER_OPEN, 5: Symptom.COVER_OPEN, 501: Symptom.COVER_OPEN,
    8: Symptom.JAM,
    **dict.fromkeys((29, 30, 32, 33, 35, 36, 37, 38), Symptom.SERVICE_NEEDED),
    801: Symptom.INPUT_MISSING, 807: Symptom.INPUT_LOW, 808: Symptom.INPUT_EMPTY,
    **dict.fromkeys((811, 812, 813, 901, 904), Symptom.SERVICE_NEEDED),
    903: Symptom.OUTPUT_FULL, 1303: Symptom.OUTPUT_FULL,
    **dict.fromkeys(range(1001, 1005), Symptom.SERVICE_NEEDED),
    **dict.fromkeys((1101, 1102, 1103), Symptom.SUPPLY_EMPTY),
    **dict.fromkeys((1104, 1105, 1106), Symptom.SUPPLY_LOW),
    1107: Symptom.WASTE_LOW_ROOM, 1108: Symptom.WASTE_LOW_ROOM,
    1109: Symptom.WASTE_FULL, 1110: Symptom.WASTE_FULL,
    1111: Symptom.DRUM_LOW, 1112: Symptom.SERVICE_NEEDED, 1114: Symptom.SERVICE_NEEDED,
    1115: Symptom.MARKER_MISSING,
}  # fmt: skip
"""prtAlertCode that means the same in every group."""
KIND_OF_CODE: Final[Mapping[int, str]] = {
    1101: TONER, 1104: TONER, 1102: INK, 1105: INK, 1103: RIBBON, 1106: RIBBON,
}  # fmt: skip

GROUP_CODES: Final[Mapping[tuple[int, int], Symptom]] = {
    **{(group, 22): Symptom.OFFLINE for group in (1, 2, DEVICE, GENERAL, MARKER, MEDIA_PATH)},
    (INPUT, 9): Symptom.INPUT_MISSING, (INPUT, 18): Symptom.INPUT_MISSING, (INPUT, 26): Symptom.INPUT_MISSING,
    (INPUT, 12): Symptom.INPUT_LOW, (INPUT, 13): Symptom.INPUT_EMPTY,
    (OUTPUT, 9): Symptom.SERVICE_NEEDED, (OUTPUT, 15): Symptom.OUTPUT_FULL, (OUTPUT, 17): Symptom.OUTPUT_FULL,
    **{(group, code): symptom for group in (MARKER, SUPPLIES) for code, symptom in {
        9: Symptom.MARKER_MISSING, 26: Symptom.MARKER_MISSING,
        10: Symptom.SUPPLY_LOW, 12: Symptom.SUPPLY_LOW, 13: Symptom.SUPPLY_EMPTY,
        11: Symptom.SUPPLY_LOW, 14: Symptom.WASTE_LOW_ROOM, 15: Symptom.WASTE_FULL,
    }.items()},
    (COVER, 18): Symptom.COVER_OPEN,
}  # fmt: skip
"""Codes of any sub-unit mean what their group makes of them. A cartridge past its life may still print: it is low. A
channel, a disk or one tray that is offline is not the printer."""

OF_TRAYS: Final = (Symptom.INPUT_EMPTY, Symptom.INPUT_LOW, Symptom.INPUT_MISSING)
OF_SUPPLIES: Final = (Symptom.SUPPLY_LOW, Symptom.SUPPLY_EMPTY)
IN_WORDS_ONLY: Final = frozenset({Symptom.WASTE_LOW_ROOM, Symptom.DRUM_LOW})
"""No error bit stands for these."""
WARNINGS: Final = frozenset({
    Symptom.INPUT_LOW, Symptom.INPUT_MISSING, Symptom.SUPPLY_LOW, Symptom.SUPPLY_EMPTY, Symptom.SERVICE_NEEDED,
    Symptom.WASTE_LOW_ROOM, Symptom.WASTE_FULL, Symptom.DRUM_LOW,
})  # fmt: skip
"""What a printer that works with a warning may warn of."""
CRITICAL: Final = 3
LIFE_OVER: Final = 11
ASKS_FOR_OTHER_PAPER: Final = {809, 810}
SAYS_NOTHING: Final = {1, 2}


class Status(Struct, frozen=True):
    """hrDeviceStatus, hrPrinterStatus and hrPrinterDetectedErrorState of one printer; None: it does not tell."""

    device: int | None = None
    printer: int | None = None
    errors: frozenset[Symptom] | None = None

    @property
    def runs(self) -> bool:
        """Whether the printer calls itself running, without any warning."""
        return self.device == 2

    @property
    def complains(self) -> bool:
        """Whether it tells of any trouble at all."""
        return self.device in (3, 5) or bool(self.errors)


class Alert(NamedTuple):
    """A row of the alert table."""

    severity: int
    group: int
    row: int
    code: int
    words: str


def parse_error_state(value: Value | None) -> frozenset[Symptom] | None:
    """Decode hrPrinterDetectedErrorState: a bit string, most significant bit first, of 0, 1 or 2 bytes (RFC 2790).

    Trailing bytes may be left out when nothing in them is set. None when it is no octet string.
    """
    if not isinstance(value, bytes):
        return None
    bits = int.from_bytes(value[:2].ljust(2, b"\0"), "big")
    return frozenset(symptom for at, symptom in enumerate(ERROR_BITS) if symptom and bits & (0x8000 >> at))


def parse_stopped(status: Status) -> bool | None:
    """Tell from the pair of states whether the printer is stopped (RFC 3805, 2.2.13.2.1); None when it does not tell.

    Down means stopped, unless it is warming up (recovering) or printing all the same. Running with printer status
    "other" is standby.
    """
    if status.device == 5:
        return status.printer not in (4, 5)
    works = status.device in (2, 3) or (status.device is None and status.printer in (3, 4))
    return False if works else None


def parse_alerts(table: Table) -> list[Alert]:
    """Read prtAlertTable (columns 2 severity, 4 group, 5 row, 7 code, 8 text); a row without a code says nothing."""

    def cell(column: int, row: Oid) -> Value | None:
        return table.get(column, {}).get(row)

    return [
        Alert(
            number(cell(2, row)) or 1, number(cell(4, row)) or 2, _index(cell(5, row)), code, text(cell(8, row))
        )
        for row, value in table.get(7, {}).items()
        if (code := number(value)) is not None
    ]  # fmt: skip


def said_over_snmp(status: Status, alerts: Sequence[Alert] | None, stock: Stock, has_alert_table: bool) -> Said:
    """Put everything together. *alerts* is None when they could not be read.

    *has_alert_table* is whether there ever was an alert: many printers have none to tell.
    """
    troubles = {Trouble(symptom) for symptom in status.errors or ()}
    for alert in alerts or ():
        troubles |= troubles_of(alert, status, stock)
    return Said(
        troubles=frozenset(troubles),
        stock=stock,
        stopped=parse_stopped(status),
        tells=_tells(status, bool(troubles), has_alert_table and alerts is not None),
        complains=status.complains,
    )


def _tells(status: Status, told_any: bool, has_alerts: bool) -> frozenset[Symptom]:
    """Return what the printer would tell: by error bits, by alerts, or by calling itself running.

    One that warns or is down, and names no reason, has one that it does not name.
    """
    if not (has_alerts or status.errors is not None or status.runs):
        return frozenset()
    unnamed = status.device in (3, 5) and not told_any
    if unnamed and status.device == 5:
        return frozenset()
    return EVERY_SYMPTOM - (frozenset() if has_alerts else IN_WORDS_ONLY) - (WARNINGS if unnamed else frozenset())


def troubles_of(alert: Alert, status: Status, stock: Stock) -> set[Trouble]:
    """Translate an alert; nothing when it is no fault (power save, warming up, cover closed, "Ready").

    A code that says nothing counts by its severity, unless the printer calls itself running.
    """
    critical = alert.severity == CRITICAL
    if alert.code in ASKS_FOR_OTHER_PAPER:
        return {Trouble(Symptom.INPUT_EMPTY)} if critical else set()
    if alert.code in SAYS_NOTHING:
        return {Trouble(Symptom.STOPPED)} if critical and not status.runs else set()
    symptom = GROUP_CODES.get((alert.group, alert.code)) or ALERT_CODES.get(alert.code)
    if symptom in OF_TRAYS:
        return _of_tray(symptom, alert, stock)
    if symptom in OF_SUPPLIES:
        return _of_supply(symptom, alert, stock)
    return {Trouble(symptom)} if symptom else set()


def _of_tray(symptom: Symptom, alert: Alert, stock: Stock) -> set[Trouble]:
    """A critical alert means that this tray is the one that is printed from."""
    critical = alert.severity == CRITICAL
    rows = stock.trays if alert.group == INPUT else ()
    part = next((tray.part for tray in rows if tray.index == alert.row), "")
    if symptom is Symptom.INPUT_EMPTY and not part and not critical:
        return {Trouble(Symptom.TRAY_EMPTY)}
    whole = {Trouble(symptom)} if critical and symptom is not Symptom.INPUT_LOW else set()
    return whole | {Trouble(symptom, part)}


def _of_supply(symptom: Symptom, alert: Alert, stock: Stock) -> set[Trouble]:
    """What is said of a drum, a fuser or a waste box is not said of the toner."""
    supply = _row(stock.supplies, alert.row) if alert.group == SUPPLIES else None
    if supply is None or supply.kind in MARKING:
        return {Trouble(symptom, supply.part if supply else "", supply.kind if supply else _kind_of(alert))}
    if alert.code == LIFE_OVER or symptom is Symptom.SUPPLY_EMPTY:
        return {Trouble(Symptom.SERVICE_NEEDED)} if alert.severity == CRITICAL else set()
    return {Trouble(Symptom.DRUM_LOW, supply.part)} if supply.kind == DRUM else set()


def _kind_of(alert: Alert) -> str:
    return KIND_OF_CODE.get(alert.code, "")


def _row(supplies: Iterable[Supply], index: int) -> Supply | None:
    return next((supply for supply in supplies if supply.index == index), None)


def _index(value: Value | None) -> int:
    found = number(value)
    return -1 if found is None else found
