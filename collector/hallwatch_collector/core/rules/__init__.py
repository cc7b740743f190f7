"""The kinds of rule. ``AnyRule`` is the registry: a new kind is one new file and one word in this union."""

from __future__ import annotations

from hallwatch_collector.core.rules.baseline import BaselineRule
from hallwatch_collector.core.rules.condition import ConditionRule
from hallwatch_collector.core.rules.contact import ContactRule
from hallwatch_collector.core.rules.declared import DeclaredRule
from hallwatch_collector.core.rules.failures import FailuresRule
from hallwatch_collector.core.rules.forecast import ForecastRule
from hallwatch_collector.core.rules.idle import IdleRule
from hallwatch_collector.core.rules.rule import Case, Channel, Rule
from hallwatch_collector.core.rules.threshold import ThresholdRule
from hallwatch_collector.core.rules.unmonitored import UnmonitoredRule
from hallwatch_collector.core.rules.unread import UnreadRule

AnyRule = (
    BaselineRule
    | ConditionRule
    | ContactRule
    | DeclaredRule
    | FailuresRule
    | ForecastRule
    | IdleRule
    | ThresholdRule
    | UnmonitoredRule
    | UnreadRule
)

__all__ = [
    "AnyRule",
    "BaselineRule",
    "Case",
    "Channel",
    "ConditionRule",
    "ContactRule",
    "DeclaredRule",
    "FailuresRule",
    "ForecastRule",
    "IdleRule",
    "Rule",
    "ThresholdRule",
    "UnmonitoredRule",
    "UnreadRule",
]
