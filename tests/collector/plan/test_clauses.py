"""Every clause has its place and its case: the clause list, the plans, docs/clauses.md and tests/halls are in step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import Struct, inspect, structs

from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.core.commands.registry import COMMANDS
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.plans.clause_cases import Case, find_claims, read_cases
from hallwatch_collector.plans.clause_table import Row, find_cases, find_places, make_rows
from hallwatch_collector.plans.clauses import Clause, read_clauses
from hallwatch_collector.web.app import HANDLERS
from parts.documents import ROOT

HALLS = ROOT / "tests" / "halls"
CLAUSES = read_clauses()
CASES = read_cases(HALLS)
PLAN, CATALOGUE = plans.load()
WANTED = {"S": 9, "A": 4, "D": 4, "H": 2, "W": 3, "P": 5, "O": 8, "R": 8, "F": 3, "B": 4}
"""The clauses of the plans, by the letter of their part: how many."""

every_clause = pytest.mark.parametrize("clause", CLAUSES.values(), ids=CLAUSES)


def row_of(clause: Clause) -> Row:
    return next(row for row in make_rows(PLAN, CASES) if row.clause == clause)


def test_the_list_has_every_clause_in_order() -> None:
    assert list(CLAUSES) == [f"{letter}{number}" for letter, most in WANTED.items() for number in range(1, most + 1)]


@every_clause
def test_a_clause_has_a_place(clause: Clause) -> None:
    assert row_of(clause).places
    if clause.mode in ("auto", "ask", "show", "register") and not (clause.tables or clause.commands or clause.faults):
        assert [measure for measure in PLAN.measures if measure.clause == clause.id]


@every_clause
def test_a_measure_does_it_in_the_mode_of_the_clause(clause: Clause) -> None:
    modes = {measure.mode for measure in PLAN.measures if measure.clause == clause.id}
    assert clause.mode in modes or not modes or clause.mode in ("data", "page", "command", "scope")


@every_clause
def test_a_clause_has_a_case_that_shows_it(clause: Clause) -> None:
    assert row_of(clause).cases, f"no scenario of tests/halls says 'Clauses: {clause.id}' and shows it"


@every_clause
def test_each_way_in_which_a_clause_is_shown_is_in_some_case(clause: Clause) -> None:
    claiming = [case for case in CASES if clause.id in case.claims]
    for way in clause.shown_by:
        assert any(case.has(way) for case in claiming), f"{clause.id}: no case has {way}"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case_shows_what_it_says(case: Case) -> None:
    assert case.claims, f"{case.name}: its first comment ends with 'Clauses: …' and what it shows"
    for name in case.claims:
        assert name in CLAUSES
        assert case.shows(CLAUSES[name]), f"{case.name} says that it shows {name}, and nothing in it does"


def elements(struct: type[Struct], table: str) -> set[str]:
    """Return the keys of a table of a file's struct, or of the tables in it."""
    told: inspect.Type = next(
        field.type
        for field in inspect.type_info(struct).fields  # type: ignore[attr-defined]
        if field.encode_name == table
    )
    told = told.item_type if isinstance(told, inspect.ListType) else told
    return {field.encode_name for field in told.fields} if isinstance(told, inspect.StructType) else set()


@every_clause
def test_the_places_are_there(clause: Clause) -> None:
    for item in clause.tables:
        table, _, what = item.partition(" ")
        assert hasattr(PLAN, table)
        ids = {each.id for each in getattr(PLAN, table) if hasattr(each, "id")} if what else set()
        assert not what or what in ids | elements(Plan, table), item
    for item in clause.hall:
        table, _, what = item.partition(" ")
        assert table in {field.encode_name for field in structs.fields(Hall)}, item
        assert not what or what in elements(Hall, table), item
    assert set(clause.faults) <= {fault.id for fault in CATALOGUE.faults}
    assert set(clause.orders) <= set(COMMANDS)


@every_clause
def test_the_commands_and_pages_are_there(clause: Clause, capsys: pytest.CaptureFixture[str]) -> None:
    paths = {re.sub(r":\w+}", "}", path) for handler in HANDLERS for path in handler.paths}
    assert set(clause.pages) <= paths
    for words in clause.commands:
        with pytest.raises(SystemExit) as ended:
            main([*words.split(), "--help"])
        assert ended.value.code == 0
    capsys.readouterr()


def test_the_page_is_in_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = ["plan", "clauses", "--cases", str(HALLS)]
    assert main([*made, "--check", str(ROOT / "docs" / "clauses.md")]) == 0, "make it anew, with --write"
    (tmp_path / "clauses.md").write_text("old", encoding="utf-8")
    assert main([*made, "--check", str(tmp_path / "clauses.md")]) == 1
    assert "--write" in capsys.readouterr().err


@pytest.mark.parametrize("name", plans.shipped())
def test_the_table_of_every_plan_that_ships_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "clauses", name]) == 0
    assert len(re.findall(r"^[A-Z]\d  ", capsys.readouterr().out, re.MULTILINE)) == len(CLAUSES)


def test_a_plan_without_a_measure_says_so() -> None:
    without = structs.replace(PLAN, measures=[each for each in PLAN.measures if each.clause != "P2"])
    assert list(find_places(CLAUSES["P2"], without)) == []
    assert list(find_places(CLAUSES["P2"], PLAN)) == ["`[[measures]]` `send-to-tax-source`"]


@pytest.mark.parametrize(
    ("comment", "claims"),
    [
        ("# A jam. Clauses: H1, W1.\nstart = 1", ["H1", "W1"]),
        ("# A jam in hall A4.\n# Clause: S5 (A3: never falsely).\nstart = 1", ["S5"]),
        ("# Clauses: H1.\nstart = 1\n# Clauses: W9", ["H1"]),
        ("# No word of it.\n", []),
    ],
)
def test_what_a_scenario_says_it_shows(comment: str, claims: list[str]) -> None:
    assert find_claims(comment) == claims


def case(told: str, claims: list[str]) -> Case:
    return Case("made-up", claims, told, {"prn-1": "printer", "prn.1": "printer"}, {"core": ["core-system"]})


@pytest.mark.parametrize(
    ("clause", "line", "shown"),
    [
        ("H1", "09:00:00  measure raised     m-2 H1 auto prn-1 technician: repair", True),
        ("H1", "09:00:00  measure undone     m-2 H1 prn-1 (its cause is gone): repair", False),
        ("H1", "09:00:00  note taken         inc-1 by X about m-2 H1 auto prn-1", False),
        ("S5", "09:00:00  fault raised       prn-1 jam (卡纸)", True),
        ("S5", "09:00:00  fault raised       prn-1 toner-low[black] (墨粉不足)", True),
        ("S5", "09:00:00  fault cleared      prn-1 jam (卡纸)", False),
        ("S5", "09:00:00  fault raised       core jam (卡纸)", False),
        ("S1", "09:00:00  fault raised       core system-down (业务系统无法访问)", True),
        ("S8", "09:00:00  fault raised       srv-1 backup-old (备份过期)", True),
        ("S8", "09:00:00  fault raised       srv-1 backup-older (…)", False),
    ],
)
def test_what_stands_for_a_clause(clause: str, line: str, shown: bool) -> None:
    assert case(line + "\n", []).shows(CLAUSES[clause]) is shown


def test_a_case_that_does_not_say_so_is_not_named() -> None:
    line = "09:00:00  measure raised     m-2 H1 auto prn-1 technician: repair\n"
    assert find_cases(CLAUSES["H1"], [case(line, ["W1"])]) == []
    assert find_cases(CLAUSES["H1"], [case(line, ["H1"])]) == ["made-up"]
    assert find_cases(CLAUSES["H1"], [case("", ["H1"])]) == []
