"""The device answers, but a probe cannot read it: wrong password, SNMP switched off, an answer nobody understands."""

from __future__ import annotations

from typing import ClassVar

from hallwatch_agent.wire import ReadError
from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class UnreadRule(Rule, tag="unread", frozen=True, kw_only=True):
    """Holds while a probe ends in one of ``errors`` although the device answers another one ("SNMP silent" ≠ "off")."""

    channel: ClassVar[Channel] = "error"
    errors: list[ReadError]

    def verdict(self, case: Case) -> bool:
        """The value is the probe's error, or None."""
        return case.value in self.errors
