"""Reads a hall file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.probes.probe import Probe
from hallwatch_agent.sentences import tell
from hallwatch_agent.tables import TableReader, join, name_item
from hallwatch_collector.calendar import CalendarName, find_calendar
from hallwatch_collector.core.hall import Device, Hall
from hallwatch_collector.halls.check import Known, check_hall
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.tables import parse_toml, read_toml

DAYS: Final = ("area", "hall", "name", "timezone", "hours", "calendar", "closed", "open", "filing")
"""Keys of a hall file that tell its days."""


class HallFile(Struct, frozen=True):
    """A hall file that may come into force."""

    path: Path
    hall: Hall
    digest: str
    """Of the file's bytes, for the journal."""
    content: bytes = b""
    """The file's bytes, to be kept for a restart."""


def read_hall(path: Path, known: Known) -> HallFile:
    """Read and check a hall file; raise :class:`FileRefused` with everything that is wrong with it."""
    _, content = read_toml(path)
    hall = parse_hall(content, str(path), known)
    return HallFile(path, hall, hashlib.sha256(content).hexdigest()[:16], content)


def parse_hall(content: bytes, name: str, known: Known) -> Hall:
    """Return what a hall file of these bytes says; raise :class:`FileRefused`, for the file of this name."""
    table = parse_toml(content, name)
    reader = TableReader({(Device, "probes"): list[AnyProbe], (Hall, "calendar"): CalendarName})
    hall = reader.read(table, Hall)
    hall = structs.replace(hall, calendar=find_calendar("none" if table.get("calendar") == "none" else "CN"))
    hall = structs.replace(hall, devices=_fit_probes(hall.devices, table, "devices", reader))
    hall = structs.replace(hall, systems=_fit_probes(hall.systems, table, "systems", reader))
    problems = dict.fromkeys((*reader.problems, *check_hall(hall, known)))
    if problems:
        raise FileRefused(Problem(name, key, text) for key, text in problems)
    return hall


def read_days(path: Path, known: Known) -> Hall:
    """Read of a hall file only what tells its days: hours, calendar, filing periods.

    Raises :class:`FileRefused` with what is wrong there; what is wrong elsewhere in the file, in a device for example,
    is no reason not to count days.
    """
    table, _ = read_toml(path)
    reader = TableReader({(Hall, "calendar"): CalendarName})
    hall = reader.read({key: value for key, value in table.items() if key in DAYS}, Hall)
    hall = structs.replace(hall, calendar=find_calendar("none" if table.get("calendar") == "none" else "CN"))
    found = [*reader.problems, *check_hall(hall, known)]
    problems = dict.fromkeys((key, text) for key, text in found if re.split(r"[.\[]", key)[0] in DAYS)
    if problems:
        raise FileRefused(Problem(str(path), key, text) for key, text in problems)
    return hall


def _fit_probes(devices: list[Device], table: dict[str, Any], key: str, reader: TableReader) -> list[Device]:
    fitted = []
    for number, (device, told) in enumerate(zip(devices, _tables(table, key), strict=True), 1):
        place = join(name_item(key, number, told), "probes")
        pairs = zip(device.probes, _tables(told, "probes"), strict=True)
        probes = [_fit_probe(probe, own, f"{place}[{at}]", reader) for at, (probe, own) in enumerate(pairs, 1)]
        fitted.append(structs.replace(device, probes=probes))
    return fitted


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    written = table.get(key)
    return [item for item in written if isinstance(item, dict)] if isinstance(written, list) else []


def _fit_probe(probe: Any, options: dict[str, Any], place: str, reader: TableReader) -> Any:
    """Let a probe with a short interval and no time limit of its own be done before the next is due."""
    if not isinstance(probe, Probe) or probe.timeout_s <= probe.interval_s:
        return probe
    if "timeout_s" not in options:
        return structs.replace(probe, timeout_s=probe.interval_s)
    longer = tell(
        "{timeout_s:g} is longer than interval_s ({interval_s:g}); make it at most that",
        timeout_s=probe.timeout_s,
        interval_s=probe.interval_s,
    )
    reader.report(join(place, "timeout_s"), longer)
    return probe
