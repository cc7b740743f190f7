"""The past of halls, read out of the record once and then only what came since."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.past import Past
from hallwatch_collector.journal import Entry

Read = Callable[[HallKey, int], Iterable[Entry]]
"""Reads the entries of a hall after a number, in order."""


class Chronicle:
    """Keeps the past of each hall that somebody asked for. Thread-safe; each hall is read by one at a time."""

    def __init__(self, read: Read) -> None:
        """*read* raises ``JournalUnavailable`` or ``JournalUnusable``, at the beginning or midway."""
        self._read = read
        self._begun: dict[HallKey, tuple[int, Past]] = {}
        self._locks: defaultdict[HallKey, threading.Lock] = defaultdict(threading.Lock)

    def past(self, key: HallKey) -> Past:
        """Return a hall's past up to now; raises as *read* does, and goes on from there the next time. May block."""
        with self._locks[key]:
            last, past = self._begun.get(key, (0, Past()))
            for entry in self._read(key, last):
                past.take(entry.event)
                self._begun[key] = (entry.seq, past)
            return past.copy()
