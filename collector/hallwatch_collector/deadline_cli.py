"""The command ``hallwatch deadline``: what the plan makes of an outage before a filing deadline, by which calendar."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from hallwatch_agent.commandline import a_path
from hallwatch_collector import plans
from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.core.deadlines import DeadlineClerk, DeadlineRules, Near, Outage, Proposal, Service, Unmoved
from hallwatch_collector.core.extension_words import Clause, day_name, rule
from hallwatch_collector.core.hall import Filing
from hallwatch_collector.core.hours import LAST, Hours
from hallwatch_collector.core.workdays import WHYS, Day, WorkDays
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_days
from hallwatch_collector.problems import FileRefused, name_choices

EXAMPLES: Final = """examples:
  hallwatch deadline halls/xihu.toml --down-from 2026-10-26T09:30
  hallwatch deadline --last-day 2026-10-26 --down-from 2026-10-23T14:00 --up-at 2026-10-26T14:00 \\
      --systems online-bureau,core-system
"""
EXTENDING: Final[tuple[Clause, ...]] = ("O3", "O4")
Language = Literal["zh", "en"]
WORDS: Final[dict[str, tuple[str, str]]] = {
    "none": ("按预案不延期。", "The plan extends no deadline."),
    "left": ("不延期", "not extended"),
    "judged": ("判断时刻", "judged from"),
    "given": ("命令行给出的申报期", "the period given"),
    "old": ("申报期最后一日", "last day of the period"),
    "new": ("建议新期限", "proposed deadline"),
    "unknown": ("尚不能确定,最早", "not known yet; at the earliest"),
    "hangs": ("取决于", "hangs on"),
    "rule": ("规则", "rule"),
    "step": ("步骤", "step"),
    "calendar": ("日历", "calendar"),
    "works": ("工作日", "working day"),
    "rests": ("休息日", "no working day"),
    "ask": ("仅为建议,由有权人员决定。", "This is a proposal; a person with that right decides."),
}


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch deadline``."""
    parser = subparsers.add_parser(
        "deadline",
        help="say what the plan makes of an outage before a filing deadline, with the calendar it used",
        description="Say what the plan makes of an outage before a filing deadline, and by which calendar.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("hall", type=a_path, nargs="?", metavar="HALLFILE", help="its [[filing]], hours and calendar")
    parser.add_argument(
        "--last-day", action="append", default=[], metavar="DATE", help="of a period, beside [[filing]]"
    )
    parser.add_argument(
        "--plan", default=plans.DEFAULT, metavar="PLAN", help="its file or name: whose numbers count (%(default)s)"
    )
    parser.add_argument("--down-from", required=True, metavar="WHEN", help="since when: 2026-10-26T09:30, hall time")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--up-at", metavar="WHEN", help="when the fault was cleared; left out: it still is down")
    ends.add_argument("--expected", metavar="WHEN", help="when it is expected to be back")
    parser.add_argument("--systems", default="online-bureau", metavar="A,B", help="what is down (%(default)s)")
    parser.add_argument("--now", metavar="WHEN", help="the moment to judge from (default: this one)")
    parser.add_argument("--language", choices=get_args(Language), default="zh", help="of the answer (%(default)s)")
    parser.set_defaults(run=run_command)


def run_command(options: argparse.Namespace) -> int:
    """Print what the plan proposes; return the exit status."""
    try:
        lines = list(_answer(options))
    except (FileRefused, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _answer(options: argparse.Namespace) -> Iterator[str]:
    plan, catalogue = plans.load(plans.find_plan(options.plan))
    hall = read_days(options.hall, Known.of(plan, catalogue)) if options.hall else None
    at = get_args(Language).index(options.language)
    filings = [*(hall.filing if hall else ()), *_named(options.last_day, WORDS["given"][at])]
    if not filings:
        raise ValueError("there is no filing period: add [[filing]] to the hall file, or say --last-day 2026-10-26")
    zone = ZoneInfo(hall.timezone if hall else "Asia/Shanghai")
    now = read_moment("--now", options.now, zone) or time.time()  # noqa: TID251
    outages = _outages(options, zone)
    bare = DeadlineClerk(plan.deadlines, Hours([], zone.key), WorkDays(find_calendar("CN")))
    clerk = DeadlineClerk.of(plan.deadlines, hall) if hall else bare
    for near in clerk.find_near(filings, outages, now):
        yield from _tell_near(near, at)
    proposals = clerk.propose(filings, outages, now)
    for proposal in proposals:
        yield from _tell(proposal, at)
    if proposals:
        yield WORDS["ask"][at]
        return
    for left in clerk.leave(filings, outages, now):
        yield from _tell_left(left, plan.deadlines, at)
    yield f"{WORDS['judged'][at]}: {dt.datetime.fromtimestamp(now, zone):%Y-%m-%d %H:%M} (--now)"
    yield WORDS["none"][at]


def _named(last_days: list[str], name: str) -> list[Filing]:
    try:
        days = [dt.date.fromisoformat(day) for day in last_days]
    except ValueError as error:
        raise ValueError(f"--last-day: {error}; write it as 2026-10-26") from None
    return [Filing(name=name, last_days=days)] if days else []


def _outages(options: argparse.Namespace, zone: ZoneInfo) -> list[Outage]:
    start = read_moment("--down-from", options.down_from, zone) or 0.0
    end, expected = read_moment("--up-at", options.up_at, zone), read_moment("--expected", options.expected, zone)
    for name, moment in (("--up-at", end), ("--expected", expected)):
        if moment is not None and moment <= start:
            raise ValueError(f"{name} is not after --down-from ({options.down_from}); did the two change places?")
    outages = []
    for word in options.systems.split(","):
        if word not in get_args(Service):
            raise ValueError(f"--systems: {word!r} is unknown; {name_choices(word, get_args(Service))}")
        service: Service = "core-system" if word == "core-system" else "online-bureau"
        outages.append(Outage(service=service, start=start, end=end, expected_end=expected))
    return outages


def read_moment(name: str, text: str | None, zone: ZoneInfo) -> float | None:
    """Return a moment that a person wrote by the hall's clocks (Unix seconds); raise :class:`ValueError` for none."""
    if text is None:
        return None
    try:
        written = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is no moment; write it as 2026-10-26T09:30") from None
    moment = (written if written.tzinfo else written.replace(tzinfo=zone)).timestamp()
    if not 0 < moment < LAST:
        raise ValueError(f"{name}: {text} lies too far away; is the year right?")
    return moment


def _tell_near(near: Near, at: int) -> Iterator[str]:
    yield f"[{near.clause}] {near.filing}  {WORDS['old'][at]}: {day_name(near.last_day)[at]}"
    yield f"  {(near.rule, near.rule_en)[at]}"
    yield ""


def _tell_left(left: Unmoved, rules: DeadlineRules, at: int) -> Iterator[str]:
    yield f"[O3, O4] {left.filing}  {WORDS['old'][at]}: {day_name(left.last_day)[at]}"
    yield f"  {WORDS['left'][at]}: {(left.reason, left.reason_en)[at]}"
    yield from (f"  {WORDS['rule'][at]} {clause}: {rule(clause, rules)[at]}" for clause in EXTENDING)
    yield f"  {WORDS['calendar'][at]} {left.calendar}:"
    yield from (f"    {_tell_day(day, at)}" for day in left.days)
    if assumption := (left.assumption, left.assumption_en)[at]:
        yield f"  ?: {assumption}"
    yield ""


def _tell(proposal: Proposal, at: int) -> Iterator[str]:
    yield f"[{proposal.clause}] {proposal.filing}  {WORDS['old'][at]}: {day_name(proposal.old)[at]}"
    unknown = "" if proposal.new else f"{WORDS['unknown'][at]} "
    yield f"  {WORDS['new'][at]}: {unknown}{day_name(proposal.not_before)[at]}"
    if hangs_on := (proposal.hangs_on, proposal.hangs_on_en)[at]:
        yield f"  {WORDS['hangs'][at]}: {hangs_on}"
    yield f"  {WORDS['rule'][at]}: {(proposal.rule, proposal.rule_en)[at]}"
    for step in proposal.steps:
        yield f"  {WORDS['step'][at]} {step.clause}: {(step.text, step.text_en)[at]} → {day_name(step.end)[at]}"
    yield f"  {WORDS['calendar'][at]} {proposal.calendar}:"
    for day in proposal.days:
        yield f"    {_tell_day(day, at)}"
    if assumption := (proposal.assumption, proposal.assumption_en)[at]:
        yield f"  ?: {assumption}"
    yield ""


def _tell_day(day: Day, at: int) -> str:
    why = (day.name, day.name_en)[at] or WHYS[day.why][at]
    assumed = " ?" if day.assumed else ""
    return f"{day_name(day.date)[at]}  {WORDS['works' if day.works else 'rests'][at]}  {why}{assumed}"
