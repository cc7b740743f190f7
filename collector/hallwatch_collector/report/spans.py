"""Lengths of time between two moments, or from a moment on: united, intersected, counted. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct


class Span(Struct, kw_only=True):
    """From a moment (Unix seconds) to another, or to none yet."""

    start: float
    end: float | None = None

    def meets(self, other: Span) -> bool:
        """Tell whether it has a moment in common with another."""
        return (other.end is None or self.start <= other.end) and (self.end is None or self.end >= other.start)

    def holds(self, at: float) -> bool:
        """Tell whether a moment lies in it."""
        return self.meets(Span(start=at, end=at))


def unite(spans: Iterable[Span], until: float) -> list[Span]:
    """Return the times that any of the spans covers; those that have no end count to *until*."""
    united: list[Span] = []
    for start, end in sorted((span.start, until if span.end is None else span.end) for span in spans):
        last = united[-1] if united else None
        if last is not None and last.end is not None and start <= last.end:
            last.end = max(last.end, end)
        else:
            united.append(Span(start=start, end=end))
    return united


def intersect(ours: Iterable[Span], theirs: Iterable[Span]) -> list[Span]:
    """Return the times that both sides cover; all spans have an end."""
    shared = []
    for left in ours:
        for right in theirs:
            start = max(left.start, right.start)
            end = min(left.end or left.start, right.end or right.start)
            if start < end:
                shared.append(Span(start=start, end=end))
    return shared


def length_s(spans: Iterable[Span]) -> float:
    """Return how many seconds united spans cover."""
    return sum(elapsed_s(span.start, span.end or span.start) for span in spans)


def elapsed_s(since: float, at: float) -> float:
    """Return how long one moment is after another by clocks that show whole seconds, as a report does."""
    return float(math.floor(at) - math.floor(since))
