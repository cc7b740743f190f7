"""How many people wait for which class, as far as the hall's queue machine counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from msgspec import Struct


class Waiting(Struct, frozen=True):
    """People waiting now; what nobody counts is left out."""

    by_class: Mapping[str, float] = {}
    total: float | None = None
    """All of them; those of no class that is counted are taken to wait for the others, as many for each."""

    def people(self, classes: Sequence[str], unknown: float) -> list[float]:
        """Return the people waiting for each class; *unknown* where not even the rest of the total says anything."""
        counted = {name: self.counted(name) for name in classes}
        others = [name for name, count in counted.items() if count is None]
        if others and self.total is not None and isfinite(self.total):
            known = sum(filter(None, map(self.counted, self.by_class)))
            unknown = max(0.0, self.total - known) / len(others)
        return [unknown if (count := counted[name]) is None else count for name in classes]

    def counted(self, name: str) -> float | None:
        """Return how many wait for a class; None when nobody counts, or the count is no number of people."""
        count = self.by_class.get(name)
        return count if count is not None and isfinite(count) and count >= 0 else None
