"""The table of clauses: what each asks, where it is in a plan and around it, and which golden cases show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from msgspec import Struct, inspect

from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.plans.clause_cases import Case
from hallwatch_collector.plans.clauses import Clause, read_clauses

INTRODUCTION: Final = """\
# Clauses of the emergency plans

<!-- Made by `hallwatch plan clauses`; `make lint` holds it in step. Edit clauses.toml beside the plans instead. -->

Hallwatch carries out these clauses of the service halls' emergency plans. The table says for each what it asks, and
where it is: the measures of the plan file that cite it (here of the county plan), other tables of that file, what
the hall file says of it, faults of the catalogue, commands and pages. The cases are folders of `tests/halls`; a
test holds that each of them shows its clause.

**auto** is done by itself. **ask** is prepared, and a person of the owning role confirms or declines. **show** is a
step that a person ticks, **register** a register with entries to work off. **data** are settings and checks,
**page** and **command** say what it is; **scope** names what can break.

`hallwatch plan clauses MY-PLAN.toml` prints the same of another plan. A plan may have clauses of its own: name them
in `[[clauses]]`, with `id`, `title` and `title_en`; `hallwatch plan check` refuses a measure that cites a clause
which is in neither list.
"""
MOST: Final = 6
"""So many cases of a clause are named at most, those with the fewest clauses first: the others show it too."""


class Row(Struct, frozen=True):
    """A clause, where it is, and the cases that show it."""

    clause: Clause
    places: list[str]
    """In Markdown; empty: the plan does not have it."""
    cases: list[str]


def make_rows(plan: Plan, cases: Sequence[Case]) -> list[Row]:
    """Return a row for each clause of the list, then for each of the plan's own."""
    own = [
        Clause(id=each.id, part=plan.name, title=each.title, title_en=each.title_en, asks=each.title_en, mode="data")
        for each in plan.clauses
    ]
    return [
        Row(each, list(find_places(each, plan)), find_cases(each, cases)) for each in (*read_clauses().values(), *own)
    ]


def find_cases(clause: Clause, cases: Sequence[Case]) -> list[str]:
    """Return the cases that say they show a clause and do, those that are about little else first."""
    shown = [case for case in cases if clause.id in case.claims and case.shows(clause)]
    return [case.name for case in sorted(shown, key=lambda case: (len(case.claims), case.name))]


def find_places(clause: Clause, plan: Plan) -> Iterator[str]:
    """Yield where a clause is, in Markdown; nothing: it is nowhere."""
    measures = [measure.id for measure in plan.measures if measure.clause == clause.id]
    yield from _listed("`[[measures]]`", measures)
    yield from (_say_item(Plan, item) for item in clause.tables)
    yield from _listed("hall file `[[devices]]` of kind", clause.kinds)
    yield from _listed("hall file `[[systems]]` that give", clause.gives)
    yield from (f"hall file {_say_item(Hall, item)}" for item in clause.hall)
    yield from _listed("catalogue `[[faults]]`", clause.faults)
    yield from _listed("commands" if len(clause.orders) > 1 else "command", clause.orders)
    yield from (f"`hallwatch {words}`" for words in clause.commands)
    yield from (f"page `{path}`" for path in clause.pages)


def _listed(where: str, names: Iterable[str]) -> Iterator[str]:
    said = ", ".join(f"`{name}`" for name in names)
    if said:
        yield f"{where} {said}"


def _say_item(struct: type[Struct], item: str) -> str:
    """Say a table as its file writes it, and what of it is meant: ``[[notices]]`` `crowded`."""
    name, _, what = item.partition(" ")
    told = next(field.type for field in inspect.type_info(struct).fields if field.encode_name == name)  # type: ignore[attr-defined]
    table = f"`{_in_brackets(name, told)}`"
    return f"{table} `{what}`" if what else table


def _in_brackets(name: str, told: Any) -> str:
    if isinstance(told, inspect.StructType):
        return f"[{name}]"
    is_tables = isinstance(told, inspect.ListType) and isinstance(told.item_type, inspect.StructType)
    return f"[[{name}]]" if is_tables else name


def tell_rows(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table in plain lines, for a terminal."""
    for part, group in groupby(rows, key=lambda row: row.clause.part):
        yield f"== {part} =="
        for row in group:
            clause = row.clause
            yield f"{clause.id:<3} {clause.title}  {clause.title_en}  ({clause.mode})"
            yield f"    {clause.asks}"
            yield f"    {'; '.join(row.places).replace('`', '') or 'nowhere in this plan'}"
            if row.cases:
                yield f"    cases: {', '.join(row.cases)}"


def write_page(rows: Sequence[Row], cases_at: str) -> str:
    """Return the table as a page in Markdown; *cases_at* is where the cases are from there."""
    lines = [INTRODUCTION]
    for part, group in groupby(rows, key=lambda row: row.clause.part):
        lines += [f"## {part}\n", "| | clause | asks | | where | shown by |", "|---|---|---|---|---|---|"]
        for row in group:
            clause = row.clause
            cases = ", ".join(f"[{name}]({cases_at}/{name})" for name in row.cases[:MOST])
            more = f" and {len(row.cases) - MOST} more" if len(row.cases) > MOST else ""
            lines.append(
                f"| **{clause.id}** | {clause.title} {clause.title_en} | {clause.asks} | {clause.mode} "
                f"| {'; '.join(row.places)} | {cases}{more} |"
            )
        lines.append("")
    return "\n".join(lines)
