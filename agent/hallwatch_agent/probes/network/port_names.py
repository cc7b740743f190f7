"""Which ports of a device the hall file means, and how they are called in a key. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes.snmp_probe import Column, Oid, text


class Port(Struct, frozen=True):
    """A port of the device that the hall file names."""

    index: int
    descr: str
    part: str


_SHORT: Final = (
    (r"^ten-?gigabitethernet|^xgigabitethernet", "te"),
    (r"^gigabitethernet", "gi"),
    (r"^fastethernet", "fa"),
)
_SPOKEN: Final = ((r"^(?:ge|gig)(?=\d)", "gi"), (r"^(?:xge|tengige)(?=\d)", "te"))
"""How technicians of other makers shorten the same: only for comparing, as some devices call their ports so."""
_GAP: Final = re.compile(r"(?<=[a-z])\s+(?=\d)")
_CHARACTERS: Final = re.compile(r"[^a-z0-9]+")


def port_part(said: str, index: int) -> str:
    """Name a port in a key: ``GigabitEthernet0/0/1`` gives ``gi0-0-1``."""
    return _CHARACTERS.sub("-", short_form(said)).strip("-")[:40].strip("-") or f"port-{index}"


def short_form(said: str) -> str:
    """Return a port's name as technicians shorten it, for comparing: ``gi0/0/1``."""
    name = _GAP.sub("", said.strip().casefold())
    for pattern, short in _SHORT:
        name = re.sub(pattern, short, name)
    return name


def find_ports(wanted: Sequence[str], names: Column, descrs: Column, aliases: Column) -> tuple[list[Port], list[str]]:
    """Find ports by ifName, ifDescr or ifAlias, in this order; case, spaces and technicians' short forms do not matter.

    Returns the ports found, and the names that the device does not know.
    """
    found: dict[int, Port] = {}
    missing: list[str] = []
    for name in wanted:
        row = next((row for column in (names, descrs, aliases) for row in _rows_called(name, column)), None)
        if row is None:
            missing.append(name)
            continue
        if row[-1] in found:  # two names of one port
            continue
        said = text(names.get(row)) or text(descrs.get(row))
        part = port_part(said, row[-1])
        taken = {port.part for port in found.values()}
        found[row[-1]] = Port(row[-1], text(descrs.get(row)), f"{part}-{row[-1]}" if part in taken else part)
    return list(found.values()), missing


def _rows_called(name: str, column: Column) -> Iterable[Oid]:
    wanted = _spoken_form(name)
    return (row for row, cell in column.items() if row and wanted and _spoken_form(text(cell)) == wanted)


def _spoken_form(said: str) -> str:
    name = short_form(said)
    for pattern, short in _SPOKEN:
        name = re.sub(pattern, short, name)
    return name
