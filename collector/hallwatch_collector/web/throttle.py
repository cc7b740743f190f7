"""Counts by where they came from what must not come too often: wrong tokens, so that guessing is told from a slip, and
reports from anybody."""

from __future__ import annotations

import threading
from typing import Final

from hallwatch_collector.people.neighbours import neighbourhood_of

MOST_WRONG: Final = 10
WINDOW_S: Final = 60.0
MOST_ADDRESSES: Final = 1000
"""Of so many addresses the count is kept; the one that began longest ago is forgotten for another."""


class Throttle:
    """After so many within a span of time (wrong tokens: ten a minute), an address has to wait until that is over."""

    def __init__(self, most: int = MOST_WRONG, window_s: float = WINDOW_S) -> None:
        self._most = most
        self._window_s = window_s
        self._lock = threading.Lock()
        self._wrong: dict[str, tuple[float, int]] = {}
        """Address → when its span of time began, and how many there were since."""

    def wait_s(self, address: str, now: float) -> float:
        """Return how long this address still has to wait; 0: it need not."""
        address = neighbourhood_of(address)
        with self._lock:
            began, count = self._wrong.get(address, (now, 0))
        left = began + self._window_s - now
        return left if count >= self._most and 0 < left <= self._window_s else 0.0

    def count(self, address: str, now: float) -> None:
        """Note one: a wrong token, a report."""
        address = neighbourhood_of(address)
        with self._lock:
            began, count = self._wrong.pop(address, (now, 0))
            if not 0 <= now - began < self._window_s:  # over, or the clock was set back
                began, count = now, 0
            while len(self._wrong) >= MOST_ADDRESSES:
                del self._wrong[next(iter(self._wrong))]
            self._wrong[address] = (began, count + 1)
