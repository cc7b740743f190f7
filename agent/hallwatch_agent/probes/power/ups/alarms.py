"""Tables of standing alarms, each row naming an alarm by its OID: UPS-MIB and the MIBs made after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hallwatch_agent.probes.power.ups.said import Cells
from hallwatch_agent.probes.snmp_probe import Oid


class AlarmTable(Struct, frozen=True, kw_only=True):
    """How a MIB numbers its alarms below *root*."""

    root: Oid
    conditions: Mapping[int, str]
    """Alarms that are a field of ``Said``."""
    words: Mapping[int, str]
    """Alarms without a field of their own. One in neither mapping is told by its OID."""
    no_fault: frozenset[int] = frozenset()


class Alarms(Struct, frozen=True):
    """The alarms that stand: fields of ``Said`` that hold, and the words for all others."""

    holding: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


def parse_alarms(table: AlarmTable, cells: Cells) -> Alarms | None:
    """Read the column ``alarm_rows`` and the scalar ``alarms`` (their number); None when neither tells anything."""
    holding: set[str] = set()
    others: list[str] = []
    for oid in cells.column("alarm_rows").values():
        if not isinstance(oid, tuple):
            continue
        known = alarm_number(table.root, oid)
        if known in table.conditions:
            holding.add(table.conditions[known])
        elif known not in table.no_fault:
            others.append(table.words.get(known, "") or ".".join(map(str, oid)))
    if not holding and not others and cells.number("alarms") is None and "alarm_rows" not in cells.filled:
        return None
    return Alarms(frozenset(holding), tuple(others))


def alarm_number(root: Oid, oid: Oid) -> int:
    """Return which alarm of *root* an OID names, with or without a ``.0`` behind it; 0: none of them."""
    rest = oid[len(root) :] if oid[: len(root)] == root else ()
    return rest[0] if rest and rest[1:] in ((), (0,)) else 0


def fields(alarms: Alarms | None, *names: str) -> dict[str, Any]:
    """Return these fields of ``Said`` as the alarms decide them: all others do not hold. Empty when nothing is told."""
    return {name: name in alarms.holding for name in names} if alarms else {}
