"""``hallwatch notify check | show | test``: is alerts.toml right, who would be told, and does it reach them?

All three work by themselves, whether the collector runs or not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_collector.config import DEFAULT_PATH, DEMO_PATH, Config, load_running
from hallwatch_collector.problems import FileRefused, Problem, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.core.alerts.people import Recipient
    from hallwatch_collector.core.model import Model
    from hallwatch_collector.core.plan import Plan
    from hallwatch_collector.notify.settings import AlertFile
    from hallwatch_collector.notify.trial import Trial

EXAMPLES: Final = """examples:
  hallwatch notify check                         is alerts.toml right? everything that is wrong, at once
  hallwatch notify show                          who would be told now, step by step
  hallwatch notify show --level Ⅱ --at "2026-03-14 22:30"
  hallwatch notify test                          a marked test by every way of everybody on duty
  hallwatch notify test --person 张伟 --channel sms
  hallwatch notify test --all                    of everybody in alerts.toml, on duty or not

alerts.toml stands beside collector.toml, which names it: alerts = "alerts.toml" (before its first [table]). A small
one; whatever is secret stands in a file of its own beside it:

  [[channels]]
  id = "bot"
  kind = "wecom"                  # docs/alerts/channels.md has all kinds
  url_file = "wecom-robot"

  [[people]]
  name = "张伟"                    # as in the rota of duty of the hall's file
  roles = ["technician"]
  ways = [{ channel = "bot", mention = "13800000000" }]
"""
SHOWN_AT: Final = "%Y-%m-%d %H:%M"
HOUR_S: Final = 3600
MINUTE_S: Final = 60


class NothingToTell(ValueError):  # noqa: N818 - it says what happened
    """There is nobody to tell, or no such person, channel, hall, level; the text says which there are."""


def add_parser(subparsers: Any) -> None:
    """Add ``notify`` and what it can do."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "notify",
        help="check, foresee and test who is told",
        description=(__doc__ or "").replace("``", ""),
        epilog=EXAMPLES,
        formatter_class=plain,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    check = verbs.add_parser("check", help="check alerts.toml, and say everything that is wrong with it")
    show = verbs.add_parser(
        "show", help="say who would be told, when, and by which way", epilog=EXAMPLES, formatter_class=plain
    )
    show.add_argument("--level", metavar="LEVEL", help="of the incident, as the plan names it (default: the lowest)")
    show.add_argument("--at", metavar="TIME", help='the hall\'s time, such as "2026-03-14 22:30" (default: now)')
    test = verbs.add_parser(
        "test", help="send a marked test, and say whom it did not reach", epilog=EXAMPLES, formatter_class=plain
    )
    test.add_argument("--person", action="append", default=[], metavar="NAME", help="only this person; several times")
    test.add_argument("--channel", action="append", default=[], metavar="ID", help="only this channel; several times")
    test.add_argument("--all", action="store_true", help="everybody in alerts.toml, not only who is on duty")
    for each, carry_out in ((check, run_check), (show, run_show), (test, run_test)):
        if each is not check:
            each.add_argument(
                "--hall", action="append", default=[], metavar="[AREA/]HALL", help="only this hall; several times"
            )
        told = f"the collector's file (default: {DEFAULT_PATH}, or {DEMO_PATH} of hallwatch demo, where it is there)"
        each.add_argument("--config", type=a_path, metavar="FILE", help=told)
        each.set_defaults(run=_run, carry_out=carry_out)


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.carry_out(options))
    except (FileRefused, NothingToTell, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run_check(options: argparse.Namespace) -> int:
    """Check the file; return the exit status."""
    config, told, _ = _load(options.config)
    _say(f"{config.alerts}: right: {_count(told.channels, 'channel')}, {_people(told)}, {_count(told.steps, 'step')}")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Say who would be told; return the exit status: 1 when a step would tell nobody."""
    from hallwatch_collector.core.alerts.foresee import foresee

    config, told, plan = _load(options.config)
    empty = False
    for model in _models(config, plan, told, options.hall):
        zone = ZoneInfo(model.hall.timezone)
        now = _moment(options.at, zone)
        level = _level(plan, options.level)
        _say(f"{model.hall.key} {model.hall.name}, level {level}, {dt.datetime.fromtimestamp(now, zone):{SHOWN_AT}}:")
        for each in foresee(model, level, now):
            held = (
                f", quiet hours: at {dt.datetime.fromtimestamp(each.hold_until, zone):%m-%d %H:%M}"
                if each.hold_until
                else ""
            )
            told_how = f"{', '.join(each.people)} by {each.channel}{held}" if each.people else "NOBODY"
            empty |= not each.people
            _say(
                in_one_line(f"  after {_span(each.after_s):>7}  step {each.step} ({', '.join(each.roles)}): {told_how}")
            )
    return int(empty)


def run_test(options: argparse.Namespace) -> int:
    """Send a test; return the exit status: 1 when somebody would not have been reached."""
    from hallwatch_collector.core.alerts.foresee import find_on_duty
    from hallwatch_collector.notify.trial import try_out

    config, told, plan = _load(options.config)
    now = time.time  # noqa: TID251
    for name in options.channel:
        _require("channel", name, [channel.id for channel in told.channels if not channel.feed])
    for name in options.person:
        _require("person", name, [person.name for person in told.people])
    models = list(_models(config, plan, told, options.hall))
    on_duty = {each.name: each for model in models for each in find_on_duty(model, now())}
    people: list[Recipient] = [
        each
        for each in told.people
        if (each.name in options.person if options.person else options.all or each.name in on_duty)
        if any(each.is_of(model.hall.key) for model in models)
    ]
    gaps = [] if options.person or options.all else list(_say_gaps(models, now()))
    if not people and not gaps:
        raise NothingToTell("nobody is to be told; see hallwatch notify show, or use --all")
    trial = try_out(
        told, Path(config.alerts).parent, people, halls=[model.hall.name for model in models], now=now,
        channels=options.channel,
    )  # fmt: skip
    for line in say_trial(trial, gaps):
        _say(line)
    return int(bool(trial.unreached or gaps))


def say_trial(trial: Trial, gaps: Sequence[str]) -> Iterator[str]:
    """Yield the table of a test, and at the end who would not have been reached."""
    rows = [(each.channel, each.outcome, ", ".join(each.people), each.reason) for each in trial.tried]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(2)]
    for channel, outcome, people, reason in rows:
        yield f"{channel:<{widths[0]}}  {outcome:<{widths[1]}}  {people}" + (f"  ({reason})" if reason else "")
    yield from gaps
    if trial.unreached:
        yield f"NOT REACHED by any way: {', '.join(trial.unreached)}"
    else:
        yield f"{_count(trial.reached, 'person', 'people')} reached"


def _say_gaps(models: Sequence[Model], now: float) -> Iterator[str]:
    from hallwatch_collector.core.alerts.foresee import find_empty_steps

    for model in models:
        for number in find_empty_steps(model, now):
            yield f"{model.hall.key}: step {number} would tell nobody now"


def _say(line: str) -> None:
    sys.stdout.write(in_one_line(line) + "\n")


def _load(path: Path | None) -> tuple[Config, AlertFile, Plan]:
    from hallwatch_collector import plans
    from hallwatch_collector.notify.settings import load_alerts

    config = load_running(path)
    if config.alerts_file is None:
        text = 'is missing, so nobody is told; say alerts = "alerts.toml" before the first [table], and write that file'
        raise FileRefused([Problem(str(path or DEFAULT_PATH), "alerts", text)])
    plan, _ = plans.load(config.plan_file, config.catalogue_file)
    return config, load_alerts(config.alerts_file, plan), plan


def _models(config: Config, plan: Plan, told: AlertFile, wanted: Sequence[str]) -> Iterator[Model]:
    from hallwatch_collector import plans
    from hallwatch_collector.core.model import Model
    from hallwatch_collector.halls.check import Known
    from hallwatch_collector.halls.folder import HallFolder
    from hallwatch_collector.halls.read import read_hall
    from hallwatch_collector.notify.settings import alerting_of

    _, catalogue = plans.load(config.plan_file, config.catalogue_file)
    known = Known.of(plan, catalogue, config.areas)
    found = HallFolder([Path(config.halls)], lambda path: read_hall(path, known)).look()
    for problem in found.refused:
        sys.stderr.write(f"{problem}\n")
    halls = {str(file.hall.key): file.hall for file in found.loaded}
    names = [_find(name, list(halls)) for name in wanted] or list(halls)
    if not names:
        raise NothingToTell(f"{config.halls}: there is no hall file here")
    for name in names:
        yield Model(halls[name], plan, catalogue, alerting_of(told, plan))


def _find(name: str, halls: list[str]) -> str:
    fitting = [each for each in halls if name in (each, each.partition("/")[2])]
    if len(fitting) != 1:
        raise NothingToTell(f"--hall {name}: {name_choices(name, halls)}")
    return fitting[0]


def _require(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise NothingToTell(f"--{what} {name}: {name_choices(name, known)}")


def _level(plan: Plan, wanted: str | None) -> str:
    levels = [level.id for level in plan.levels]
    if wanted is not None:
        _require("level", wanted, levels)
        return wanted
    return levels[-1] if levels else ""


def _moment(text: str | None, zone: ZoneInfo) -> float:
    if text is None:
        return time.time()  # noqa: TID251
    try:
        return dt.datetime.strptime(text, SHOWN_AT).replace(tzinfo=zone).timestamp()
    except ValueError:
        raise NothingToTell(f'--at {text!r}: give the hall\'s time as "2026-03-14 22:30"') from None


def _span(seconds: float) -> str:
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:g} min"
    return f"{seconds / HOUR_S:g} h"


def _count(things: Sequence[Any], word: str, plural: str = "") -> str:
    return f"{len(things)} {word if len(things) == 1 else plural or word + 's'}"


def _people(told: AlertFile) -> str:
    return _count(told.people, "person", "people")
