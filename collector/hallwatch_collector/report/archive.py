"""Reads a hall's part of the journal for a report."""

from __future__ import annotations

from collections.abc import Iterable

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.journal import Entry
from hallwatch_collector.report.clock import by_last_clock
from hallwatch_collector.report.document import Document
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.sections import write_report
from hallwatch_collector.report.signing import tell_signatures
from hallwatch_collector.report.story import Rules, Source, tell_story
from hallwatch_collector.report.words import ReportWords


def read_record(entries: Iterable[Entry]) -> tuple[Record, Source]:
    """Put the entries of one hall, oldest first, together, and note which they were.

    The head names the last of them: ``hallwatch journal verify --head`` tells later whether the journal up to it is
    still the one that was read.
    """
    events: list[AnyEvent] = []
    first, last, head = 0, 0, ""
    for entry in entries:
        events.append(entry.event)
        first, last = first or entry.seq, entry.seq
        head = f"{entry.seq}:{entry.hash}"
    return Record(by_last_clock(events)), Source(entries=len(events), first=first, last=last, head=head)


def compile_report(record: Record, source: Source, incident: str, rules: Rules, *, told_at: float) -> Document:
    """Return the report on one incident, as it is known at *told_at* (Unix seconds UTC).

    Raises :class:`hallwatch_collector.report.story.NoSuchIncident`.
    """
    story = tell_story(record, incident, rules, source, told_at)
    return write_report(story, ReportWords(rules, told_at, story.began_at, story.course), tell_signatures)
