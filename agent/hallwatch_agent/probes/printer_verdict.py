"""What a printer's half-truths amount to: error bits, states, alerts and levels put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes.printer_mib import (
    CRITICAL,
    INPUT,
    SOME_LEFT,
    SUPPLIES,
    TRAY_EMPTY,
    Alert,
    Status,
    Supply,
    Symptom,
    Tray,
    parse_stopped,
    symptom_of,
)
from hallwatch_agent.probes.probe import Told

OF_TRAYS: Final = (Symptom.INPUT_LOW, Symptom.INPUT_MISSING)
OF_TONER: Final = (Symptom.TONER_LOW, Symptom.TONER_EMPTY)
OF_THE_PRINTER: Final = (
    Symptom.JAM, Symptom.COVER_OPEN, Symptom.OUTPUT_FULL, Symptom.OFFLINE, Symptom.SERVICE_NEEDED,
    Symptom.MARKER_MISSING,
)  # fmt: skip


class Stock(Struct, frozen=True):
    """What changes slowly: supplies, trays, the page counter, model and serial number."""

    supplies: Sequence[Supply] = ()
    trays: Sequence[Tray] = ()
    pages_total: float | None = None
    facts: dict[str, str] = {}

    @property
    def toners(self) -> list[Supply]:
        """Toner, ink and ribbons."""
        return [supply for supply in self.supplies if supply.kind == "toner"]

    @property
    def wastes(self) -> list[Supply]:
        """Receptacles; their level is the room that is left (RFC 3805, prtMarkerSuppliesLevel)."""
        return [supply for supply in self.supplies if supply.kind == "waste"]

    @property
    def fed_trays(self) -> list[Tray]:
        """Trays that hold a stock of paper."""
        return [tray for tray in self.trays if not tray.manual]

    @property
    def at_an_end(self) -> bool:
        """Whether something is used up, so that its refilling should be seen at once."""
        return 0 in [toner.ratio for toner in self.toners] + [tray.ratio for tray in self.fed_trays]

    def part_of(self, alert: Alert) -> str:
        """Return the name of the tray or toner that an alert is about, empty when it is not told."""
        if alert.group == INPUT:
            return next((tray.part for tray in self.trays if tray.index == alert.row), "")
        if alert.group == SUPPLIES:
            return next((supply.part for supply in self.toners if supply.index == alert.row), "")
        return ""


class Said(Struct, frozen=True):
    """Everything that the printer said, sorted by symptom."""

    status: Status
    parts: dict[Symptom, set[str]]
    """Of each symptom alerted, the parts; the empty part is the printer as a whole."""
    stock: Stock
    calm_means_fine: bool
    """Whether a symptom that is not told is known to be absent."""

    def bit(self, name: str) -> bool:
        """Tell whether an error bit is set."""
        return name in (self.status.errors or ())

    def of_whole(self, symptom: Symptom) -> bool | None:
        """Judge a symptom of the printer as a whole; None when it is not known."""
        if self.bit(symptom) or "" in self.parts.get(symptom, ()):
            return True
        return False if self.calm_means_fine else None

    def of_part(self, symptom: Symptom, part: str) -> bool | None:
        """Judge a symptom of a part; not known while the printer tells it without saying of which part."""
        if part in self.parts.get(symptom, ()):
            return True
        return False if self.of_whole(symptom) is False else None


def judge(status: Status, alerts: Sequence[Alert] | None, stock: Stock | None, has_alert_table: bool) -> Told:
    """Put everything together. *alerts* and *stock* are None when they could not be read.

    Silence about a symptom counts as "fine" only from a printer that tells symptoms at all: by error bits, by alerts,
    or by calling itself running.
    """
    kept = stock or Stock()
    calm_means_fine = status.errors is not None or status.runs or (has_alert_table and alerts is not None)
    said = Said(status, _alerted(alerts or (), kept, status), kept, calm_means_fine)
    known: dict[str, bool | None] = {str(symptom): said.of_whole(symptom) for symptom in OF_THE_PRINTER}
    known |= _stopped(said) | _paper(said) | _toner(said) | _waste(said)
    conditions = {"reachable": True} | {str(key): value for key, value in known.items() if value is not None}
    facts = dict(kept.facts)
    if words := " · ".join(alert.words for alert in alerts or () if alert.words):
        facts["alerts"] = words[:400]
    return Told(stock_metrics(kept), conditions, facts)


def stock_metrics(stock: Stock) -> dict[str, float]:
    """Return the levels that are real quantities, and the page counter."""
    metrics = {f"toner_ratio[{toner.part}]": toner.ratio for toner in stock.toners}
    metrics |= {f"input_ratio[{tray.part}]": tray.ratio for tray in stock.trays}
    metrics |= {f"supply_ratio[{supply.part}]": supply.ratio for supply in stock.supplies if supply.kind == "other"}
    metrics["waste_free_ratio"] = min((waste.ratio for waste in stock.wastes if waste.ratio is not None), default=None)
    metrics["pages_total"] = stock.pages_total
    return {key: value for key, value in metrics.items() if value is not None}


def _alerted(alerts: Sequence[Alert], stock: Stock, status: Status) -> dict[Symptom, set[str]]:
    parts: dict[Symptom, set[str]] = {}
    for alert in alerts:
        symptom = symptom_of(alert, status)
        if symptom is None:
            continue
        about = stock.part_of(alert) if symptom in (*OF_TRAYS, *OF_TONER, Symptom.INPUT_EMPTY) else ""
        parts.setdefault(symptom, set()).add(about)
        if alert.severity == CRITICAL and symptom in (Symptom.INPUT_EMPTY, Symptom.INPUT_MISSING):
            parts[symptom].add("")  # critical: this tray is the one that is printed from
    return parts


def _stopped(said: Said) -> dict[str, bool | None]:
    stopped = parse_stopped(said.status)
    return {"stopped": True if Symptom.STOPPED in said.parts else stopped}


def _paper(said: Said) -> dict[str, bool | None]:
    """Judge the paper. ``input-empty`` means that the printer has none to print on, and of a tray that it is why.

    An empty tray beside others that hold paper is ``input-low``: the printer prints on, but should be refilled.
    """
    trays = said.stock.fed_trays
    some_left = any(_holds(tray) for tray in trays)
    one_empty = said.bit(TRAY_EMPTY)
    empty = said.of_whole(Symptom.INPUT_EMPTY)
    if (trays and all(tray.ratio == 0 for tray in trays)) or (one_empty and not some_left):
        empty = True
    elif empty is None and some_left:
        empty = False
    known: dict[str, bool | None] = {str(symptom): said.of_whole(symptom) for symptom in OF_TRAYS}
    known["input-empty"] = empty
    if one_empty:
        known["input-low"] = True
    for tray in trays:
        known[f"input-missing[{tray.part}]"] = said.of_part(Symptom.INPUT_MISSING, tray.part)
        ran_out = tray.ratio == 0 or tray.part in said.parts.get(Symptom.INPUT_EMPTY, ())
        low = said.of_part(Symptom.INPUT_LOW, tray.part)
        known[f"input-low[{tray.part}]"] = True if ran_out and not empty else low
        if ran_out or _holds(tray) or not empty:
            known[f"input-empty[{tray.part}]"] = ran_out and empty
    return known


def _holds(stuff: Tray | Supply) -> bool:
    return stuff.level > 0 or stuff.level == SOME_LEFT


def _toner(said: Said) -> dict[str, bool | None]:
    """Judge toner and ink: by part wherever it is told, of the printer as a whole only where it is not."""
    known: dict[str, bool | None] = {}
    used_up = {toner.part for toner in said.stock.toners if toner.ratio == 0}
    for symptom in OF_TONER:
        whole = said.of_whole(symptom)
        named = said.parts.get(symptom, set()) - {""}
        if symptom is Symptom.TONER_EMPTY:
            named |= used_up
        known[symptom] = False if whole and named else whole
        for toner in said.stock.toners:
            if toner.part in named:
                verdict: bool | None = True
            elif whole is None:
                verdict = False if symptom is Symptom.TONER_EMPTY and _holds(toner) else None
            else:
                verdict = None if whole and not named else False
            known[f"{symptom}[{toner.part}]"] = verdict
    return known


def _waste(said: Said) -> dict[str, bool | None]:
    """Judge the waste box. Vendors differ in what a level of 0 means, so it counts only when the printer complains."""
    full = said.of_whole(Symptom.WASTE_FULL)
    if not full and any(waste.ratio == 0 for waste in said.stock.wastes):
        full = True if said.status.complains else None
    return {"waste-full": full}
