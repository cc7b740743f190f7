"""Keeps what is counted of halls' service and of incidents' course in step with what the core decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.export.course import NOTED
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.selfwatch import SELF_KEY

MOST_AT_ONCE: Final = 50
"""Pictures that are asked for at a time: when everything fails at once, messages do not wait for a region of them."""


class Tally:
    """Not thread-safe: whoever owns the core's lock owns it too. Of drills it counts nothing (B3).

    What was decided is taken in a moment later, so that no decision waits for the picture of its hall.
    """

    def __init__(self, engine: Engine, metrics: Metrics, is_drill: Callable[[HallKey], bool]) -> None:
        self._engine = engine
        self._metrics = metrics
        self._is_drill = is_drill
        self._news: dict[HallKey, list[AnyEvent]] = {}

    def note(self, key: HallKey, events: Iterable[AnyEvent]) -> None:
        """Keep what was decided until the next :meth:`settle`."""
        if key != SELF_KEY and not self._is_drill(key):
            self._news.setdefault(key, []).extend(event for event in events if isinstance(event, NOTED))

    def settle(self, now: float) -> None:
        """Count what was decided since the last call, for so many halls at most; the others come next."""
        there = set(self._engine.halls()) if self._news else set()
        for key in list(islice(self._news, MOST_AT_ONCE)):
            events = self._news.pop(key)
            if key in there:  # what was kept for the journal may be of a hall that has left meanwhile
                self._metrics.course.note(self.follow(key, now), events)

    def follow(self, key: HallKey, now: float) -> HallView:
        """Count the time until now for a hall in force, and return its picture."""
        view = self._engine.view(key, now)
        self._metrics.service.follow(view, self._engine.hours(key), now)
        return view

    def drop(self, key: HallKey) -> None:
        """Forget a hall that is gone."""
        self._news.pop(key, None)
        self._metrics.drop(key)

    def shift_clock(self, step_s: float) -> None:
        """Take up that the clock was set by *step_s*."""
        self._metrics.service.shift_clock(step_s)
