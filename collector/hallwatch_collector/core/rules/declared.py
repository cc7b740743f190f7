"""What no reading tells: a person says so (R3), or the core finds it from everything else."""

from __future__ import annotations

from typing import ClassVar, Literal

from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class DeclaredRule(Rule, tag="declared", frozen=True, kw_only=True):
    """Holds from when it is declared until it is taken back."""

    channel: ClassVar[Channel] = "declared"
    by: Literal["person", "core"]

    def verdict(self, case: Case) -> bool:
        """The value is what was declared."""
        return case.value is True
