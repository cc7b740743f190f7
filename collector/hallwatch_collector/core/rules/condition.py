"""A condition that the device tells: jam, on-battery, port-down."""

from __future__ import annotations

from typing import Any, ClassVar

from hallwatch_collector.core.rules.rule import Channel, Rule


class ConditionRule(Rule, tag="condition", frozen=True, kw_only=True):
    """Holds while the condition is ``holds`` (true unless said otherwise)."""

    channel: ClassVar[Channel] = "conditions"
    condition: str
    holds: bool = True

    @property
    def key(self) -> str:
        """The condition asked."""
        return self.condition

    @property
    def quiet(self) -> tuple[float, float]:
        """The opposite of what is asked; false counts as 0, true as 1."""
        return (0.0, 0.0) if self.holds else (1.0, 1.0)

    def verdict(self, value: Any, standing: bool) -> bool:  # noqa: ARG002 - a condition has no hysteresis
        """Compare the condition."""
        return value is self.holds
