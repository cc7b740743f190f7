"""The agent on a machine is gone, but the machine answers another agent."""

from __future__ import annotations

from typing import ClassVar

from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class UnmonitoredRule(Rule, tag="unmonitored", frozen=True, kw_only=True):
    """Holds while the agent is gone and a second view, taken after that, shows that its machine is alive."""

    channel: ClassVar[Channel] = "agent"

    def verdict(self, case: Case) -> bool:
        """The value tells whether the agent is gone while its machine answers."""
        return case.value is True
