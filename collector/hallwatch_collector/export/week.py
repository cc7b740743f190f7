"""How good the alerts of the last seven days were, hall by hall and rule by rule (see docs/alerts/quality.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.quality.counts import RuleCount, Told
from hallwatch_collector.export.samples import Family, Lines, labels, put

OF_HALL: Final = (
    ("hallwatch_week_alerted_incidents", "incidents", "Incidents of the last seven days of which people were told."),
    ("hallwatch_week_acted_on_incidents", "acted_on", "Of these: about which somebody did something."),
    ("hallwatch_week_unacknowledged_incidents", "unacknowledged", "Of these: that nobody took on."),
    ("hallwatch_week_repeated_incidents", "repeated", "Of these: that came back within a day."),
    ("hallwatch_week_false_incidents", "false", "Of these: false alarms, said so by somebody or gone by themselves."),
)
RULE_TOLD: Final = "hallwatch_week_rule_alerted_incidents"
RULE_FALSE: Final = "hallwatch_week_rule_false_incidents"
COUNTED_AT: Final = "hallwatch_week_counted_timestamp_seconds"
FAMILIES: Final = (
    *(Family(name, "gauge", text) for name, _, text in OF_HALL),
    Family(RULE_TOLD, "gauge", "Incidents of the last seven days of which people were told, by rule, over all halls."),
    Family(RULE_FALSE, "gauge", "Of these: false alarms, by rule, over all halls."),
    Family(COUNTED_AT, "gauge", "When the alerts of the last seven days were last counted."),
)


class WeekCount(Struct, frozen=True, kw_only=True):
    """What was counted of the last seven days."""

    at: float
    halls: Mapping[HallKey, Told]
    rules: Sequence[RuleCount]


def render_week(count: WeekCount) -> Lines:
    """Return the sample lines by family."""
    lines = Lines(list)
    for key, told in count.halls.items():
        base = labels(area=key.area, hall=key.hall)
        for family, field, _ in OF_HALL:
            put(lines, family, base, getattr(told, field))
    for rule in count.rules:
        base = labels(kind=rule.kind, fault=rule.fault, fault_name=rule.fault_name)
        put(lines, RULE_TOLD, base, rule.told.incidents)
        put(lines, RULE_FALSE, base, rule.told.false)
    put(lines, COUNTED_AT, "", count.at)
    return lines
