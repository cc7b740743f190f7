"""What is due at a moment. Pure: time is an argument, monotonic seconds.

Every probe has its own grid, ``first + n * interval_s``, and what fires late stays on it: nothing drifts, and after a
suspend each probe fires once instead of catching up. All probes share one origin, so that those of equal interval fall
due together and travel in one message.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import floor
from typing import Generic, TypeVar

from msgspec import Struct

Key = TypeVar("Key", bound=Hashable)


class _Grid(Struct):
    first: float
    interval_s: float
    next: float

    def advance(self, now: float) -> None:
        """Move to the first point of the grid after *now*."""
        steps = floor((now - self.first) / self.interval_s) + 1
        self.next = self.first + steps * self.interval_s
        if self.next <= now:  # the division rounded down to the point that has just fired
            self.next += self.interval_s


class Schedule(Generic[Key]):
    """The grids of all probes; *origin* is where those of the first list start."""

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._grids: dict[Key, _Grid] = {}
        self._next: float | None = None

    def replace(self, intervals_s: Mapping[Key, float], now: float) -> None:
        """Take a new list. A probe whose interval is unchanged keeps its grid; a new one is due at once."""
        self._grids = {
            key: kept
            if (kept := self._grids.get(key)) is not None and kept.interval_s == interval_s
            else _Grid(first=self._origin, interval_s=interval_s, next=now)
            for key, interval_s in intervals_s.items()
        }
        self._find_next()

    def due(self, now: float) -> list[Key]:
        """Return what is due, in the order of the list, and move each to its next point after *now*."""
        if self._next is None or self._next > now:
            return []
        fired = [key for key, grid in self._grids.items() if grid.next <= now]
        for key in fired:
            self._grids[key].advance(now)
        self._find_next()
        return fired

    def next_due(self) -> float | None:
        """Return when the next probe falls due; ``None`` when there is none."""
        return self._next

    def _find_next(self) -> None:
        self._next = min((grid.next for grid in self._grids.values()), default=None)
