"""The emergency plan and the fault catalogue as data, and how they are loaded.

``county.toml`` is the default plan, ``catalogue.toml`` the default catalogue; a county puts its own file in their place
by configuration, without code. Other plans that ship beside it are named by their file's name: ``handbook``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from hallwatch_agent.tables import TableReader
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.plan import Plan, contradictions, say_twins
from hallwatch_collector.plans.clauses import FILE as CLAUSES
from hallwatch_collector.plans.clauses import check_clauses
from hallwatch_collector.plans.inherit import read_whole
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

DEFAULT: Final = "county"
CATALOGUE: Final = "catalogue"
_numbered = re.compile(r"^(\w+)\[\d+\] \(([^)]+)\)")
_entry = re.compile(r"^\w+ \([^)]+\)")


def load(plan: Path | None = None, catalogue: Path | None = None) -> tuple[Plan, Catalogue]:
    """Load a plan and a catalogue that go together, the shipped ones where none is named.

    Raises :class:`FileRefused` with everything that is wrong in the plan, or in the catalogue.
    """
    faults = read_catalogue(catalogue)
    return read_plan(plan, faults), faults


def shipped() -> list[str]:
    """Return the names of the plans that ship with Hallwatch, the default first."""
    names = sorted(entry.name.removesuffix(".toml") for entry in files(__package__).iterdir() if _is_plan(entry.name))
    return sorted(names, key=lambda name: name != DEFAULT)


def find_plan(name: str) -> Path:
    """Return the file that a person means: one that is there, or else that of a shipped plan with this name.

    Raises :class:`FileRefused` when there is neither.
    """
    if Path(name).exists() or name.endswith(".toml") or "/" in name:
        return Path(name)
    if name not in shipped():
        hint = name_choices(name, shipped())
        raise FileRefused([Problem(name, "", f"is neither a file nor a plan that ships with Hallwatch; {hint}")])
    return _path(name)


def read_plan(path: Path | None = None, catalogue: Catalogue | None = None) -> Plan:
    """Read a plan, the default one where none is named; with a *catalogue*, look also for the faults that it names.

    Raises :class:`FileRefused` with everything wrong in it.
    """
    path = path or _path(DEFAULT)
    reader = TableReader()
    table, origins = read_whole(path, find_plan)
    plan = reader.read(table, Plan)
    findings = reader.problems
    if not findings:
        findings = [*contradictions(plan), *check_clauses(plan), *_unknown_faults(plan, catalogue)]
    if findings:
        raise FileRefused(_place(path, origins, key, text) for key, text in findings)
    return plan


def _place(path: Path, origins: Mapping[str, Path], key: str, text: str) -> Problem:
    """Return a problem of a plan by the entry's id and the file that it stands in.

    Its number is that in the whole with what the plan takes over, and so in no file.
    """
    entry = _numbered.sub(r"\1 (\2)", key)
    head = _entry.match(entry)
    origin = origins.get(head[0]) if head else None
    if origin is None:
        return Problem(str(path), entry if origins else key, text)
    way_out = f"{path.name} takes it over: word it anew there, or leave it out by without"
    return Problem(str(origin), entry, f"{text}; {way_out}")


def _unknown_faults(plan: Plan, catalogue: Catalogue | None) -> Iterator[tuple[str, str]]:
    known = {fault.id: fault.name_en for fault in catalogue.faults} if catalogue else {}
    for each in plan.measures:
        for name in each.faults if catalogue else ():
            if name not in known:
                words = set(name.lower().split("-"))
                alike = [fault for fault, told in known.items() if words & set(told.lower().replace(",", " ").split())]
                hint = name_choices(name, alike or known)
                yield f"measures ({each.id}).faults", f"no fault {name!r} in the catalogue; {hint}"


def read_catalogue(path: Path | None = None) -> Catalogue:
    """Read a fault catalogue, the shipped one where none is named; raise :class:`FileRefused`."""
    path = path or _path(CATALOGUE)
    table, _ = read_toml(path)
    reader = TableReader()
    catalogue = reader.read(table, Catalogue)
    _refuse(path, reader.problems or list(_twins(catalogue)))
    return catalogue


def _refuse(path: Path, findings: Sequence[tuple[str, str]]) -> None:
    if findings:
        raise FileRefused(Problem(str(path), key, text) for key, text in findings)


def _twins(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    named = {"faults": [each.id for each in catalogue.faults], "parts": [each.id for each in catalogue.parts]}
    for key, ids in named.items():
        yield from say_twins(key, ids)


def _path(name: str) -> Path:
    with as_file(files(__package__) / f"{name}.toml") as path:
        return path


def _is_plan(file: str) -> bool:
    return file.endswith(".toml") and file not in (f"{CATALOGUE}.toml", CLAUSES)
