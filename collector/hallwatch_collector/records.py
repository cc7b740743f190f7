"""Reads the record while the collector writes it: reports on incidents, and where it ends.

Every reading opens the journal's database anew, beside the one writer, so that a long report holds up no decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from hallwatch_collector.config import Config
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.availability import (
    OF_DEVICE,
    OF_WORK,
    DevicePast,
    Present,
    begin_of_past,
    look_back,
    trace_states,
)
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.quality.counts import RuleCount, Told
from hallwatch_collector.core.quality.episodes import is_counted
from hallwatch_collector.core.quality.quality import Quality, count_halls, span_in, weigh
from hallwatch_collector.core.quality.week import LEAD_S, TAIL_S
from hallwatch_collector.journal import Entry, Journal
from hallwatch_collector.journal.chain import Head
from hallwatch_collector.notify.settings import alerting_of, load_unsent
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.report.archive import compile_report, read_record
from hallwatch_collector.report.files import write_file
from hallwatch_collector.report.signing import seal
from hallwatch_collector.report.story import Rules


class Records:
    """The journal as others may read it, with the plan and catalogue to read it by. Thread-safe."""

    def __init__(self, config: Config, plan: Plan, catalogue: Catalogue) -> None:
        self._config = config
        self.plan = plan
        self.catalogue = catalogue

    def report(self, hall: Hall, incident: str, form: str, *, now: float) -> bytes:
        """Return the report on an incident as it is known *now*.

        Raises ``NoSuchIncident``, ``FontMissing``, ``JournalUnavailable`` or ``JournalUnusable``.
        """
        with self._reading() as journal:
            record, source = read_record(journal.entries(hall.key))
        rules = Rules(hall, self.plan, self.catalogue)
        document = compile_report(record, source, incident, rules, told_at=now)
        return write_file(document, form, self._config.report, now)

    def seal(self, hall: Hall, incident: str) -> str:
        """Return the digest of what the report on an incident says now; raises as :meth:`report` does."""
        with self._reading() as journal:
            events = [entry.event for entry in journal.entries(hall.key)]
        return seal(events, incident, Rules(hall, self.plan, self.catalogue))

    def device_past(self, hall: Hall, present: Present, now: float) -> DevicePast:
        """Return how a device was, as the record has it; raises ``JournalUnavailable`` or ``JournalUnusable``."""
        hours = Hours.of(hall)
        since = begin_of_past(hours, now)
        with self._reading() as journal:
            watched = journal.watched(hall.key, since)
            told = [
                *journal.told_of(hall.key, _tags(OF_DEVICE), since, f'"device":"{present.device}"'),
                *journal.told_of(hall.key, _tags(OF_WORK), since),
            ]
        if watched:  # whoever asks is the collector, which watches since the last of them was written
            watched[-1] = (watched[-1][0], now)
        return look_back(trace_states(present, told, watched, since, now), hours, now)

    def entries(self, hall: HallKey, after: int) -> Iterator[Entry]:
        """Yield the entries of a hall after a number; raises ``JournalUnavailable`` or ``JournalUnusable``."""
        with self._reading() as journal:
            yield from journal.entries(hall, after=after)

    @property
    def fault_names(self) -> Mapping[str, tuple[str, str]]:
        """What each fault of the catalogue is called, in Chinese and in English."""
        return {fault.id: (fault.name, fault.name_en) for fault in self.catalogue.faults}

    def quality(self, halls: Mapping[str, Hall], week: str, *, now: float) -> Quality:
        """Return how good the alerts of some halls, by their files, were in a week; empty: in the last seven days.

        Raises :class:`ValueError` when there is no such week, ``JournalUnavailable`` or ``JournalUnusable``.
        """
        events = self._read_week(list(halls.values()), week, now)
        return weigh(halls, events, self.catalogue, self._read_alerting(), week=week, now=now)

    def count_week(self, halls: list[Hall], *, now: float) -> tuple[dict[HallKey, Told], list[RuleCount]]:
        """Return how the alerts of the last seven days went, by hall and by rule; raises as :meth:`quality` does."""
        return count_halls(halls, self._read_week(halls, "", now), self.catalogue, now=now)

    def _read_week(self, halls: list[Hall], week: str, now: float) -> dict[HallKey, list[AnyEvent]]:
        """Return what counts of a week, with what came shortly before it, and after it."""
        events: dict[HallKey, list[AnyEvent]] = {hall.key: [] for hall in halls}
        if not halls:
            return events
        spans = [span_in(hall, week, now) for hall in halls]
        since, until = min(span.start for span in spans) - LEAD_S, max(span.end for span in spans) + TAIL_S
        only = halls[0].key if len(halls) == 1 else None
        with self._reading() as journal:
            for entry in journal.entries(only, since, until):
                key = HallKey(*entry.hall.split("/"))
                if key in events and is_counted(entry.event):
                    events[key].append(entry.event)
        return events

    def _read_alerting(self) -> Alerting:
        """Return who is told, for their quiet hours; nobody while the file is not as it should be."""
        path = self._config.alerts_file
        try:
            return alerting_of(load_unsent(path, self.plan), self.plan) if path else Alerting()
        except FileRefused:
            return Alerting()

    def head(self) -> Head:
        """Return where the record ends; raise ``JournalUnavailable``."""
        with self._reading() as journal:
            return journal.head()

    @contextmanager
    def _reading(self) -> Iterator[Journal]:
        journal = Journal(self._config.journal_url)
        try:
            yield journal
        finally:
            journal.close()


def _tags(kinds: Iterable[type[Event]]) -> list[str]:
    """Return what events of some kinds are called in the record."""
    return [str(kind.__struct_config__.tag) for kind in kinds]
