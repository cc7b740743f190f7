"""``hallwatch journal show``: what was decided, in order."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_collector.config import Config, load_config
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.problems import FileRefused, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.journal import Entry, Journal

EXAMPLES: Final = """examples:
  hallwatch journal show --since 2h                       what was decided in the last two hours
  hallwatch journal show --hall 330106/xihu --since 2026-03-01
  hallwatch journal show --config data/collector.toml     of the demo
  hallwatch journal show --json > journal.jsonl           for other programs
"""
UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def add_parser(subparsers: Any) -> None:
    """Add ``journal`` and what it can do."""
    parser = subparsers.add_parser("journal", help="read the record")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    show = verbs.add_parser(
        "show",
        help="print what was decided, oldest first",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    show.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    show.add_argument("--hall", metavar="AREA/HALL", help="only this hall")
    show.add_argument("--since", metavar="WHEN", help="from then on: 2026-03-01, 2026-03-01T09:30, or 30m, 2h, 7d ago")
    show.add_argument("--timezone", default="Asia/Shanghai", metavar="ZONE", help="of the times shown (%(default)s)")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=run_show)


def run_show(options: argparse.Namespace) -> int:
    """Print the journal; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
    from hallwatch_collector.plans import PlanError

    try:
        config = load_config(options.config)
        zone = read_zone(options.timezone)
        since = None if options.since is None else read_moment(options.since, zone, time.time())  # noqa: TID251
        hall = None if options.hall is None else read_hall_key(options.hall)
        for line in _lines(config, options, hall, since):
            sys.stdout.write(f"{line}\n")
    except (FileRefused, PlanError, JournalUnavailable, JournalUnusable, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone that a person named; raise :class:`ValueError` when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        near = get_close_matches(name, available_timezones(), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "write it like Asia/Shanghai or UTC"
        raise ValueError(f"--timezone {name!r}: there is no such time zone; {hint}") from None


def read_hall_key(text: str) -> HallKey:
    """Return the hall that a person named; raise :class:`ValueError` when it is written in another way."""
    area, slash, hall = text.partition("/")
    if not (area and slash and hall) or "/" in hall:
        raise ValueError(f"--hall {text!r} names no hall; write AREA/HALL, such as 330106/xihu")
    return HallKey(area, hall)


def read_moment(text: str, zone: ZoneInfo, now: float) -> float:
    """Return the moment that a person wrote, Unix seconds; raise :class:`ValueError` when it is none."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(ago[1]) * UNITS_S[ago[2]]
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since {text!r} is no moment; write 2026-03-01, 2026-03-01T09:30, 30m, 2h or 7d") from None
    return (written if written.tzinfo else written.replace(tzinfo=zone)).timestamp()


def _lines(config: Config, options: argparse.Namespace, hall: HallKey | None, since: float | None) -> Iterator[str]:
    from hallwatch_collector.journal import Journal, JournalUnusable
    from hallwatch_collector.narration import Narrator
    from hallwatch_collector.plans import load

    if not config.journal.url and not (config.data / "journal.sqlite").is_file():
        raise JournalUnusable(f"there is no journal in {config.data} yet")
    _, catalogue = load(config.plan_file, config.catalogue_file)
    narrator = Narrator(options.timezone, {fault.id: fault.name for fault in catalogue.faults})
    journal = Journal(config.journal_url)
    try:
        for entry in _entries(journal, hall, since):
            if options.json:
                yield msgspec.json.encode(entry).decode()
            else:
                for line in narrator.tell([entry.event]):
                    yield in_one_line(line if line.startswith("==") else f"{line}  [{entry.hall}]")
    finally:
        journal.close()


def _entries(journal: Journal, hall: HallKey | None, since: float | None) -> Iterator[Entry]:
    """Yield what the journal has; raise :class:`ValueError` for a hall that it never had."""
    if hall is not None and hall not in (known := journal.halls()):
        choices = name_choices(str(hall), map(str, known), "no halls in it yet")
        raise ValueError(f"--hall {hall}: the journal knows no such hall; {choices}")
    return journal.entries(hall, since)
