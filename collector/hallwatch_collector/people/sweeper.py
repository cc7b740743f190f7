"""Deletes what is over: sessions nobody uses any more, and what was done longer ago than it is to be kept."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from hallwatch_collector.config import Web
from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.people.people import People

log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0
DAY_S: Final = 86_400.0


class Sweeper:
    """Sweeps once an hour."""

    def __init__(self, people: People, web: Web) -> None:
        self._people = people
        self._web = web
        self._swept_at = 0.0

    def tick(self, now: float) -> None:
        """Sweep, unless that was done within the hour; what cannot be done now is tried an hour later.

        How many more were refused whom nobody knows is written down in between.
        """
        with suppress(JournalUnavailable):
            self._people.audit.tell_more(now)
        if abs(now - self._swept_at) < EVERY_S:
            return
        self._swept_at = now
        try:
            self._people.sessions.sweep(now, idle_s=self._web.idle_s)
            self._people.audit.purge(now - self._web.audit_days * DAY_S)
        except JournalUnavailable as error:
            log.warning("what is over could not be deleted now: %s", error)
