"""``hallwatch journal show``: what was decided, in order."""

from __future__ import annotations

import argparse
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hallwatch_collector.config import Config, load_config
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.problems import FileRefused

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
    show.add_argument("--config", type=Path, metavar="FILE", help="the collector's file")
    show.add_argument("--hall", metavar="AREA/HALL", help="only this hall")
    show.add_argument("--since", metavar="WHEN", help="from then on: 2026-03-01, 2026-03-01T09:30, or 30m, 2h, 7d ago")
    show.add_argument("--timezone", default="Asia/Shanghai", metavar="ZONE", help="of the times shown (%(default)s)")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=run_show)


def run_show(options: argparse.Namespace) -> int:
    """Print the journal; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable

    try:
        config = load_config(options.config)
        zone = ZoneInfo(options.timezone)
        since = read_moment(options.since, zone, time.time()) if options.since else None  # noqa: TID251
        _show(config, options, since)
    except (FileRefused, JournalUnavailable, JournalUnusable, ValueError, ZoneInfoNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def read_moment(text: str, zone: ZoneInfo, now: float) -> float:
    """Return the moment that a person wrote, Unix seconds; raise :class:`ValueError` when it is none."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(ago[1]) * UNITS_S[ago[2]]
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no moment; write 2026-03-01, 2026-03-01T09:30, 30m, 2h or 7d") from None
    return (written if written.tzinfo else written.replace(tzinfo=zone)).timestamp()


def _show(config: Config, options: argparse.Namespace, since: float | None) -> None:
    from hallwatch_collector.journal import Journal, JournalUnusable
    from hallwatch_collector.narration import Narrator
    from hallwatch_collector.plans import load

    hall = HallKey(*options.hall.split("/")) if options.hall and options.hall.count("/") == 1 else None
    if options.hall and hall is None:
        raise ValueError(f"{options.hall!r} names no hall; write AREA/HALL, such as 330106/xihu")
    if not config.journal.url and not (config.data / "journal.sqlite").exists():
        raise JournalUnusable(f"there is no journal in {config.data} yet")
    _, catalogue = load(config.plan_file, config.catalogue_file)
    narrator = Narrator(options.timezone, {fault.id: fault.name for fault in catalogue.faults})
    journal = Journal(config.journal_url)
    try:
        for entry in journal.entries(hall, since):
            if options.json:
                sys.stdout.write(msgspec.json.encode(entry).decode() + "\n")
            else:
                for line in narrator.tell([entry.event]):
                    sys.stdout.write((line if line.startswith("==") else f"{line}  [{entry.hall}]") + "\n")
    finally:
        journal.close()
