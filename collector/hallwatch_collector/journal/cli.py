"""``hallwatch journal show | verify``: what was decided, in order, and whether the record is as it was written."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from hallwatch_agent.commandline import a_path, bare, in_one_line
from hallwatch_collector.config import Config, load_running
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.problems import FileRefused, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.journal import Entry, Journal
    from hallwatch_collector.journal.verify import Finding

EXAMPLES: Final = """examples:
  hallwatch journal show --since 2h                       what was decided in the last two hours
  hallwatch journal show --hall 330106/xihu --since 2026-03-01
  hallwatch journal show --config data/collector.toml     of the demo
  hallwatch journal show --json > journal.jsonl           for other programs
"""
VERIFY_EXAMPLES: Final = """examples:
  hallwatch journal verify                               is the record as it was written?
  hallwatch journal verify --head 4711:9f86d081…         and does it still hold everything up to this noted head?
  hallwatch journal verify --file record.jsonl           of an exported record

The last line printed is the head. Keep it where those who may write the database cannot change it, on paper for
example: with it, a later verify notices even that the end was cut off or that the whole record was made anew.
Exit status: 0 it fits, 1 it does not or cannot be read.
"""
EXPORT_EXAMPLES: Final = """examples:
  hallwatch journal export record-2026.jsonl             every event as it stands in the database, one a line
  hallwatch journal verify --file record-2026.jsonl --head 4711:9f86d081…

The last line printed is the head. File it with the export: it shows later that nothing is missing at the end.
"""
MOST_TOLD: Final = 20
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
    show.add_argument("--hall", metavar="[AREA/]HALL", help="only this hall")
    show.add_argument("--since", metavar="WHEN", help="from then on: 2026-03-01, 2026-03-01T09:30, or 30m, 2h, 7d ago")
    show.add_argument("--timezone", default="Asia/Shanghai", metavar="ZONE", help="of the times shown (%(default)s)")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=run_show)
    check = verbs.add_parser(
        "verify",
        help="find out whether events were changed, removed, put in or moved",
        epilog=VERIFY_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    told = "a head that was noted earlier; may be given several times"
    check.add_argument("--head", action="append", default=[], metavar="SEQ:HASH", help=told)
    check.add_argument("--file", type=a_path, metavar="FILE", help="an exported record, instead of the journal")
    check.set_defaults(run=run_verify)
    export = verbs.add_parser(
        "export",
        help="write the whole record into a file for the archive",
        epilog=EXPORT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("file", type=a_path, metavar="FILE", help="must not be there yet")
    export.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    export.set_defaults(run=run_export)


def run_show(options: argparse.Namespace) -> int:
    """Print the journal; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable

    try:
        config = load_running(options.config)
        zone = read_zone(options.timezone)
        since = None if options.since is None else read_moment(options.since, zone, time.time())  # noqa: TID251
        for line in _lines(config, options, options.hall, since):
            sys.stdout.write(f"{line}\n")
    except (FileRefused, JournalUnavailable, JournalUnusable, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Verify the journal; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
    from hallwatch_collector.journal.chain import parse_head
    from hallwatch_collector.journal.verify import verify, verify_archive

    try:
        noted = [parse_head(text) for text in options.head]
        if options.file is not None:
            return _tell_finding(verify_archive(options.file, noted))
        with closing(_open(load_running(options.config))) as journal:
            finding = verify(journal, noted, _tell_progress if sys.stderr.isatty() else None)
    except (FileRefused, JournalUnavailable, JournalUnusable, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return _tell_finding(finding)


def run_export(options: argparse.Namespace) -> int:
    """Write the record into a file; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
    from hallwatch_collector.journal.archive import write_archive
    from hallwatch_collector.journal.verify import verify_archive

    try:
        with closing(_open(load_running(options.config))) as journal, options.file.open("xb") as stream:
            count = write_archive(journal.sealed(), stream)
        finding = verify_archive(options.file)
    except (FileRefused, JournalUnavailable, JournalUnusable, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(f"{count} events written to {options.file}")
    return _tell_finding(finding)


def _tell_progress(done: int, of: int) -> None:
    stream = bare(sys.stderr)
    stream.write(f"\r{done:,} of {of:,} events")
    stream.flush()


def _tell_finding(finding: Finding) -> int:
    if sys.stderr.isatty():
        bare(sys.stderr).write("\r\033[K")
    misfits = finding.misfits
    for misfit in misfits[:MOST_TOLD]:
        print(misfit.text)
    if len(misfits) > MOST_TOLD:
        print(f"and {len(misfits) - MOST_TOLD} more")
    if misfits:
        print(f"{finding.events} events; the record does not fit, first at event {misfits[0].seq}")
    else:
        print(f"{finding.events} events, each follows from the one before it{_say_unproven(finding)}")
    print(f"head {finding.head}")
    return 1 if misfits else 0


def _say_unproven(finding: Finding) -> str:
    """Say what a record that fits does not prove: what was cut off its end shows by a head that was noted alone."""
    if finding.reaches:
        return f"; nothing is missing up to event {finding.reaches}, which is known from elsewhere"
    return "; whether more came after them shows only with a head that was noted (--head)"


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone that a person named; raise :class:`ValueError` when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        near = get_close_matches(name, available_timezones(), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "write it like Asia/Shanghai or UTC"
        raise ValueError(f"--timezone {name!r}: there is no such time zone; {hint}") from None


def choose_hall(text: str, known: Iterable[HallKey]) -> HallKey:
    """Return the hall that a person named, as ``area/hall`` or by the second alone; raise :class:`ValueError`."""
    halls = list(known)
    meant = [hall for hall in halls if text in (str(hall), hall.hall)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise ValueError(f"--hall {text}: may be {' or '.join(map(str, meant))}; write which")
    choices = name_choices(text, map(str, halls), "no halls in it yet")
    raise ValueError(f"--hall {text or repr(text)}: the journal knows no such hall; {choices}")


def read_moment(text: str, zone: ZoneInfo, now: float) -> float:
    """Return the moment that a person wrote, Unix seconds; raise :class:`ValueError` when it is none."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(ago[1]) * UNITS_S[ago[2]]
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since {text!r} is no moment; write 2026-03-01, 2026-03-01T09:30, 30m, 2h or 7d") from None
    return (written if written.tzinfo else written.replace(tzinfo=zone)).timestamp()


def _lines(config: Config, options: argparse.Namespace, hall: str | None, since: float | None) -> Iterator[str]:
    from hallwatch_collector.narration import Narrator
    from hallwatch_collector.plans import load

    _, catalogue = load(config.plan_file, config.catalogue_file)
    narrator = Narrator(options.timezone, {fault.id: fault.name for fault in catalogue.faults})
    with closing(_open(config)) as journal:
        for entry in _entries(journal, hall, since):
            if options.json:
                yield msgspec.json.encode(entry).decode()
            else:
                for line in narrator.tell([entry.event]):
                    yield in_one_line(line if line.startswith("==") else f"{line}  [{entry.hall}]")


def _open(config: Config) -> Journal:
    from hallwatch_collector.journal import Journal, JournalUnusable

    if not config.journal.url and not (config.data / "journal.sqlite").is_file():
        raise JournalUnusable(f"there is no journal in {config.data} yet")
    return Journal(config.journal_url)


def _entries(journal: Journal, hall: str | None, since: float | None) -> Iterator[Entry]:
    """Yield what the journal has; raise :class:`ValueError` for a hall that it never had."""
    return journal.entries(None if hall is None else choose_hall(hall, journal.halls()), since)
