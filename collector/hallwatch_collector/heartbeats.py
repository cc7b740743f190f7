"""The collector's own heartbeat, one a hall: agents raise the alarm by themselves when it stays away.

A heartbeat says that time passes here, that the core's lock can be had, and that the link sends. It goes past the
shelf, which sees to it that a message stands: an old heartbeat that is published again would be a lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from math import inf
from typing import Final

from hallwatch_agent.wire import Heartbeat, encode, topic
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.shelf import Publish

INTERVAL_S: Final = 10.0
SPREAD: Final = 20
"""So many turns at least it takes until every hall has had one: a thousand halls are no burst."""


class Heartbeats:
    """Whose turn it is. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, boot: str, publish: Publish) -> None:
        self._boot = boot
        self._publish = publish
        self._due: dict[HallKey, float] = {}
        """By the monotonic clock; whoever was served last stands last."""
        self._healthy = True
        self.count = 0
        """Since the start."""

    def beat(self, keys: Iterable[HallKey], *, healthy: bool, now: float, monotonic: float) -> None:
        """Let those halls have a heartbeat whose turn it is; all of them soon when the collector's health changed."""
        if healthy != self._healthy:
            self._healthy = healthy
            self.hurry()
        for key in keys:
            self._due.setdefault(key, monotonic)
        due = (key for key, at in self._due.items() if at <= monotonic)
        for key in list(islice(due, -(-len(self._due) // SPREAD))):
            del self._due[key]
            self._due[key] = monotonic + INTERVAL_S
            self._say(key, now)

    def hurry(self) -> None:
        """Have every hall's turn come at once."""
        self._due = dict.fromkeys(self._due, -inf)

    def forget(self, key: HallKey) -> None:
        """Say that this hall is not watched any more."""
        if self._due.pop(key, None) is not None:
            self._publish(topic(*key, "collector"), b"", True)

    def say_farewell(self, now: float) -> None:
        """Say to every hall that the collector stops because it was told to."""
        for key in self._due:
            self._say(key, now, stopping=True)
        self._due.clear()

    def _say(self, key: HallKey, now: float, *, stopping: bool = False) -> None:
        self.count += 1
        beat = Heartbeat(self._boot, self.count, now, INTERVAL_S, self._healthy, stopping)
        self._publish(topic(*key, "collector"), encode(beat), True)
