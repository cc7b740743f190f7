"""Counts in the background how good the alerts of the last seven days were, and shows it in the metrics.

A week is much to read, so it is counted seldom: the longer it takes, the seldomer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from hallwatch_collector.collector import Collector
from hallwatch_collector.export.week import WeekCount
from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
from hallwatch_collector.records import Records

log = logging.getLogger(__name__)

PAUSE_S: Final = 15.0
SHARE: Final = 100
"""A pause is at least so many times as long as the counting took: it never costs more than a hundredth of a core."""


class WeekCounter:
    """One thread calls :meth:`tick`; the counting has a thread of its own."""

    def __init__(
        self, collector: Collector, records: Records, now: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self._collector, self._records, self._now, self._monotonic = collector, records, now, monotonic
        self._due = 0.0
        self._thread: threading.Thread | None = None
        self._failing = False

    def tick(self) -> None:
        """Begin to count when it is time; never waits."""
        if self._monotonic() >= self._due and not (self._thread and self._thread.is_alive()):
            self._due = self._monotonic() + PAUSE_S
            self._thread = threading.Thread(target=self._count_or_tell, name="week-count", daemon=True)
            self._thread.start()

    def _count_or_tell(self) -> None:
        began = self._monotonic()
        try:
            self.count()
            self._failing = False
        except (JournalUnavailable, JournalUnusable) as error:
            if not self._failing:
                log.warning("the week's alerts cannot be counted for /metrics (%s); it is tried again", error)
            self._failing = True
        except Exception:
            log.exception("a defect in counting the week's alerts for /metrics; it is tried again")
        self._due = self._monotonic() + max(PAUSE_S, SHARE * (self._monotonic() - began))

    def count(self) -> None:
        """Count now; raise ``JournalUnavailable`` or ``JournalUnusable``."""
        now = self._now()
        told, rules = self._records.count_week(self._collector.halls(), now=now)
        self._collector.metrics.take_week(WeekCount(at=now, halls=told, rules=rules))
