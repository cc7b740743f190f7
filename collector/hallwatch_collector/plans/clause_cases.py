"""Golden cases as the clause list sees them: which clauses a case says it shows, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from hallwatch_collector.plans.clauses import Clause
from hallwatch_collector.tables import read_toml

FAULT: Final = r"^\S+  fault raised +{device} {fault}(\[| |$)"
MEASURE: Final = r"^\S+  measure raised +\S+ {clause} (auto|ask|show|register) "


class Case(Struct, frozen=True):
    """A golden case."""

    name: str
    claims: list[str]
    """The clauses that the comment of its scenario names after ``Clauses:``, without what stands in parentheses."""
    told: str
    """What it tells under the default plan, and its reports, one after the other."""
    kinds: dict[str, str]
    """Device → its kind."""
    gives: dict[str, list[str]]
    """System → what it gives."""

    def shows(self, clause: Clause) -> bool:
        """Tell whether something in the case stands for the clause."""
        return any(self.has(way) for way in self.ways(clause))

    def has(self, way: str) -> bool:
        """Tell whether some line of the case matches a pattern."""
        return re.search(way, self.told, re.MULTILINE) is not None

    def ways(self, clause: Clause) -> Iterator[str]:
        """Yield the patterns of lines that stand for a clause."""
        if clause.shown_by:
            yield from clause.shown_by
        elif clause.kinds or clause.gives or clause.faults:
            meant = [name for name, kind in self.kinds.items() if kind in clause.kinds]
            meant += [name for name, gives in self.gives.items() if set(gives) & set(clause.gives)]
            yield from (FAULT.format(device=re.escape(name), fault=r"\S+?") for name in meant)
            yield from (FAULT.format(device=r"\S+", fault=re.escape(name)) for name in clause.faults)
        else:
            yield MEASURE.format(clause=clause.id)


def read_cases(folder: Path) -> list[Case]:
    """Return the cases in a folder, by name; raise :class:`FileRefused` when a hall file cannot be read."""
    return [_read(path.parent) for path in sorted(folder.glob("*/scenario.toml"))]


def _read(folder: Path) -> Case:
    hall, _ = read_toml(folder / "hall.toml")
    devices: list[dict[str, Any]] = hall.get("devices", [])
    systems: list[dict[str, Any]] = hall.get("systems", [])
    return Case(
        name=folder.name,
        claims=find_claims((folder / "scenario.toml").read_text(encoding="utf-8")),
        told="".join(
            path.read_text(encoding="utf-8")
            for path in (*folder.glob("expected.txt"), *sorted(folder.glob("report-*.txt")))
        ),
        kinds={each["id"]: each["kind"] for each in devices},
        gives={each["id"]: each.get("gives", []) for each in systems},
    )


def find_claims(scenario: str) -> list[str]:
    """Return the clauses that a scenario's first comment names after ``Clause:`` or ``Clauses:``."""
    lines = []
    for line in scenario.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    _, _, named = re.sub(r"\([^)]*\)", "", " ".join(lines)).rpartition("Clause")
    return re.findall(r"\b[A-Z][0-9]{1,2}\b", named)
