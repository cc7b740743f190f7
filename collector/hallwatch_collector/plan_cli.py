"""``hallwatch plan``: look at an emergency plan, check an edited one, play a case under one or several."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Final

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_collector import plans
from hallwatch_collector.plans.clause_cases import read_cases
from hallwatch_collector.plans.clause_table import make_rows, tell_rows, write_page
from hallwatch_collector.plans.clauses import without_measure
from hallwatch_collector.plans.show import show_plan
from hallwatch_collector.problems import FileRefused

EXAMPLES: Final = """examples:
  hallwatch plan show                      the plan that ships as the default
  hallwatch plan check county-2027.toml    what is wrong in an edited one, all at once
  hallwatch plan clauses                   every clause, and where the plan has it
  hallwatch plan explain tests/halls/fibre-cut            which clause fires when in this case, and why
  hallwatch plan explain tests/halls/fibre-cut county handbook     and how two plans differ on it
A PLAN is a file, or the name of a plan that ships with Hallwatch: {shipped}.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch plan``."""
    examples = EXAMPLES.format(shipped=", ".join(plans.shipped()))
    plain = argparse.RawDescriptionHelpFormatter
    told = "look at an emergency plan, check an edited one, play a case under several"
    parser = subparsers.add_parser(
        "plan", help=told, description=f"{told.capitalize()}.", epilog=examples, formatter_class=plain
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {}
    for name, run, told in (
        ("check", _check, "say everything that is wrong in a plan"),
        ("show", _show, "print the whole of a plan: roles, levels, texts, rounds, deadlines, each measure"),
    ):
        made[name] = action = actions.add_parser(name, help=told, epilog=examples, formatter_class=plain)
        action.add_argument("plan", nargs="?", default=plans.DEFAULT, metavar="PLAN", help="default: %(default)s")
        action.set_defaults(run=run)
    told = "the fault catalogue whose faults it names (default: the one that ships)"
    made["check"].add_argument("--catalogue", type=a_path, metavar="FILE", help=told)
    _add_clauses(actions, examples)
    told = "play a case under one or several plans: which clause fires when and why, and how they differ"
    action = actions.add_parser("explain", help=told, epilog=examples, formatter_class=plain)
    action.add_argument("case", type=a_path, metavar="CASE", help="a folder with hall.toml and scenario.toml")
    action.add_argument("plans", nargs="*", default=[plans.DEFAULT], metavar="PLAN", help=f"default: {plans.DEFAULT}")
    action.add_argument("--language", choices=("en", "zh"), default="en", help="of the reasons (%(default)s)")
    action.add_argument("--all", action="store_true", help="name also the measures that are alike under both plans")
    action.set_defaults(run=_explain)


def _add_clauses(actions: Any, examples: str) -> None:
    told = "print every clause: what it asks, where a plan has it, and which golden cases show it"
    plain = argparse.RawDescriptionHelpFormatter
    action = actions.add_parser("clauses", help=told, epilog=examples, formatter_class=plain)
    action.add_argument("plan", nargs="?", default=plans.DEFAULT, metavar="PLAN", help="default: %(default)s")
    action.add_argument("--cases", type=a_path, metavar="DIR", help="a folder of golden cases, such as tests/halls")
    page = action.add_mutually_exclusive_group()
    page.add_argument("--write", type=a_path, metavar="FILE", help="write the table as a page in Markdown")
    page.add_argument("--check", type=a_path, metavar="FILE", help="fail when the page there is not this")
    action.set_defaults(run=_clauses)


def _check(options: argparse.Namespace) -> int:
    try:
        plan, _ = plans.load(plans.find_plan(options.plan), options.catalogue)
    except FileRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for clause in without_measure(plan, plans.read_plan()):
        told = f"warning: no measure is for {clause.id} {clause.title} ({clause.title_en}: {clause.asks})"
        sys.stdout.write(f"{told}; the plan {plans.DEFAULT} has some\n")
    sys.stdout.write(f"{plan.name}: {len(plan.measures)} measures, {len(plan.levels)} levels, no problems found\n")
    return 0


def _show(options: argparse.Namespace) -> int:
    try:
        plan = plans.read_plan(plans.find_plan(options.plan))
    except FileRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in show_plan(plan)))
    return 0


def _clauses(options: argparse.Namespace) -> int:
    try:
        plan = plans.read_plan(plans.find_plan(options.plan))
        rows = make_rows(plan, read_cases(options.cases) if options.cases else [])
    except FileRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    file = options.write or options.check
    if file is None:
        sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in tell_rows(rows)))
        return 0
    page = write_page(rows, os.path.relpath(options.cases, file.parent) if options.cases else "")
    if options.write:
        file.write_text(page, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != page:
        sys.stderr.write(f"{file} is out of step; run `hallwatch plan clauses` with --write instead of --check\n")
        return 1
    return 0


def _explain(options: argparse.Namespace) -> int:
    from hallwatch_collector.plan_explain import compare, play_under, tell

    if not (options.case / "scenario.toml").is_file():
        sys.stderr.write(f"{options.case}: no case: it needs hall.toml and scenario.toml\n")
        return 1
    try:
        played = [play_under(options.case, plan) for plan in dict.fromkeys(options.plans)]
    except FileRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    lines = [line for each in played for line in (*tell(each, options.language), "")]
    for other in played[1:]:
        lines += [*compare(played[0], other, options.language, whole=options.all), ""]
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in lines[:-1]))
    return 0
