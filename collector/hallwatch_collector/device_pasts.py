"""How devices were, for those who look at the same one: read out of the record once in a while."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from hallwatch_collector.core.availability import DevicePast, Present
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.journal import JournalUnavailable, JournalUnusable

log = logging.getLogger(__name__)

KEPT_S: Final = 60.0
"""So long what was read is told again while the device is as it was: a picture of a day moves by a minute."""
MOST: Final = 256


class _Read(NamedTuple):
    present: Present
    at: float
    past: DevicePast


class DevicePasts:
    """Reads the past of devices. Thread-safe; one is read at a time."""

    def __init__(self, read: Callable[[Hall, Present, float], DevicePast]) -> None:
        """*read* reads it out of the record."""
        self._read = read
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[HallKey, str], _Read] = OrderedDict()

    def read(self, hall: Hall, present: Present, now: float) -> DevicePast | None:
        """Return how a device was; None when the record cannot be read now. May block."""
        entry = (hall.key, present.device)
        with self._lock:
            known = self._known.get(entry)
            if known and known.present == present and 0 <= now - known.at < KEPT_S:
                self._known.move_to_end(entry)
                return known.past
            try:
                past = self._read(hall, present, now)
            except (JournalUnavailable, JournalUnusable) as error:
                log.warning("the past of %s in %s cannot be read: %s", present.device, hall.key, error)
                return None
            self._known[entry] = _Read(present, now, past)
            self._known.move_to_end(entry)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
            return past
