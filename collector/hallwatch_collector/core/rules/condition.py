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

    def verdict(self, value: Any, standing: bool) -> bool:  # noqa: ARG002 - a condition has no hysteresis
        """Compare the condition."""
        return value is self.holds
