"""A metric that will reach a limit within some days, at the pace it moves now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.forecast import Forecast, foresee_surely, foresee_trace, foresee_use
from hallwatch_collector.core.rules.rule import Case, Channel, Rule
from hallwatch_collector.core.trace import WEAR, Keeping, Trace

SLACK: Final = 1.25
"""A warning goes when the limit is this much farther away than it was raised at: estimates move a little each day."""


class ForecastRule(Rule, tag="forecast", frozen=True, kw_only=True):
    """Holds while the metric will likely be ``below`` (or ``above``) its limit within ``warn_within_s``.

    Where too few days are known, or the metric does not move that way, nothing holds and "not known" is shown.
    """

    channel: ClassVar[Channel] = "metrics"
    keeping: ClassVar[Keeping | None] = WEAR
    metric: str
    above: float | None = None
    below: float | None = None
    warn_within_s: float
    consumed_by: str = ""
    """A counter of the same probe that counts what is used up (sheets of a tray: ``pages_total``), for the pace."""
    pace_per_s: float | None = None
    """The pace where it is known beforehand (a certificate loses a second each second): no days are needed then."""

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            raise ValueError(tell("forecast of {metric}: set exactly one of above and below", metric=self.metric))
        if self.consumed_by and (self.above is not None or self.pace_per_s is not None):
            raise ValueError(
                tell("forecast of {metric}: consumed_by goes with below, and without pace_per_s", metric=self.metric)
            )
        if self.pace_per_s is not None and self.pace_per_s <= 0:
            raise ValueError(
                tell("forecast of {metric}: pace_per_s is how fast the limit comes nearer, above 0", metric=self.metric)
            )

    @property
    def key(self) -> str:
        """The metric asked."""
        return self.metric

    @property
    def remembers(self) -> tuple[str, ...]:
        """The metric, and the counter that gives its pace."""
        return (self.metric, self.consumed_by) if self.consumed_by else (self.metric,)

    @property
    def quiet(self) -> tuple[float, float]:
        """Everything: a single value says nothing new, and with each new piece of the past it is asked anyway."""
        return -math.inf, math.inf

    def forecast(self, key: str, past: Mapping[str, Trace]) -> Forecast | None:
        """Return when what is told under *key* will reach the limit; None: not known."""
        trace = past.get(key)
        if trace is None:
            return None
        limit = self.below if self.below is not None else self.above or 0.0
        falls = self.below is not None
        if self.pace_per_s is not None:
            gap = trace.head - limit if falls else limit - trace.head
            return foresee_surely(trace.head_at, gap, self.pace_per_s)
        if not self.consumed_by:
            return foresee_trace(trace, limit, falls=falls)
        use = past.get(self.consumed_by)
        return foresee_use(trace, use, limit) if use is not None else None

    def verdict(self, case: Case) -> bool:
        """Compare the likely moment with how far ahead is warned."""
        forecast = self.forecast(case.key, case.past)
        within_s = self.warn_within_s * SLACK if case.standing else self.warn_within_s
        return forecast is not None and forecast.likely - case.at < within_s

    def expects(self, case: Case) -> float | None:
        """Return when the metric will likely reach its limit."""
        forecast = self.forecast(case.key, case.past)
        return forecast.likely if forecast is not None else None
