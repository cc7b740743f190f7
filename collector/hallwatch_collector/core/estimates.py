"""When a fault is likely to be repaired (clauses D1, D2, W1): what the technician says, what this hall's own past says
of the same fault, or what the catalogue says.

A technician's word counts until there is another: when its time has passed, nobody knows until the technician says so
anew. What past and catalogue say is refuted by time.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles
from typing import Final, Literal, NamedTuple

EstimateSource = Literal["person", "history", "catalogue", "causes", ""]
"""``causes``: of a class without a window, or of people waiting: when what is behind it is repaired."""
ENOUGH: Final = 3
"""So many repairs of the same fault are a history."""
CATALOGUE_STRETCH: Final = 2.0
"""What the catalogue says is a rough guess: a repair may take so many times as long before it is worth nothing."""


class Estimate(NamedTuple):
    """When a repair is expected to be done, Unix seconds; None: nobody can say."""

    back_at: float | None
    source: EstimateSource
    earliest: float | None = None
    latest: float | None = None
    """The middle half of what such repairs took, where there is a history."""


UNKNOWN: Final = Estimate(None, "")


def estimate_repair(
    began_at: float, now: float, told_back_at: float | None, past_s: Sequence[float], usual_s: float
) -> Estimate:
    """Return the estimate for a repair that began at *began_at* and is not done at *now*.

    *told_back_at* is what the technician says, *past_s* how long repairs of this fault took in this hall, *usual_s*
    what the catalogue says. A repair that outlasted some of the past is compared with the rest of it.
    """
    if told_back_at is not None:
        return Estimate(told_back_at, "person") if now < told_back_at else UNKNOWN
    age_s = now - began_at
    if len(past_s) >= ENOUGH:
        return _by_history(began_at, sorted(each for each in past_s if each > age_s))
    for most_s in (usual_s, usual_s * CATALOGUE_STRETCH):
        if age_s < most_s:
            return Estimate(began_at + most_s, "catalogue")
    return UNKNOWN


def _by_history(began_at: float, longer_s: Sequence[float]) -> Estimate:
    if not longer_s:
        return UNKNOWN
    if len(longer_s) == 1:
        return Estimate(began_at + longer_s[0], "history", began_at + longer_s[0], began_at + longer_s[0])
    first, middle, third = quantiles(longer_s, n=4, method="inclusive")
    return Estimate(began_at + middle, "history", began_at + first, began_at + third)
