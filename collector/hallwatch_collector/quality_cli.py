"""``hallwatch quality``: how good the alerts of a week were, from the running collector."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_collector.config import load_running
from hallwatch_collector.core.quality.counts import PersonCount, RuleCount
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.remote import NotCarriedOut, ask, find_hall
from hallwatch_collector.web.quality import TIMEZONE, QualityEntry
from hallwatch_collector.web.texts import Language, Words

EXAMPLES: Final = """examples:
  hallwatch quality                          the last seven days, all halls
  hallwatch quality 330106/xihu              one hall
  hallwatch quality --week 2026-W47          a week, from Monday to Sunday
"""


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch quality``."""
    parser = subparsers.add_parser(
        "quality",
        help="say how good the alerts of a week were, and which rules would have been better",
        description="Count who was told how much, what was acted on, what came back and what was false, and say which "
        "hold or limit would have spared false alarms.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("hall", nargs="?", metavar="[AREA/]HALL", help="left out: all halls")
    parser.add_argument("--week", default="", metavar="WEEK", help="such as 2026-W47 (default: the last seven days)")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the answer (%(default)s)")
    parser.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    parser.set_defaults(run=run_quality)


def run_quality(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch quality``; return the exit status."""
    language: Language = "zh-CN" if options.language == "zh" else "en"
    try:
        config = load_running(options.config)
        hall = find_hall(config, options.hall) if options.hall else ""
        timezone = ask(config, f"/api/halls/{hall}", signed=True)["timezone"] if hall else TIMEZONE
        asked = urlencode({"week": options.week, "hall": hall, "lang": language})
        told = ask(config, f"/api/quality?{asked}", signed=True)
    except (FileRefused, NotCarriedOut) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    lines = say_quality(msgspec.convert(told, QualityEntry), Words(language, 0.0, timezone), timezone)
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in lines))
    return 0


def say_quality(quality: QualityEntry, words: Words, timezone: str) -> Iterator[str]:
    """Yield what is told of a week, in lines."""
    say, told = words.say, quality.told
    first, last = (dt.datetime.fromtimestamp(at, ZoneInfo(timezone)) for at in (quality.start, quality.end - 1.0))
    yield f"{quality.week} {say('quality.span', **{'from': f'{first:%Y-%m-%d}', 'to': f'{last:%Y-%m-%d}'})}".strip()
    if not told.incidents and not quality.people:
        yield say("quality.none")
        return
    counted = ("incidents", "acted_on", "unacknowledged", "repeated", "false")
    yield ", ".join(f"{getattr(told, name)} {say(f'quality.{name}')}" for name in counted)
    yield ""
    yield f"{say('quality.rules')}:"
    yield from (f"  {_say_rule(rule, words)}" for rule in quality.rules)
    yield ""
    yield f"{say('quality.people')}:"
    yield from (f"  {_say_person(person, words)}" for person in quality.people)
    yield ""
    yield f"{say('quality.suggestions')}:"
    for each in quality.suggestions:
        yield f"  {each.text if words.language == 'zh-CN' else each.text_en}"
        yield f"    {say('quality.write', file=each.suggestion.file)}"
        yield from (f"      {line}" for line in each.suggestion.toml.splitlines())
    if not quality.suggestions:
        yield f"  {say('quality.no_suggestions')}"


def _say_rule(rule: RuleCount, words: Words) -> str:
    fault = words.pick(rule.fault_name, rule.fault_name_en)
    what = words.say("quality.what", kind=words.term("kind", rule.kind), fault=fault) if rule.kind else fault
    counted = ("incidents", "acted_on", "unacknowledged", "repeated", "false")
    return f"{what}: " + ", ".join(f"{getattr(rule.told, name)} {words.say(f'quality.{name}')}" for name in counted)


def _say_person(person: PersonCount, words: Words) -> str:
    counted = ("messages", "new", "follow_ups", "reminders", "digests", "at_night")
    figures = [f"{words.say(f'quality.{name}')} {getattr(person, name)}" for name in counted]
    figures.append(f"{words.say('quality.own')} {person.acted_on}/{person.incidents}")
    if person.median_to_acknowledge_s is not None:
        figures.append(f"{words.say('quality.taken')} {words.span(person.median_to_acknowledge_s)}")
    return f"{person.person}: " + ", ".join(figures)
