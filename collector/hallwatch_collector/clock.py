"""The two clocks, and what is done when the wall's is set while the collector runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from msgspec import Struct

log = logging.getLogger(__name__)

STEP_S: Final = 2.0
"""NTP slews what is less; a step of more would end holds early, or late."""


class Clock(Struct, frozen=True):
    """The two clocks. Moments are told by the wall's; how often something is done, by the one that cannot jump."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


class StepWatch:
    """Reads the wall clock and notices when it was set. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, clock: Clock, stepped: Callable[[float], None]) -> None:
        """*stepped* hears of each step of more than :data:`STEP_S` (negative: set back) before the new time is used."""
        self._clock = clock
        self._stepped = stepped
        self._gap_s = clock.wall() - clock.monotonic()
        self._strayed_s = 0.0

    def read(self) -> float:
        """Return the wall clock's time, Unix seconds UTC."""
        now = self._clock.wall()
        gap_s = now - self._clock.monotonic()
        step_s, self._gap_s = gap_s - self._gap_s, gap_s
        self._strayed_s += step_s
        if abs(step_s) > STEP_S:
            log.warning("the clock was set by %+.1f s; what is running goes on for as long as it would have", step_s)
            self._stepped(step_s)
        return now

    def take_strayed(self) -> float:
        """Return how far the wall clock ran away from the other one since this was last asked, in seconds."""
        strayed_s, self._strayed_s = self._strayed_s, 0.0
        return strayed_s
