"""The kinds of rule. ``AnyRule`` is the registry: a new kind is one new file and one word in this union."""

from __future__ import annotations

from hallwatch_collector.core.rules.condition import ConditionRule
from hallwatch_collector.core.rules.contact import ContactRule
from hallwatch_collector.core.rules.rule import Channel, Rule
from hallwatch_collector.core.rules.threshold import ThresholdRule
from hallwatch_collector.core.rules.unmonitored import UnmonitoredRule
from hallwatch_collector.core.rules.unread import UnreadRule

AnyRule = ConditionRule | ContactRule | ThresholdRule | UnmonitoredRule | UnreadRule

__all__ = [
    "AnyRule",
    "Channel",
    "ConditionRule",
    "ContactRule",
    "Rule",
    "ThresholdRule",
    "UnmonitoredRule",
    "UnreadRule",
]
