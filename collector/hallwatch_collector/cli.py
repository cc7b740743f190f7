"""The command ``hallwatch``. Everything it can do is imported within :func:`main`, so that Ctrl-C is heard by then."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hallwatch_agent.commandline import a_path, describe, run_command

if TYPE_CHECKING:
    from hallwatch_collector.config import Config
    from hallwatch_collector.core.plan import Plan

EXAMPLES = """hallwatch COMMAND --help says what a command takes. Those from confirm to drill-step tell a running
collector what a person decided, as the buttons of its pages do.

begin with:
  hallwatch demo                          all of it on this machine, with a simulated hall
  hallwatch check halls/xihu.toml         is the file of a hall right?
  hallwatch run                           the collector
  hallwatch plan show                     the emergency plan that ships with it
  hallwatch why sign prn-3                why does this sign hang there?
  hallwatch notify test                   does an alert reach everybody on duty?
  hallwatch drill --list                  drills that can be held
"""
RUN_EXAMPLES = """examples:
  hallwatch run                                      by collector.toml, or with all defaults
  hallwatch run --config /etc/hallwatch/collector.toml
  hallwatch run --record monday.jsonl                for: hallwatch replay monday.jsonl --hall halls/xihu.toml
"""
CHECK_EXAMPLES = """examples:
  hallwatch check                                    collector.toml and every hall file that it names
  hallwatch check --config /etc/hallwatch/collector.toml
  hallwatch check halls/xihu.toml                    one hall file before it goes into the folder
"""
INSTALL = "pip install 'hallwatch[collector,broker]', or in a checkout: pip install -e '.[collector,broker]'"
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status: 0 done, 1 it failed or found problems, 2 it was called wrongly.

    Or, as shells do, how it was ended: 130 by Ctrl-C, 141 because nobody read on.
    """
    return run_command(partial(_carry_out, arguments))


def _carry_out(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library in ("hallwatch_agent", "hallwatch_collector"):
            raise
        return _complain(ImportError(f"{library} is not installed; install all that this needs: {INSTALL}"))


def _parser() -> argparse.ArgumentParser:
    from importlib.metadata import version

    from hallwatch_collector import (
        deadline_cli,
        demo_cli,
        drill_cli,
        notify_cli,
        operate,
        plan_cli,
        quality_cli,
        replay,
        schema,
        why_cli,
    )
    from hallwatch_collector.journal import cli as journal_cli
    from hallwatch_collector.people import cli as people_cli
    from hallwatch_collector.report import cli as report_cli
    from hallwatch_collector.simulate import cli as simulate_cli

    parser = argparse.ArgumentParser(
        prog="hallwatch",
        description="Watches the equipment of tax service halls, and carries out their emergency plan.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hallwatch {version('hallwatch')}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(subparsers)
    _add_check(subparsers)
    answers = (operate, why_cli, plan_cli, journal_cli, people_cli, report_cli, deadline_cli, notify_cli, quality_cli)
    for module in (*answers, drill_cli, replay, simulate_cli, demo_cli, schema):
        module.add_parser(subparsers)
    return parser


def _add_command(subparsers: Any, name: str, told: str, examples: str) -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=told, epilog=examples, formatter_class=plain)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    told = "the collector's file (default: collector.toml when it is there, else all defaults)"
    parser.add_argument("--config", type=a_path, metavar="FILE", help=told)


def _add_run(subparsers: Any) -> None:
    from hallwatch_collector.config import EXAMPLE

    file = "".join(f"  {line}\n" for line in EXAMPLE.splitlines())
    whole = f"{RUN_EXAMPLES}\ncollector.toml, a whole file (everything in it may be left out):\n\n{file}"
    parser = _add_command(subparsers, "run", "run the collector until it is told to stop", whole)
    _add_config(parser)
    parser.add_argument("--record", type=a_path, metavar="FILE", help="append every message to FILE, for replay")
    parser.add_argument("--verbose", action="store_true", help="log what only a developer wants to know")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from hallwatch_collector.config import load_config
    from hallwatch_collector.run import STARTUP_ERRORS, run

    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.INFO, format=LOG_FORMAT)
    for chatty in ("alembic", "httpx", "httpcore", "uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return run(load_config(options.config), options.record)
    except STARTUP_ERRORS as error:
        return _complain(error)


def _add_check(subparsers: Any) -> None:
    told = "check files offline and say everything that is wrong with them"
    parser = _add_command(subparsers, "check", told, CHECK_EXAMPLES)
    _add_config(parser)
    parser.add_argument("halls", type=a_path, nargs="*", metavar="HALLFILE", help="only these hall files")
    parser.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from hallwatch_collector import plans
    from hallwatch_collector.config import load_config
    from hallwatch_collector.halls.check import Known
    from hallwatch_collector.halls.folder import HallFolder
    from hallwatch_collector.halls.read import read_hall
    from hallwatch_collector.problems import FileRefused

    try:
        config = load_config(options.config) if options.config or not options.halls else None
        plan, catalogue = plans.load(config.plan_file, config.catalogue_file) if config else plans.load()
    except (FileRefused, OSError) as error:
        return _complain(error)
    known = Known.of(plan, catalogue, config.areas if config else ())
    paths = options.halls or [Path(config.halls)] if config else options.halls
    folder = HallFolder(paths, lambda path: read_hall(path, known))
    found = folder.look()
    for problem in found.refused:
        print(problem)
    for path in folder.missing:
        print(f"{path}: there is no hall file here")
    wrong = _check_alerts(config, plan)
    good, bad = len(found.loaded), len(found.refused) + len(folder.missing) + wrong
    print(f"{good} hall file{'s' * (good != 1)} right, {bad} problem{'s' * (bad != 1)}")
    return 1 if bad else 0


def _check_alerts(config: Config | None, plan: Plan) -> int:
    """Check the file that says who is told, and return how many things are wrong with it."""
    from hallwatch_collector.notify.settings import load_alerts
    from hallwatch_collector.problems import FileRefused

    if config is None or config.alerts_file is None:
        return 0
    try:
        load_alerts(config.alerts_file, plan)
    except FileRefused as error:
        print(error)
        return len(error.problems)
    return 0


def _complain(error: Exception) -> int:
    print(describe(error) if isinstance(error, OSError) else error, file=sys.stderr)
    return 1
