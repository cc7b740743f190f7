"""Nothing has happened for too long, counted in hours of business."""

from __future__ import annotations

from typing import ClassVar

from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class IdleRule(Rule, tag="idle", frozen=True, kw_only=True):
    """Holds when ``for_s`` seconds of business have passed since the moment that the metric tells (``…_at_s``)."""

    channel: ClassVar[Channel] = "metrics"
    timed: ClassVar[bool] = True
    metric: str
    for_s: float

    def __post_init__(self) -> None:
        if not self.metric.endswith("_at_s"):
            raise ValueError(f"idle asks for a moment: {self.metric!r} would end in _at_s if it were one")

    @property
    def key(self) -> str:
        """The metric asked."""
        return self.metric

    def verdict(self, case: Case) -> bool:
        """Count the business since."""
        return case.hours.count_s(case.value + case.offset_s, case.at) >= self.for_s

    def turns_at(self, case: Case) -> float:
        """Return when so much business will have passed."""
        return case.hours.after(case.value + case.offset_s, self.for_s)
