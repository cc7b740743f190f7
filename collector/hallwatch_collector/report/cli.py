"""``hallwatch report``: the report on an incident, written from the journal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hallwatch_agent.commandline import a_path
from hallwatch_collector import plans
from hallwatch_collector.config import Config, load_running
from hallwatch_collector.core.events import AnyEvent, ReportSigned
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.problems import FileRefused, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.report.record import Record
    from hallwatch_collector.report.story import Rules

FORMATS: Final = ("docx", "pdf", "html", "txt")
EXAMPLES: Final = """examples:
  hallwatch report 330106/xihu                          the incidents of a hall
  hallwatch report 330106/xihu inc-7                    the report on one of them, as DOCX in this folder
  hallwatch report 330106/xihu inc-7 --format pdf
  hallwatch sign-report inc-7 --by 王主任               sign it: that is in the record, and in the report from then on
  hallwatch report 330106/xihu inc-7 --output report.html
"""


class ReportRefused(ValueError):  # noqa: N818 - it says what happened
    """The command cannot be carried out; the text says what to do."""


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch report``."""
    parser = subparsers.add_parser(
        "report",
        help="write the report on an incident, in Chinese, from the journal alone",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("hall", metavar="[AREA/]HALL", help="such as 330106/xihu, or xihu alone")
    parser.add_argument("incident", nargs="?", metavar="INCIDENT", help="such as inc-7; left out: list them")
    parser.add_argument("--format", choices=FORMATS, help="default: what --output ends with, else docx")
    parser.add_argument(
        "--output", type=a_path, metavar="FILE", help="where to (default: AREA-HALL-INCIDENT in this folder)"
    )
    parser.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    parser.set_defaults(run=run_report)


def run_report(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch report``; return the exit status."""
    from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
    from hallwatch_collector.report.fonts import FontMissing
    from hallwatch_collector.report.story import NoSuchIncident

    refusals = (
        ReportRefused, FileRefused, JournalUnavailable, JournalUnusable, NoSuchIncident, FontMissing,
    )  # fmt: skip
    try:
        _report(load_running(options.config), options, time.time())  # noqa: TID251 - a command reads the clock once
    except refusals as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _report(config: Config, options: argparse.Namespace, now: float) -> None:
    from hallwatch_collector.journal import Journal, JournalUnusable
    from hallwatch_collector.report.archive import compile_report, read_record
    from hallwatch_collector.report.files import write_file
    from hallwatch_collector.report.story import Rules

    plan, catalogue = plans.load(config.plan_file, config.catalogue_file)
    hall = _find_hall(config, options.hall, Known.of(plan, catalogue, config.areas))
    rules = Rules(hall, plan, catalogue)
    if not config.journal.url and not (config.data / "journal.sqlite").exists():
        raise JournalUnusable(f"there is no journal in {config.data} yet")
    journal = Journal(config.journal_url)
    try:
        entries = list(journal.entries(hall.key))
    finally:
        journal.close()
    record, source = read_record(entries)
    if options.incident is None:
        _list(record, rules, now)
        return
    form = _choose_format(options)
    document = compile_report(record, source, options.incident, rules, told_at=now)
    path = options.output or Path(f"{hall.area}-{hall.hall}-{options.incident}.{form}")
    path.write_bytes(write_file(document, form, config.report, now))
    print(path)
    _check_signatures([entry.event for entry in entries], options.incident, rules)


def _check_signatures(events: Sequence[AnyEvent], incident: str, rules: Rules) -> None:
    """Say of each signature whether it still is one under what the record says up to it."""
    from hallwatch_collector.report.signing import verify_signature

    for event in events:
        if isinstance(event, ReportSigned) and event.incident == incident:
            fits = verify_signature(events, event, rules)
            told = "fits the record" if fits else "does not fit the record, or plan or hall file are others by now"
            print(f"version {event.version}, signed by {event.by}: {told}")


def _find_hall(config: Config, name: str, known: Known) -> Hall:
    """Return a hall by its hall file; raise :class:`ReportRefused` when there is no good one."""
    found = HallFolder([Path(config.halls)], lambda path: read_hall(path, known)).look()
    halls = {str(file.hall.key): file.hall for file in found.loaded}
    meant = [hall for key, hall in halls.items() if name in (key, hall.hall)]
    if len(meant) > 1:
        raise ReportRefused(f"{name} may be {' or '.join(str(hall.key) for hall in meant)}; write which")
    if not meant:
        broken = "".join(f"\n{problem}" for problem in found.refused)
        raise ReportRefused(f"no hall file in {config.halls} is of {name!r}; {name_choices(name, halls)}{broken}")
    return meant[0]


def _choose_format(options: argparse.Namespace) -> str:
    ending = options.output.suffix.lower().lstrip(".") if options.output else ""
    if options.format is None and ending and ending not in FORMATS:
        endings = ", ".join(f".{form}" for form in FORMATS)
        raise ReportRefused(f"{options.output}: there is no report as .{ending}; end it with one of {endings}")
    return str(options.format or ending or "docx")


def _list(record: Record, rules: Rules, now: float) -> None:
    from hallwatch_collector.report.words import ReportWords

    words = ReportWords(rules, now, now)
    if not record.incidents:
        print(f"{rules.hall.name}: no incident in the journal")
    for incident in record.incidents.values():
        what = f"{words.subject(incident.device)}:{words.fault(incident.fault)}"
        print(f"{incident.id:<8} {words.moment(incident.moves[0].at)}  {what}  {words.status(incident.status)}")
