"""Reads the record while the collector writes it: reports on incidents, and where it ends.

Every reading opens the journal's database anew, beside the one writer, so that a long report holds up no decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hallwatch_collector.config import Config
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.journal import Journal
from hallwatch_collector.journal.chain import Head
from hallwatch_collector.report.archive import compile_report, read_record
from hallwatch_collector.report.files import write_file
from hallwatch_collector.report.signing import seal
from hallwatch_collector.report.story import Rules


class Records:
    """The journal as others may read it, with the plan and catalogue to read it by. Thread-safe."""

    def __init__(self, config: Config, plan: Plan, catalogue: Catalogue) -> None:
        self._config = config
        self.plan = plan
        self._catalogue = catalogue

    def report(self, hall: Hall, incident: str, form: str, *, now: float) -> bytes:
        """Return the report on an incident as it is known *now*.

        Raises ``NoSuchIncident``, ``FontMissing``, ``JournalUnavailable`` or ``JournalUnusable``.
        """
        with self._reading() as journal:
            record, source = read_record(journal.entries(hall.key))
        rules = Rules(hall, self.plan, self._catalogue)
        document = compile_report(record, source, incident, rules, told_at=now)
        return write_file(document, form, self._config.report, now)

    def seal(self, hall: Hall, incident: str) -> str:
        """Return the digest of what the report on an incident says now; raises as :meth:`report` does."""
        with self._reading() as journal:
            events = [entry.event for entry in journal.entries(hall.key)]
        return seal(events, incident, Rules(hall, self.plan, self._catalogue))

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
