"""Deletes what is over: sessions nobody uses any more, and what was done longer ago than it is to be kept."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from hallwatch_collector.config import Web
from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.people.people import People
from hallwatch_collector.retention import DAY_S, Retention, until_when

log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0


class Sweeper:
    """Sweeps once an hour."""

    def __init__(self, people: People, web: Web, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._people = people
        self._web = web
        self._retention = Retention(monotonic)
        self._swept_at = 0.0

    def tick(self, now: float) -> None:
        """Sweep, unless that was done within the hour; what cannot be done now is tried later.

        How many more were refused whom nobody knows is written down in between.
        """
        with suppress(JournalUnavailable):
            self._people.audit.tell_more(now)
        try:
            if self._retention.is_due(now):
                self._purge(now)
            if abs(now - self._swept_at) >= EVERY_S:
                self._swept_at = now
                self._people.sessions.sweep(now, idle_s=self._web.idle_s)
        except JournalUnavailable as error:
            log.warning("what is over could not be deleted now: %s", error)

    def _purge(self, now: float) -> None:
        audit = self._people.audit
        oldest = audit.oldest()
        if oldest is None:
            return
        before = until_when(now, self._web.audit_days * DAY_S, oldest)
        if gone := audit.purge(before):
            until = dt.datetime.fromtimestamp(before, dt.UTC)
            log.info("deleted %d lines of the audit log, of before %s", gone, f"{until:%Y-%m-%d %H:%M:%S} UTC")
