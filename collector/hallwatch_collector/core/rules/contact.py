"""Nobody who asks the device gets an answer."""

from __future__ import annotations

from typing import ClassVar, Literal

from hallwatch_collector.core.rules.rule import Case, Channel, Rule


class ContactRule(Rule, tag="no-contact", frozen=True, kw_only=True):
    """Holds while every fresh probe of the device goes unanswered; one answer is enough to deny it."""

    channel: ClassVar[Channel] = "contact"
    agree: Literal["any", "all"] = "all"

    def verdict(self, case: Case) -> bool:
        """The value tells whether the device answered."""
        return case.value is False
