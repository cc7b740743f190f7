"""A condition that the device tells: jam, on-battery, port-down."""

from __future__ import annotations

from typing import ClassVar

from hallwatch_collector.core.rules.rule import Case, Channel, Rule


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

    def verdict(self, case: Case) -> bool:
        """Compare the condition."""
        return case.value is self.holds
