"""A metric far beyond its own usual value: a system that is slow against itself."""

from __future__ import annotations

import math
from statistics import median
from typing import ClassVar, Final

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.rules.rule import Case, Channel, Rule
from hallwatch_collector.core.trace import USUAL, Keeping, Trace

ENOUGH: Final = 16
"""So many hours with business must be known: two days."""


class BaselineRule(Rule, tag="baseline", frozen=True, kw_only=True):
    """Holds while the metric is more than ``factor`` times its usual value, and above ``floor``.

    Usual is the median of one value an hour over the hours with business of the last weeks, so that a bad day does not
    become the measure. Until two days of hours are known, nothing holds.
    """

    channel: ClassVar[Channel] = "metrics"
    keeping: ClassVar[Keeping | None] = USUAL
    metric: str
    factor: float
    clear_factor: float | None = None
    """Well again below so many times the usual value; left out: below ``factor`` times."""
    floor: float
    """In the metric's unit. What is below is good enough, however fast it usually is."""

    def __post_init__(self) -> None:
        if self.factor <= 1 or (self.clear_factor is not None and self.clear_factor > self.factor):
            raise ValueError(
                tell("baseline of {metric}: factor is above 1, and clear_factor not above factor", metric=self.metric)
            )

    @property
    def key(self) -> str:
        """The metric asked."""
        return self.metric

    @property
    def quiet(self) -> tuple[float, float]:
        """Everything up to the floor."""
        return -math.inf, self.floor

    def verdict(self, case: Case) -> bool:
        """Compare the metric with what it usually is."""
        trace = case.past.get(case.key)
        usual = trace.derive(usual_value) if trace is not None and len(trace) >= ENOUGH else None
        factor = self.clear_factor if case.standing and self.clear_factor is not None else self.factor
        return usual is not None and bool(case.value > max(self.floor, factor * usual))


def usual_value(trace: Trace) -> float:
    """Return the median of what is known."""
    return median(trace.values)
