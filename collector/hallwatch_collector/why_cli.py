"""``hallwatch why``: of a sign, measure, incident, window or fault the chain of reasons, from the running collector."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from hallwatch_agent.commandline import in_one_line
from hallwatch_collector.config import load_running
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.operate import add_hall
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.remote import NotCarriedOut, ask, find_hall
from hallwatch_collector.web.texts import load_catalogue

EXAMPLES: Final = """examples:
  hallwatch why measure m-3          why the plan asks for this
  hallwatch why sign prn-3           why a sign is up at this device, or window
  hallwatch why incident inc-1       why it is one, with this level
  hallwatch why window w3            why it lost classes, or is closed
  hallwatch why fault jam@prn-3      why this fault stands, and what explains it
"""


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch why``."""
    parser = subparsers.add_parser(
        "why",
        help="say why something is so: from the reading to the clause",
        description="Say of a sign, measure, incident, window or fault the chain of reasons, by the running collector.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=get_args(Kind), metavar="KIND", help=", ".join(get_args(Kind)))
    parser.add_argument("id", metavar="ID", help="of the measure, incident or window; the sign's place; FAULT@DEVICE")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the reasons (%(default)s)")
    add_hall(parser)
    parser.set_defaults(run=run_why)


def run_why(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch why``; return the exit status."""
    try:
        config = load_running(options.config)
        hall = find_hall(config, options.hall)
        told = ask(
            config, f"/api/halls/{quote(hall)}/why/{options.kind}/{quote(options.id, safe='')}?lang=en", signed=True
        )
        timezone = ask(config, f"/api/halls/{quote(hall)}", signed=True)["timezone"]
    except (FileRefused, NotCarriedOut) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    lines = say_why(msgspec.convert(told, Why), ZoneInfo(timezone), options.language)
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in lines))
    return 0


def say_why(why: Why, zone: ZoneInfo, language: str) -> Iterator[str]:
    """Yield the chain, one link a line: since when, which station, what it is about, and what is so."""
    names = load_catalogue("zh-CN") if language == "zh" else {}
    for link in why.links:
        since = f"{datetime.fromtimestamp(link.at, zone):%m-%d %H:%M:%S}" if link.at is not None else ""
        text = link.text if language == "zh" else link.text_en
        if link.evidence and link.evidence not in text:
            text += f": {link.evidence}"
        over = "" if link.holds else ("(现已不是)" if language == "zh" else " (not any more)")
        clause = f"[{link.clause}] " if link.clause else ""
        yield f"{since:<14}  {names.get(f'station.{link.station}', link.station):<9}  {link.name}: {clause}{text}{over}"
