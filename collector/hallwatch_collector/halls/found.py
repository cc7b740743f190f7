"""Devices that ``hallwatch-agent discover`` found, and how they come into a hall file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tomlkit
from msgspec import Struct
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.problems import FileRefused, Problem

MOST_FOUND: Final = 2000
UNKNOWN: Final = "# These answer, but tell nothing of what they are"
"""So begins the line of ``discover`` after which what only answers stands, as comments."""
GIVES: Final[Mapping[str, str]] = {"printer": "print", "pc": "computer"}
"""What a device of a kind gives the window at which it stands, as far as that goes without saying."""


class Found(Struct, frozen=True, kw_only=True):
    """A device that was found."""

    id: str
    kind: str
    name: str
    hosts: tuple[str, ...]
    """Its addresses, as its probes have them."""
    table: dict[str, Any]
    """As it would stand in a hall file."""
    is_known: bool = True
    """Whether it told what it is; else it only answers."""

    def is_in(self, hall: Hall | None) -> bool:
        """Tell whether a hall file has a device with one of these addresses already."""
        things = [*hall.devices, *hall.systems] if hall else []
        there = {getattr(probe, "host", "") for thing in things for probe in thing.probes}
        return not there.isdisjoint(self.hosts)


class NewWindow(Struct, frozen=True, kw_only=True):
    """A window to be added."""

    id: str
    number: int
    name: str
    classes: list[str]


class NewDevice(Struct, frozen=True, kw_only=True):
    """A found device to be added: what it is to be called, and where it stands."""

    found: Found
    name: str
    place: str = ""
    """A window's or place's id; empty: nowhere in particular."""


def read_found(text: str) -> list[Found]:
    """Return the devices of what ``hallwatch-agent discover`` wrote, those that only answer last.

    Raises :class:`FileRefused` where it is something else.
    """
    sure, _, rest = text.partition(UNKNOWN)
    quiet = "\n".join(line[2:] for line in rest.splitlines()[1:])
    found = [*_read_tables(sure, is_known=True), *_read_tables(quiet, is_known=False)]
    if not found:
        raise FileRefused([Problem("", "devices", tell("names no device; run `hallwatch-agent discover` in the hall"))])
    return found[:MOST_FOUND]


def _read_tables(text: str, *, is_known: bool) -> list[Found]:
    try:
        tables = tomllib.loads(text).get("devices", [])
    except (ValueError, RecursionError) as error:
        raise FileRefused(
            [Problem("", "", tell("is not what `hallwatch-agent discover` writes: {error}", error=error))]
        ) from None
    if not isinstance(tables, list):
        return []
    return [
        _read_table(table, is_known=is_known)
        for table in tables
        if isinstance(table, dict) and all(isinstance(table.get(key), str) for key in ("id", "kind", "name"))
    ]


def _read_table(table: dict[str, Any], *, is_known: bool) -> Found:
    probes = [probe for probe in table.get("probes", []) if isinstance(probe, dict)]
    hosts = dict.fromkeys(str(probe["host"]) for probe in probes if "host" in probe)
    return Found(
        id=table["id"], kind=table["kind"], name=table["name"], hosts=tuple(hosts), table=table, is_known=is_known
    )


def add_to_text(text: str, windows: Sequence[NewWindow], devices: Sequence[NewDevice], agent: str = "") -> str:
    """Return a hall file's text with these windows and devices at the end of their lists; the rest stays as it is.

    *agent*: who is to read the devices, where the hall has several. Raises :class:`FileRefused` for a text that is no
    TOML.
    """
    try:
        document = tomlkit.parse(text)
        taken = {str(each.get("id")) for name in ("windows", "devices", "systems") for each in document.get(name, [])}
        for window in windows:
            _append(document, "windows", {
                "id": window.id, "number": window.number, "name": window.name, "classes": window.classes,
            })  # fmt: skip
        for device in devices:
            table = _table_of(device, agent, _free(device.found.id, taken))
            taken.add(table["id"])
            _append(document, "devices", table)
        return tomlkit.dumps(document)
    except (TOMLKitError, ValueError, AttributeError, TypeError) as error:
        raise FileRefused([Problem("", "", tell("nothing can be added to this text: {error}", error=error))]) from error


def _table_of(device: NewDevice, agent: str, id_: str) -> dict[str, Any]:
    found = device.found
    table = {key: value for key, value in found.table.items() if key not in ("place", "gives", "probes")}
    table |= {"id": id_, "name": device.name or found.name}
    if device.place:
        table["place"] = device.place
        if found.kind in GIVES:
            table["gives"] = [GIVES[found.kind]]
    if probes := found.table.get("probes"):
        table["probes"] = [({"agent": agent} if agent else {}) | probe for probe in probes]
    return table


def _free(id_: str, taken: set[str]) -> str:
    """Return an id that nothing has yet."""
    number, free = 1, id_
    while free in taken:
        number += 1
        free = f"{id_[:58]}-{number}"
    return free


def _append(document: tomlkit.TOMLDocument, name: str, table: dict[str, Any]) -> None:
    """Add a table to a list as the file writes that list: between brackets, or under headings of its own."""
    there = document.get(name)
    if isinstance(there, Array):
        inline = tomlkit.inline_table()
        inline.update(table)
        there.add_line(inline)
        return
    if not isinstance(there, AoT):
        there = tomlkit.aot()
        document.append(name, there)
        there = document[name]
    item = tomlkit.table()
    for key, value in table.items():
        item.add(key, _inline_list(value) if key == "probes" else value)
    item.add(tomlkit.nl())
    there.append(item)


def _inline_list(values: Sequence[Mapping[str, Any]]) -> Array:
    """Return a list of tables between brackets, a line each."""
    array = tomlkit.array()
    for value in values:
        inline = tomlkit.inline_table()
        inline.update(value)
        array.add_line(inline)
    array.add_line(indent="")
    return array
