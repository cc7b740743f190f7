"""What a printer says over IPP (RFC 8011, PWG 5100.9, PWG 5100.13, CUPS), in the words of all printers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from hallwatch_agent.probes.printers.ipp import Attributes, fields, flag, number, numbers, word, words
from hallwatch_agent.probes.printers.printer import (
    EVERY_SYMPTOM,
    INK,
    RIBBON,
    TONER,
    Stock,
    Supply,
    Symptom,
    Tray,
    Trouble,
    holds,
)
from hallwatch_agent.probes.printers.printer_mib import Alert, Status, troubles_of
from hallwatch_agent.probes.printers.printer_supplies import MOST_ROWS, RECEPTACLE, parse_supplies, parse_trays
from hallwatch_agent.probes.printers.printer_verdict import Said
from hallwatch_agent.probes.snmp_probe import Oid, Value

STATE: Final = (
    "printer-state", "printer-state-reasons", "printer-state-message", "printer-is-accepting-jobs", "queued-job-count",
    "printer-up-time", "printer-current-time", "printer-make-and-model",
)  # fmt: skip
"""What every printer is asked for, and every queue."""
PARTS: Final = (
    "printer-alert", "printer-alert-description", "printer-input-tray", "printer-supply", "printer-supply-description",
    "marker-names", "marker-types", "marker-colors", "marker-levels", "marker-low-levels", "printer-device-id",
    "printer-serial-number", "printer-impressions-completed", "printer-media-sheets-completed",
    "printer-pages-completed",
)  # fmt: skip

STOPPED_STATES: Final[Mapping[int, bool]] = {3: False, 4: False, 5: True}
SEVERITIES: Final = ("report", "warning", "error")

REASONS: Final[Mapping[str, Trouble]] = {
    keyword: trouble
    for trouble, keywords in {
        Trouble(Symptom.JAM): (
            "media-jam", "media-path-jam", "media-path-input-jam", "media-path-output-jam", "input-media-tray-jam",
            "output-media-tray-jam",
        ),
        Trouble(Symptom.COVER_OPEN): ("cover-open", "door-open", "interlock-open"),
        Trouble(Symptom.INPUT_EMPTY): ("media-needed", "media-empty", "media-path-input-empty"),
        Trouble(Symptom.INPUT_LOW): ("media-low",),
        Trouble(Symptom.INPUT_MISSING): ("input-tray-missing",),
        Trouble(Symptom.OUTPUT_FULL): ("output-area-full", "media-path-media-tray-full", "media-path-output-full"),
        Trouble(Symptom.OFFLINE): ("offline", "timed-out", "shutdown"),
        Trouble(Symptom.PAUSED): ("paused", "moving-to-paused", "hold-new-jobs", "deactivated"),
        Trouble(Symptom.SUPPLY_LOW): ("marker-supply-low", "marker-supply-almost-empty"),
        Trouble(Symptom.SUPPLY_EMPTY): ("marker-supply-empty",),
        Trouble(Symptom.SUPPLY_LOW, "", TONER): ("toner-low", "marker-toner-almost-empty"),
        Trouble(Symptom.SUPPLY_EMPTY, "", TONER): ("toner-empty", "marker-toner-empty"),
        Trouble(Symptom.SUPPLY_LOW, "", INK): ("marker-ink-almost-empty",),
        Trouble(Symptom.SUPPLY_EMPTY, "", INK): ("marker-ink-empty",),
        Trouble(Symptom.SUPPLY_LOW, "", RIBBON): ("marker-print-ribbon-almost-empty",),
        Trouble(Symptom.SUPPLY_EMPTY, "", RIBBON): ("marker-print-ribbon-empty",),
        Trouble(Symptom.MARKER_MISSING): (
            "marker-supply-missing", "marker-toner-missing", "marker-toner-cartridge-missing", "marker-ink-missing",
            "marker-print-ribbon-missing", "marker-opc-missing", "marker-developer-missing",
        ),
        Trouble(Symptom.WASTE_LOW_ROOM): (
            "marker-waste-almost-full", "marker-waste-toner-receptacle-almost-full",
            "marker-waste-ink-receptacle-almost-full",
        ),
        Trouble(Symptom.WASTE_FULL): (
            "marker-waste-full", "marker-waste-toner-receptacle-full", "marker-waste-ink-receptacle-full",
        ),
        Trouble(Symptom.DRUM_LOW): ("opc-near-eol",),
        Trouble(Symptom.SERVICE_NEEDED): (
            "opc-life-over", "developer-empty", "marker-developer-empty", "fuser-over-temp", "fuser-under-temp",
            "marker-failure", "marker-fuser-missing", "marker-fuser-timing-failure", "marker-fuser-thermistor-failure",
            "media-path-failure", "media-path-pick-roller-failure", "input-media-tray-failure",
            "input-pick-roller-failure", "input-tray-elevation-failure", "input-tray-position-failure",
            "output-media-tray-failure", "output-tray-missing", "motor-failure", "thermistor-failure",
            "timing-failure", "over-temperature", "under-temperature", "recoverable-failure",
            "unrecoverable-failure", "unrecoverable-storage-error",
        ),
    }.items()
    for keyword in keywords
}  # fmt: skip
"""Keywords of printer-state-reasons that tell a trouble (RFC 8011, 5.4.12; PWG 5100.9; CUPS has ``offline``)."""

TYPES: Final[Mapping[str, int]] = {
    "toner": 3, "wastetoner": 4, "ink": 5, "inkcartridge": 6, "inkribbon": 7, "wasteink": 8, "opc": 9, "developer": 10,
    "fuseroil": 11, "solidwax": 12, "ribbonwax": 13, "wastewax": 14, "fuser": 15, "coronawire": 16, "cleanerunit": 18,
    "fusercleaningpad": 19, "transferunit": 20, "tonercartridge": 21, "wastewater": 24, "wastepaper": 26, "staples": 32,
    "mattetoner": 35,
}  # fmt: skip
"""PrtMarkerSuppliesTypeTC by its labels, which IPP writes with hyphens or without."""
CODES: Final[Mapping[str, int]] = {
    "coveropen": 3, "interlockopen": 5, "jam": 8, "subunitmissing": 9, "subunitlifealmostover": 10,
    "subunitlifeover": 11, "subunitalmostempty": 12, "subunitempty": 13, "subunitalmostfull": 14, "subunitfull": 15,
    "subunitatlimit": 17, "subunitopened": 18, "subunitoffline": 22, "subunitrecoverablefailure": 29,
    "subunitunrecoverablefailure": 30, "dooropen": 501, "inputmediatraymissing": 801, "inputmediasupplylow": 807,
    "inputmediasupplyempty": 808, "outputmediatrayfull": 903, "markertonerempty": 1101, "markerinkempty": 1102,
    "markerprintribbonempty": 1103, "markertoneralmostempty": 1104, "markerinkalmostempty": 1105,
    "markerprintribbonalmostempty": 1106, "markerwastetonerreceptaclealmostfull": 1107,
    "markerwasteinkreceptaclealmostfull": 1108, "markerwastetonerreceptaclefull": 1109,
    "markerwasteinkreceptaclefull": 1110, "markeropclifealmostover": 1111, "markeropclifeover": 1112,
    "markertonercartridgemissing": 1115,
}  # fmt: skip
"""PrtAlertCodeTC by its labels."""
GROUPS: Final[Mapping[str, int]] = {
    "generalprinter": 5, "cover": 6, "input": 8, "output": 9, "marker": 10, "markersupplies": 11, "mediapath": 13,
}  # fmt: skip
COLOURS: Final[Mapping[str, str]] = {
    "#000000": "black", "#00ffff": "cyan", "#ff00ff": "magenta", "#ffff00": "yellow",
}  # fmt: skip
UNKNOWN_LEVEL: Final = -2
MANUAL_FEED: Final = "sheetfeedmanual"
NO_TRAY: Final = "auto"
"""The name of "whichever tray fits"."""
SERIALS: Final = ("SN", "SERN", "SERIALNUMBER")


class Reason(NamedTuple):
    """A keyword of printer-state-reasons; what has no suffix is an error (RFC 8011, 5.4.12)."""

    keyword: str
    severity: str = "error"


def parse_reason(said: str) -> Reason:
    """Split the severity off a keyword."""
    keyword, _, severity = said.lower().rpartition("-")
    return Reason(keyword, severity) if keyword and severity in SEVERITIES else Reason(said.lower())


def said_over_ipp(printer: Attributes, stock: Stock) -> Said:
    """Put reasons, alerts and state together.

    A printer that is stopped, and names no reason, has one that it does not name.
    """
    stopped = STOPPED_STATES.get(number(printer, "printer-state") or 0)
    reasons = [parse_reason(said) for said in words(printer, "printer-state-reasons")]
    troubles = {trouble for reason in reasons if (trouble := _trouble(reason, stopped, stock))}
    for alert in parse_alerts(printer):
        troubles |= troubles_of(alert, Status(device=2 if stopped is False else 5), stock)
    return Said(
        troubles=frozenset(troubles),
        stock=stock,
        stopped=stopped,
        tells=EVERY_SYMPTOM if reasons and (troubles or not stopped) else frozenset(),
        complains=bool(stopped or troubles),
    )


def _trouble(reason: Reason, stopped: bool | None, stock: Stock) -> Trouble | None:
    """Translate a reason. ``media-empty`` says that at least one tray is empty (RFC 8011): the printer may print on."""
    trouble = REASONS.get(reason.keyword)
    if reason.keyword != "media-empty" or stopped:
        return trouble
    if reason.severity == "report":
        return Trouble(Symptom.INPUT_LOW)
    others = any(holds(tray) for tray in stock.fed_trays)
    return Trouble(Symptom.TRAY_EMPTY) if reason.severity == "warning" or others else trouble


def parse_alerts(printer: Attributes) -> list[Alert]:
    """Read printer-alert (PWG 5100.9): a row of the Printer MIB's alert table in words."""
    rows = fields(printer, "printer-alert")[:MOST_ROWS]
    return [
        Alert(
            severity=3 if row.get("severity", "").startswith("critical") else 4,
            group=_named(row.get("group", ""), GROUPS) or 2,
            row=_whole(row.get("groupindex")) or -1,
            code=code,
            words="",
        )
        for row in rows
        if (code := _named(row.get("code", ""), CODES)) is not None
    ]


def parse_stock(printer: Attributes) -> Stock:
    """Read supplies, trays, pages, model and serial number."""
    counts = (number(printer, f"printer-{what}-completed") for what in ("impressions", "media-sheets", "pages"))
    pages = next((count for count in counts if count is not None and count > 0), None)
    facts = {"model": word(printer, "printer-make-and-model")[:120], "serial": _serial(printer)[:120]}
    return Stock(
        supplies=_supplies(printer) or _markers(printer),
        trays=_trays(printer),
        pages_total=None if pages is None else float(pages),
        facts={key: said for key, said in facts.items() if said},
    )


def state_text(printer: Attributes) -> str:
    """Return the printer's state in its own words."""
    reasons = [said for said in words(printer, "printer-state-reasons") if said != "none"]
    said = [word(printer, "printer-state-message"), *words(printer, "printer-alert-description"), *reasons]
    return " · ".join(dict.fromkeys(filter(None, said)))[:400]


def _supplies(printer: Attributes) -> list[Supply]:
    """Read printer-supply (PWG 5100.13): a row of the Printer MIB in words.

    The level of a waste box is not believed: to some printers it is the room that is left, to others what is in it.
    """
    said = words(printer, "printer-supply-description")
    table: dict[int, dict[Oid, Value]] = {column: {} for column in (3, 4, 5, 6, 8, 9)}
    colorants: dict[Oid, Value] = {}
    for at, supply in enumerate(fields(printer, "printer-supply"), 1):
        row = (1, _whole(supply.get("index")) or at)
        is_receptacle = supply.get("class", "").lower().startswith("receptacle")
        table[3][row] = row[1]
        table[4][row] = RECEPTACLE if is_receptacle else RECEPTACLE - 1
        table[5][row] = _named(supply.get("type", ""), TYPES) or 1
        table[6][row] = (said[at - 1] if at <= len(said) else supply.get("type", "")).encode()
        table[8][row] = _level(supply.get("maxcapacity"))
        table[9][row] = UNKNOWN_LEVEL if is_receptacle else _level(supply.get("level"))
        colorants[row] = supply.get("colorantname", "").encode()
    return parse_supplies(table, colorants)


def _markers(printer: Attributes) -> list[Supply]:
    """Read marker-levels and the attributes beside it (CUPS): levels in percent, or negative as in the Printer MIB."""
    names, kinds = words(printer, "marker-names"), words(printer, "marker-types")
    colours, lows = words(printer, "marker-colors"), numbers(printer, "marker-low-levels")
    table: dict[int, dict[Oid, Value]] = {column: {} for column in (3, 5, 6, 8, 9)}
    colorants: dict[Oid, Value] = {}
    levels = numbers(printer, "marker-levels")
    for at, level in enumerate(levels):
        row = (1, at + 1)
        kind = _plain(_at(kinds, at))
        table[3][row], table[5][row] = row[1], TYPES.get(kind, 1)
        table[6][row] = (_at(names, at) or kind).encode()
        table[8][row] = 100
        table[9][row] = UNKNOWN_LEVEL if kind.startswith("waste") else level
        colorants[row] = COLOURS.get(_at(colours, at).lower(), "").encode()
    supplies = parse_supplies(table, colorants)
    if len(lows) != len(levels):
        return supplies
    return [replace(supply, low=_is_low(supply, lows[supply.index - 1])) for supply in supplies]


def _is_low(supply: Supply, limit: int) -> bool | None:
    return supply.level <= limit if supply.ratio is not None and limit > 0 else None


def _trays(printer: Attributes) -> list[Tray]:
    """Read printer-input-tray (PWG 5100.13): a row of the Printer MIB in words."""
    table: dict[int, dict[Oid, Value]] = {column: {} for column in (2, 8, 9, 10, 13, 18)}
    for at, tray in enumerate(fields(printer, "printer-input-tray"), 1):
        if tray.get("name", "").lower() == NO_TRAY:
            continue
        row = (1, at)
        table[2][row] = 5 if _plain(tray.get("type", "")) == MANUAL_FEED else 2
        table[8][row] = 8 if tray.get("unit") == "sheets" else 2
        table[9][row] = _level(tray.get("maxcapacity"))
        table[10][row] = _level(tray.get("level"))
        table[13][row] = tray.get("name", "").encode()
        table[18][row] = tray.get("description", "").encode()
    return parse_trays(table)


def _serial(printer: Attributes) -> str:
    """Return the serial number, of its own attribute or of the device id (IEEE 1284)."""
    said = word(printer, "printer-device-id").split(";")
    of_device = {
        key.strip().upper(): cell.strip() for key, sign, cell in (pair.partition(":") for pair in said) if sign
    }
    return word(printer, "printer-serial-number") or next((of_device[key] for key in SERIALS if key in of_device), "")


def _plain(label: str) -> str:
    return label.replace("-", "").replace("_", "").lower()


def _named(label: str, names: Mapping[str, int]) -> int | None:
    """Return the number of a label; some printers send the number itself."""
    return names.get(_plain(label)) or _whole(label)


def _whole(said: str | None) -> int | None:
    """Return a whole number of 32 bits, as the Printer MIB has them."""
    try:
        whole = int(said or "")
    except ValueError:
        return None
    return whole if -(2**31) <= whole < 2**31 else None


def _level(said: str | None) -> int:
    level = _whole(said)
    return UNKNOWN_LEVEL if level is None else level


def _at(values: Sequence[str], at: int) -> str:
    return values[at] if at < len(values) else ""


def accepts_jobs(printer: Attributes) -> bool | None:
    """Tell whether the queue takes new jobs; None when it does not tell."""
    return flag(printer, "printer-is-accepting-jobs")
