"""A metric beyond a limit, with another limit at which it is well again."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class ThresholdRule(Rule, tag="threshold", frozen=True, kw_only=True):
    """Holds from ``above`` (or ``below``) on, until the metric is back at ``clear_at``.

    Exactly one of ``above`` and ``below`` is set; ``clear_at`` left out is the same limit.
    """

    channel: ClassVar[Channel] = "metrics"
    metric: str
    above: float | None = None
    below: float | None = None
    clear_at: float | None = None

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            raise ValueError(tell("threshold on {metric}: set exactly one of above and below", metric=self.metric))
        limit, clear = self.above if self.above is not None else -self._below(), self.clear_at
        if clear is not None and (clear if self.above is not None else -clear) > limit:
            raise ValueError(tell("threshold on {metric}: clear_at lies beyond the limit", metric=self.metric))

    def _below(self) -> float:
        return self.below if self.below is not None else 0.0

    @property
    def key(self) -> str:
        """The metric asked."""
        return self.metric

    @property
    def quiet(self) -> tuple[float, float]:
        """Everything on the good side of the limit."""
        return (-math.inf, self.above) if self.above is not None else (self._below(), math.inf)

    def worse(self, worst: float | None, value: Any) -> float | None:
        """Return the value further beyond the limit."""
        beyond = max if self.above is not None else min
        return float(value) if worst is None else beyond(worst, float(value))

    def verdict(self, case: Case) -> bool:
        """Compare the metric with the limit that applies now."""
        if self.above is not None:
            limit = self.clear_at if case.standing and self.clear_at is not None else self.above
            return bool(case.value > limit)
        limit = self.clear_at if case.standing and self.clear_at is not None else self._below()
        return bool(case.value < limit)
