"""The emergency plan and the fault catalogue as data, and how they are loaded.

``county.toml`` is the default plan, ``catalogue.toml`` the default catalogue; a county puts its own file in their place
by configuration, without code. Other plans that ship beside it are named by their file's name: ``handbook``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from hallwatch_agent.tables import TableReader
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.plan import Plan, say_twins
from hallwatch_collector.plans.checking import by_id, entry_of, find_wrong
from hallwatch_collector.plans.clauses import FILE as CLAUSES
from hallwatch_collector.plans.inherit import Whole, read_whole
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

DEFAULT: Final = "county"
CATALOGUE: Final = "catalogue"


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
    whole = read_whole(path, find_plan)
    plan = reader.read(whole.table, Plan)
    unread = [*reader.problems, *((problem.key, problem.text) for problem in whole.problems)]
    wrong = find_wrong(plan, whole.table, unread, whole.dropped, catalogue)
    problems = [*whole.problems, *(_place(path, whole, key, text) for key, text in (*reader.problems, *wrong))]
    if problems:
        raise FileRefused(problems)
    return plan


def _place(path: Path, whole: Whole, key: str, text: str) -> Problem:
    """Return a problem of a plan by the entry's id and the file that it stands in."""
    origin = whole.origins.get(entry_of(key))
    if origin is None:
        return Problem(str(path), by_id(key) if whole.origins else key, text)
    way_out = f"{path.name} takes it over: word it anew there, or leave it out by without"
    return Problem(str(origin), by_id(key), f"{text}; {way_out}")


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
    named = {
        "faults": [each.id for each in catalogue.faults],
        "parts": [each.id for each in catalogue.parts],
        "symptoms": [each.id for each in catalogue.symptoms],
    }
    for key, ids in named.items():
        yield from say_twins(key, ids)


def _path(name: str) -> Path:
    with as_file(files(__package__) / f"{name}.toml") as path:
        return path


def _is_plan(file: str) -> bool:
    return file.endswith(".toml") and file not in (f"{CATALOGUE}.toml", CLAUSES)
