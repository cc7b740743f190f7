"""What printers say over SNMP, decoded: Host Resources MIB (RFC 2790), Printer MIB (RFC 3805, IANA-PRINTER-MIB).

Pure. Negative levels (unknown, unrestricted, "some left") never become ratios, and what is not known stays absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from hallwatch_agent.probes.parts import part_name
from hallwatch_agent.probes.snmp_probe import Column, Oid, Value, number, text

Table = Mapping[int, Column]
"""Columns of a table by their number."""

UNKNOWN: Final = -2
SOME_LEFT: Final = -3


class Symptom(StrEnum):
    """Conditions of a printer that it can tell in more than one way."""

    JAM = "jam"
    COVER_OPEN = "cover-open"
    INPUT_EMPTY = "input-empty"
    INPUT_LOW = "input-low"
    INPUT_MISSING = "input-missing"
    OUTPUT_FULL = "output-full"
    OFFLINE = "offline"
    SERVICE_NEEDED = "service-needed"
    TONER_LOW = "toner-low"
    TONER_EMPTY = "toner-empty"
    MARKER_MISSING = "marker-missing"
    WASTE_FULL = "waste-full"
    STOPPED = "stopped"


TRAY_EMPTY: Final = "tray-empty"
"""An error bit of its own: one tray is empty, which need not be the one that is printed from."""

ERROR_BITS: Final[tuple[str, ...]] = (
    Symptom.INPUT_LOW, Symptom.INPUT_EMPTY, Symptom.TONER_LOW, Symptom.TONER_EMPTY,
    Symptom.COVER_OPEN, Symptom.JAM, Symptom.OFFLINE, Symptom.SERVICE_NEEDED,
    Symptom.INPUT_MISSING, Symptom.SERVICE_NEEDED, Symptom.MARKER_MISSING, "",
    Symptom.OUTPUT_FULL, TRAY_EMPTY, Symptom.SERVICE_NEEDED,
)  # fmt: skip
"""hrPrinterDetectedErrorState from the most significant bit on; "output nearly full" is no fault. A missing output tray
is for service, as nothing else can be done about it from here."""

INPUT, OUTPUT, MARKER, SUPPLIES = 8, 9, 10, 11
"""prtAlertGroup: the table that an alert is about."""

ALERT_CODES: Final[dict[int, Symptom]] = {
    3: Symptom.COVER_OPEN, 5: Symptom.COVER_OPEN, 501: Symptom.COVER_OPEN,
    8: Symptom.JAM,
    22: Symptom.OFFLINE,
    **dict.fromkeys(range(29, 39), Symptom.SERVICE_NEEDED),
    801: Symptom.INPUT_MISSING, 807: Symptom.INPUT_LOW, 808: Symptom.INPUT_EMPTY,
    **dict.fromkeys((811, 812, 813, 901, 904), Symptom.SERVICE_NEEDED),
    903: Symptom.OUTPUT_FULL, 1303: Symptom.OUTPUT_FULL,
    **dict.fromkeys(range(1001, 1005), Symptom.SERVICE_NEEDED),
    **dict.fromkeys((1101, 1102, 1103, 1114), Symptom.TONER_EMPTY),
    **dict.fromkeys((1104, 1105, 1106, 1113), Symptom.TONER_LOW),
    1109: Symptom.WASTE_FULL, 1110: Symptom.WASTE_FULL,
    1112: Symptom.SERVICE_NEEDED,
    1115: Symptom.MARKER_MISSING,
}  # fmt: skip
"""prtAlertCode that means the same in every group."""

GROUP_CODES: Final[dict[tuple[int, int], Symptom]] = {
    (INPUT, 9): Symptom.INPUT_MISSING, (INPUT, 18): Symptom.INPUT_MISSING, (INPUT, 26): Symptom.INPUT_MISSING,
    (INPUT, 12): Symptom.INPUT_LOW, (INPUT, 13): Symptom.INPUT_EMPTY,
    (OUTPUT, 9): Symptom.SERVICE_NEEDED, (OUTPUT, 15): Symptom.OUTPUT_FULL, (OUTPUT, 17): Symptom.OUTPUT_FULL,
    **{(group, code): symptom for group in (MARKER, SUPPLIES) for code, symptom in {
        9: Symptom.MARKER_MISSING, 26: Symptom.MARKER_MISSING,
        10: Symptom.TONER_LOW, 12: Symptom.TONER_LOW, 13: Symptom.TONER_EMPTY,
        11: Symptom.TONER_LOW, 15: Symptom.WASTE_FULL,
    }.items()},
    (6, 18): Symptom.COVER_OPEN,
}  # fmt: skip
"""Codes of any sub-unit mean what their group makes of them. A cartridge past its life may still print: it is low."""

CRITICAL: Final = 3
ASKS_FOR_OTHER_PAPER: Final = {809, 810}
SAYS_NOTHING: Final = {1, 2}


class Status(Struct, frozen=True):
    """hrDeviceStatus, hrPrinterStatus and hrPrinterDetectedErrorState of one printer; None: it does not tell."""

    device: int | None = None
    printer: int | None = None
    errors: frozenset[str] | None = None

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


class Supply(Struct, frozen=True):
    """A row of the supplies table: ``toner`` (ink and ribbon too), ``waste`` or any ``other`` consumable."""

    index: int
    kind: str
    part: str
    level: int
    ratio: float | None = None


class Tray(Struct, frozen=True):
    """A row of the input table."""

    index: int
    part: str
    level: int
    ratio: float | None = None
    manual: bool = False
    """Fed by hand, sheet by sheet: it reads empty for ever, and means nothing by it."""


def parse_error_state(value: Value | None) -> frozenset[str] | None:
    """Decode hrPrinterDetectedErrorState: a bit string, most significant bit first, of 0, 1 or 2 bytes (RFC 2790).

    Trailing bytes may be left out when nothing in them is set. None when it is no octet string.
    """
    if not isinstance(value, bytes):
        return None
    bits = int.from_bytes(value[:2].ljust(2, b"\0"), "big")
    return frozenset(name for at, name in enumerate(ERROR_BITS) if name and bits & (0x8000 >> at))


def parse_stopped(status: Status) -> bool | None:
    """Tell from the pair of states whether the printer is stopped (RFC 3805, 2.2.13.2.1); None when it does not tell.

    Down means stopped, unless it is warming up (recovering) or printing all the same. Running with printer status
    "other" is standby.
    """
    if status.device is None:
        return False if status.printer in (3, 4) else None
    if status.device == 5:
        return status.printer not in (4, 5)
    return None if status.device == 1 else False


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


def symptom_of(alert: Alert, status: Status) -> Symptom | None:
    """Translate an alert; None when it is no fault (power save, warming up, cover closed, "Ready").

    A code that says nothing counts by its severity, unless the printer calls itself running.
    """
    if alert.code in ASKS_FOR_OTHER_PAPER:
        return Symptom.INPUT_EMPTY if alert.severity == CRITICAL else None
    if alert.code in SAYS_NOTHING:
        return Symptom.STOPPED if alert.severity == CRITICAL and not status.runs else None
    if alert.code == 22 and alert.group in (INPUT, OUTPUT):
        return None  # one tray is offline, not the printer
    return GROUP_CODES.get((alert.group, alert.code)) or ALERT_CODES.get(alert.code)


TONER_TYPES: Final = {3, 5, 6, 7, 12, 13, 21, 35}
WASTE_TYPES: Final = {4, 8, 14, 24, 26}
TONER_WORDS: Final = ("toner", "ink", "ribbon", "cartridge", "粉", "墨", "硒鼓", "碳带", "色带")
WASTE_WORDS: Final = ("waste", "废")
OTHER_WORDS: Final = ("drum", "fuser", "belt", "maintenance", "roller", "imaging", "感光", "定影", "转印", "维护")
COLOURS: Final = {
    "black": ("black", "黑"),
    "cyan": ("cyan", "青"),
    "magenta": ("magenta", "品红", "洋红"),
    "yellow": ("yellow", "黄"),
}


def parse_supplies(table: Table, colorants: Column) -> list[Supply]:
    """Read prtMarkerSuppliesTable (columns 3 colorant, 4 class, 5 type, 6 description, 8 maximum, 9 level).

    *colorants* is prtMarkerColorantValue.
    """
    supplies: list[Supply] = []
    said: dict[Oid, str] = {row: text(cell) for row, cell in table.get(6, {}).items()}
    rows = [row for row in sorted(table.get(9, {})) if row]
    kinds = {row: _supply_kind(table, row, said.get(row, "").lower()) for row in rows}
    only_one = sum(kind == "toner" for kind in kinds.values()) == 1
    taken: set[tuple[str, str]] = set()
    for row in rows:
        level = number(table[9][row])
        if level is None:
            continue
        kind = kinds[row]
        colour = _colour(said.get(row, "")) or _colorant(table, row, colorants)
        if kind == "toner" and not colour and only_one:
            colour = "black"  # a printer of one colour does not name it
        part = colour if kind == "toner" and colour else part_name(said.get(row, ""), f"supply-{row[-1]}")
        if (kind, part) in taken:
            part = f"{part}-{row[-1]}"
        taken.add((kind, part))
        supplies.append(Supply(row[-1], kind, part, level, _ratio(level, number(table.get(8, {}).get(row)))))
    return supplies


MANUAL_TYPE: Final = 5
MANUAL_WORDS: Final = ("manual", "bypass", "by-pass", "mptray", "mp tray", "multi", "手", "旁路", "多功能", "多用途")


def parse_trays(table: Table) -> list[Tray]:
    """Read prtInputTable (columns 2 type, 9 maximum, 10 level, 13 name, 18 description)."""
    trays: list[Tray] = []
    for row in sorted(table.get(10, {})):
        level = number(table[10][row])
        if level is None or not row:
            continue
        maximum = number(table.get(9, {}).get(row))
        name = text(table.get(13, {}).get(row)) or text(table.get(18, {}).get(row))
        manual = (
            number(table.get(2, {}).get(row)) == MANUAL_TYPE
            or maximum == 1
            or any(word in name.lower() for word in MANUAL_WORDS)
        )
        part = part_name(name, f"tray-{row[-1]}", [tray.part for tray in trays])
        trays.append(Tray(row[-1], part, level, None if manual else _ratio(level, maximum), manual))
    return trays


def parse_pages(table: Table) -> float | None:
    """Return the pages printed from prtMarkerTable (columns 3 unit, 4 life count): impressions or sheets.

    Of several markers the one that counts most is taken: each colour counts the same page.
    """
    counts = [
        count
        for row, cell in table.get(4, {}).items()
        if (count := number(cell)) is not None and count >= 0 and (number(table.get(3, {}).get(row)) or 7) in (7, 8)
    ]
    return float(max(counts)) if counts else None


def _index(value: Value | None) -> int:
    found = number(value)
    return -1 if found is None else found


def _ratio(level: int, maximum: int | None) -> float | None:
    """Return a level as a share, None when either is not a real quantity."""
    if maximum is None or maximum <= 0 or not 0 <= level <= maximum:
        return None
    return level / maximum


def _supply_kind(table: Table, row: Oid, said: str) -> str:
    kind = number(table.get(5, {}).get(row))
    if number(table.get(4, {}).get(row)) == 4 or kind in WASTE_TYPES or any(word in said for word in WASTE_WORDS):
        return "waste"
    if kind is not None and kind > 2:
        return "toner" if kind in TONER_TYPES else "other"
    if any(word in said for word in OTHER_WORDS):
        return "other"
    return "toner" if any(word in said for word in TONER_WORDS) else "other"


def _colour(said: str) -> str:
    return next((colour for colour, words in COLOURS.items() if any(word in said.lower() for word in words)), "")


def _colorant(table: Table, row: Oid, colorants: Column) -> str:
    index = number(table.get(3, {}).get(row))
    said = text(colorants.get((row[0], index))) if index else ""  # 0: no colour
    return _colour(said) or (part_name(said, "") if said else "")
