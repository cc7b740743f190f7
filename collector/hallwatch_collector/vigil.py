"""When the halls were watched: written down once a minute, so that what nobody saw is not taken for well afterwards.

The record has what was decided, and nothing of the hours in which there was nothing to decide. A collector that was
killed says no word; that it lived until then is in the last of these lines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal import Journal, JournalUnavailable

log = logging.getLogger(__name__)

BEAT_S: Final = 60.0
"""How often it is written; so much of the time before a crash is unknown afterwards."""
KEPT_S: Final = 60 * 86_400.0
"""How long it is kept: longer than anybody looks back."""


class Vigil:
    """Writes down which halls are watched. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(
        self,
        journal: Journal,
        halls: Callable[[], Mapping[HallKey, int]],
        keep: Callable[[Sequence[HallKey], float], None],
        monotonic: Callable[[], float],
    ) -> None:
        """*halls* gives the halls that are watched, each with how many of its devices were ever read; *keep* writes
        down the states of those in which these became more: no event tells of a first reading that is well."""
        self._journal = journal
        self._halls = halls
        self._monotonic = monotonic
        self._keep = keep
        self._read: dict[HallKey, int] = {}
        self._since: dict[HallKey, float] = {}
        """Hall → since when it is watched without a break."""
        self._beat_at = float("-inf")
        self._noted_at: float | None = None
        """When it was last written down for these very halls; None: it is to be written for each anew."""
        self._failing = False

    def tick(self, now: float) -> None:
        """Write it down when it is time to; what cannot be written now is written the next time."""
        halls = self._halls()
        if halls.keys() != self._since.keys():
            self._noted_at = None
        elif self._monotonic() - self._beat_at < BEAT_S:
            return
        if self._noted_at is not None and self._was_set(now - self._noted_at):  # the span of that clock is over
            self._since, self._noted_at = {}, None
        self._since = {hall: self._since.get(hall, now) for hall in halls}
        self._beat_at = self._monotonic()
        fresh = [hall for hall, read in halls.items() if read > self._read.get(hall, read)]
        self._read = dict(halls)
        if fresh:
            self._keep(fresh, now)
        try:
            self._note(now)
        except JournalUnavailable as error:
            if not self._failing:
                log.warning("when the halls were watched cannot be written down: %s", error)
            self._failing, self._noted_at = True, None
        else:
            self._failing, self._noted_at = False, now

    def _was_set(self, passed_s: float) -> bool:
        """Tell whether the clock was set since the last line, or the machine slept: then nobody watched so long."""
        return passed_s < 0 or passed_s - (self._monotonic() - self._beat_at) > BEAT_S

    def _note(self, now: float) -> None:
        if self._noted_at is None:
            self._journal.note_watched(self._since, now, forget_before=now - KEPT_S)
        else:
            self._journal.go_on_watching(self._noted_at, now)
