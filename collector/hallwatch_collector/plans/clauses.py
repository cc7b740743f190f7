"""The clauses of the emergency plans that Hallwatch answers for, as data: ``clauses.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hallwatch_agent.tables import TableReader
from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.plan import ClauseId, Plan
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

FILE: Final = "clauses.toml"
How = Literal["auto", "ask", "show", "register", "data", "page", "command", "scope"]
Item = Annotated[str, Meta(pattern=r"^[a-z_]+( [a-z][a-z0-9_-]*)?$")]
"""A table or key of a file, and perhaps the id or the key in it that is meant: ``notices crowded``."""


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause, and where it is beside the measures that cite it. The file's head says what each key means."""

    id: ClauseId
    part: str
    title: str
    title_en: str
    asks: str
    mode: How
    tables: list[Item] = []
    hall: list[Item] = []
    kinds: list[Kind] = []
    gives: list[Id] = []
    faults: list[Id] = []
    orders: list[Id] = []
    commands: list[str] = []
    pages: list[str] = []
    shown_by: list[str] = []


class ClauseList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    clauses: list[Clause]


@cache
def read_clauses() -> dict[str, Clause]:
    """Return the clauses by their ids, in order."""
    with as_file(files(__package__) / FILE) as path:
        reader = TableReader()
        told = reader.read(read_toml(path)[0], ClauseList)
        if reader.problems:
            raise FileRefused(Problem(str(path), key, text) for key, text in reader.problems)
    return {clause.id: clause for clause in told.clauses}


def check_clauses(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what a plan cites and neither the clause list nor the plan itself has: the key, and what is wrong there."""
    listed, own = read_clauses(), [clause.id for clause in plan.clauses]
    for name in sorted({name for name in own if name in listed or own.count(name) > 1}):
        what = "stands in the clause list already" if name in listed else "stands there twice"
        yield "clauses", f"{name} {what}; a county's own clause needs a number of its own"
    known = [*listed, *own]
    cited = [("measures", each.id, each.clause) for each in plan.measures]
    cited += [("registers", each.id, each.clause) for each in plan.registers]
    for table, name, clause in cited:
        if clause and clause not in known:  # that there is none is said already
            told = f"there is no clause {clause}; {name_choices(clause, known, most=3)}"
            yield f"{table} ({name}).clause", f"{told}, or name a clause of your own in [[clauses]]"


def without_measure(plan: Plan, usual: Plan) -> list[Clause]:
    """Return the clauses for which another plan asks something by a measure, and this one nothing."""
    cited = {each.clause for each in plan.measures}
    asked = {each.clause for each in usual.measures} - cited
    return [clause for clause in read_clauses().values() if clause.id in asked]
