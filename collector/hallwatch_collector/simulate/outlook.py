"""What a simulated fault leads to only after a while, and when: for whoever has just started it and sees nothing."""

from __future__ import annotations

from typing import Final, TypeVar

from hallwatch_agent.probes import kind_of
from hallwatch_collector.core.catalogue import Catalogue, Fault, RuleBook
from hallwatch_collector.core.forecast import DAY_S, LEAST_SPAN_S
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.rules import BaselineRule, ConditionRule, ForecastRule, IdleRule, ThresholdRule
from hallwatch_collector.core.rules.baseline import ENOUGH
from hallwatch_collector.simulate.faults import FaultKind, ProbeEffect

T = TypeVar("T")

SOON_S: Final = 60.0
"""What shows within so long needs no word."""


def slow_faults(hall: Hall, catalogue: Catalogue, thing: str, kind: FaultKind) -> list[tuple[Fault, str]]:
    """Return the faults of the catalogue that *kind* will bring about on *thing*, but not soon, and when each shows."""
    device = next((one for one in (*hall.devices, *hall.systems) if one.id == thing), None)
    if device is None:
        return []
    read = dict.fromkeys(map(kind_of, device.probes))
    effects = [kind.probes[probe] for probe in read if probe in kind.probes]
    faults = RuleBook(catalogue, hall).rules_for(device).faults.values()
    told = ((fault, next(filter(None, (_when(fault, effect) for effect in effects)), "")) for fault in faults)
    return [(fault, when) for fault, when in told if when]


def is_noticed(hall: Hall, catalogue: Catalogue, thing: str, kind: FaultKind) -> bool:
    """Tell whether any fault of the catalogue follows when *kind* happens to *thing*."""
    device = next((one for one in (*hall.devices, *hall.systems) if one.id == thing), None)
    if device is None or kind.silent or kind.blocks or kind.on == "agent":
        return True
    effects = [kind.probes[probe] for probe in dict.fromkeys(map(kind_of, device.probes)) if probe in kind.probes]
    faults = RuleBook(catalogue, hall).rules_for(device).faults.values()
    return any(effect.error or any(_touches(fault, effect) for fault in faults) for effect in effects)


def _touches(fault: Fault, effect: ProbeEffect) -> bool:
    rule = fault.when
    if isinstance(rule, ConditionRule):
        return _stems(effect.conditions).get(rule.condition) is rule.holds
    if rule.channel == "contact":
        return "reachable" in effect.conditions
    told = {*_stems(effect.metrics), *_stems(effect.rates), *_stems(effect.totals)}
    return rule.channel == "metrics" and not told.isdisjoint({rule.key, *rule.remembers})


def in_words(seconds: float) -> str:
    """Return a duration in the unit that people would say it in."""
    for unit, size in (("days", DAY_S), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _when(fault: Fault, effect: ProbeEffect) -> str:
    rule = fault.when
    metrics, rates = _stems(effect.metrics), _stems(effect.rates)
    match rule:
        case IdleRule() if rule.metric in rates | metrics:
            return f"after {in_words(rule.for_s)} of business hours, for it counts those only"
        case ForecastRule(pace_per_s=None) if _wears(rule, metrics, rates):
            return f"after {LEAST_SPAN_S / DAY_S:.0f} days of readings at the least, for fewer make no forecast"
        case BaselineRule() if metrics.get(rule.metric, 0.0) > rule.floor:
            known = f"once {ENOUGH} hours of business are known (about two days), for it is measured against itself"
            return f"{known}; then after {in_words(fault.hold_s)}"
        case ThresholdRule() if rule.metric in metrics:
            return _wait(_reach_s(rule, metrics[rule.metric], rates.get(rule.metric, 0.0)) + fault.hold_s)
        case ConditionRule() if _stems(effect.conditions).get(rule.condition) is rule.holds:
            return _wait(fault.hold_s)
    return ""


def _wears(rule: ForecastRule, metrics: dict[str, float], rates: dict[str, float]) -> bool:
    """Tell whether the value moves to the limit, and so slowly that there will be days to conclude from."""
    if rule.metric not in rates:
        return False
    start = metrics.get(rule.metric)
    return start is None or LEAST_SPAN_S < _reach_s(rule, start, rates[rule.metric]) < float("inf")


def _reach_s(rule: ThresholdRule | ForecastRule, value: float, per_s: float) -> float:
    """Return how long the value takes to the limit; infinity when it does not go there."""
    rises = rule.above is not None
    limit = rule.above if rule.above is not None else rule.below or 0.0
    gap, pace = (limit - value, per_s) if rises else (value - limit, -per_s)
    if gap < 0:
        return 0.0
    return gap / pace if pace > 0 else float("inf")


def _wait(seconds: float) -> str:
    return f"after {in_words(seconds)}" if SOON_S < seconds < float("inf") else ""


def _stems(keys: dict[str, T]) -> dict[str, T]:
    return {key.partition("[")[0]: value for key, value in keys.items()}
