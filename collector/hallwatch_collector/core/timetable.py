"""What a hall asks to be woken for: the timers of alarms and probes, and the moments at which to look at everything."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

HOURS: Final = "hours"
"""The timer of a hall that opens and closes: it hangs on the time of day, so it is heard when the clock is set."""
SCREENS: Final = "@screens"
"""In place of a device: the timer of the paired screens."""
AT_ONCE: Final = 0.0
"""When a timer is due that is to be heard at the next tick."""


class Timetable:
    """The timers of one hall, the earliest first."""

    def __init__(self) -> None:
        self._timers: list[tuple[float, int, str, str]] = []
        self._steps: set[float] = set()
        self._timer_count = 0
        self.stepped_s = 0.0
        """By how much the clock was set, as far as that is not yet written down."""

    def set_timer(self, due: float, device: str = "", key: str = "") -> None:
        """Ask to be woken at *due*: for an alarm (device and key), a probe, or, with neither, to look at everything."""
        self._timer_count += 1
        heapq.heappush(self._timers, (due, self._timer_count, device, key))

    def set_step(self, due: float) -> None:
        """Ask to look at everything at *due*; asked again and again, it is one timer."""
        if due not in self._steps and due < float("inf"):
            self._steps.add(due)
            self.set_timer(due)

    def shift_timers(self, step_s: float) -> None:
        """Let every timer end by *step_s* later: the clock was set by so much."""
        self.stepped_s += step_s
        self._steps.clear()
        self._timers = [
            (AT_ONCE if key == HOURS else due + step_s, number, device, key)
            for due, number, device, key in self._timers
        ]
        heapq.heapify(self._timers)

    def due_timers(self, now: float) -> Iterator[tuple[float, str, str]]:
        """Take out and yield the timers that are due, earliest first."""
        while self._timers and self._timers[0][0] <= now:
            due, _, device, key = heapq.heappop(self._timers)
            self._steps.discard(due)
            yield due, device, key

    def next_due(self) -> float:
        """Return when the next timer is due; infinity when none runs."""
        return self._timers[0][0] if self._timers else float("inf")
