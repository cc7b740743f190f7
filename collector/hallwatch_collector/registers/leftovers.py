"""Personal data of halls whose file is gone: no core is left that would ask for its deletion when its time is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.register_events import RegisterPurged
from hallwatch_collector.journal import JournalUnavailable
from hallwatch_collector.registers.cabinet import Cabinet

log = logging.getLogger(__name__)

LOOK_S: Final = 3600.0

Take = Callable[[HallKey, RegisterPurged, float], None]


class Leftovers:
    """Looks for them once in a while. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, cabinet: Cabinet, halls: Callable[[], Sequence[HallKey]], take: Take) -> None:
        """*halls* are those in force; *take* deletes, and raises ``JournalUnavailable``."""
        self._cabinet = cabinet
        self._halls = halls
        self._take = take
        self._looked_at = 0.0

    def tick(self, now: float) -> None:
        """Look, unless that was done within the hour; what cannot be done now is tried an hour later."""
        if abs(now - self._looked_at) < LOOK_S:
            return
        self._looked_at = now
        try:
            found = self._cabinet.outdated(now, self._halls())
            for hall, numbers in groupby(sorted(found), key=itemgetter(0)):
                self._take(hall, RegisterPurged(at=now, numbers=[number for _, number in numbers]), now)
        except JournalUnavailable as error:
            log.warning("personal data whose time is over could not be deleted now: %s", error)
