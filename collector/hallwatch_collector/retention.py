"""When what was kept for its time is deleted: late rather than by a clock that is wrong.

A wall clock can be set years ahead by a flat battery, or by hand; what is deleted by it is gone for good. So nothing is
deleted for an hour after the start, nor after such a step, and never more than some days' worth at once: there is time
to notice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
HALF_YEAR_DAYS: Final = 184
"""Six months have no more: from March to August, and from July to December."""
EVERY_S: Final = 3600.0
JUMP_S: Final = 60.0
"""So far the wall clock may run away from the one that cannot jump."""
AT_ONCE_S: Final = 7 * DAY_S


class Retention:
    """Says when to delete, and what. Not thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._gap_s: float | None = None
        self._waits_until = 0.0

    def is_due(self, now: float) -> bool:
        """Tell whether to delete what is over, once an hour; *now* is the wall clock's. Call it often."""
        sure = self._monotonic()
        gap_s = now - sure
        if self._gap_s is None or abs(gap_s - self._gap_s) > JUMP_S:
            if self._gap_s is not None:
                log.warning("the clock was set by %+.0f s; nothing is deleted for an hour", gap_s - self._gap_s)
            self._gap_s, self._waits_until = gap_s, sure + EVERY_S
        if sure < self._waits_until:
            return False
        self._waits_until = sure + EVERY_S
        return True


def until_when(now: float, keep_s: float, oldest: float) -> float:
    """Return up to when to delete now: what was kept for its time, a week of the oldest at most."""
    return min(now - keep_s, oldest + AT_ONCE_S)
