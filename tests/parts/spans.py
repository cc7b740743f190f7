"""Times without a service, and how much business they cost: worked out second by second, whatever the program does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hallwatch_collector.core.hours import Hours


class Down(NamedTuple):
    """From a moment (Unix seconds) until another; infinity: it still is."""

    start: float
    end: float


def lost_s(downs: Sequence[Down], begins: float, ends: float, hours: Hours, step_s: float = 60.0) -> float:
    """Return how much business time between two moments fell into one of the spans, to the minute."""
    lost, at = 0.0, begins
    while at < ends:
        if hours.is_open(at) and any(down.start <= at < down.end for down in downs):
            lost += step_s
        at += step_s
    return lost
