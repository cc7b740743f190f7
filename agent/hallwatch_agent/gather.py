"""Which readings travel together. Pure: time is an argument, monotonic seconds.

What falls due together is one cycle and goes in one message, at once when all of it is there, else a short window after
the first of it: a slow device never holds the others back. What misses its window is a straggler; stragglers wait for
each other as briefly, and nothing waits for them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

from hallwatch_agent.wire import Reading

WINDOW_S: Final = 0.2
MAX_READINGS: Final = 500
"""In one message; keeps it far below the wire's limit."""


class Gather:
    """The readings that are there and the ones that are awaited."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._readings: list[Reading] = []
        self._awaited: set[Hashable] = set()
        self._stragglers: set[Hashable] = set()
        self._closes_at: float | None = None

    def expect(self, keys: Iterable[Hashable]) -> None:
        """Note what has been started and will be added sooner or later."""
        self._awaited.update(keys)

    def add(self, key: Hashable, reading: Reading, now: float) -> None:
        """Take the reading of *key*, awaited or not."""
        self._readings.append(reading)
        punctual = key not in self._stragglers
        self._settle(key)
        if self._closes_at is None:
            self._closes_at = now + self._window_s
        if not self._awaited and (punctual or not self._stragglers):
            self._closes_at = now

    def forget(self, key: Hashable, now: float) -> None:
        """Stop waiting for *key*: it has left the list."""
        self._settle(key)
        if self._readings and not self._awaited and not self._stragglers:
            self._closes_at = now

    def closes_at(self) -> float | None:
        """Return when :meth:`take` is to be called; ``None`` while nothing is there."""
        return self._closes_at

    def take(self) -> list[Reading]:
        """Return what is there, at most :data:`MAX_READINGS`; the rest is to be taken at once."""
        taken, self._readings = self._readings[:MAX_READINGS], self._readings[MAX_READINGS:]
        if not self._readings:
            self._closes_at = None
            self._stragglers |= self._awaited
            self._awaited.clear()
        return taken

    def _settle(self, key: Hashable) -> None:
        self._awaited.discard(key)
        self._stragglers.discard(key)
