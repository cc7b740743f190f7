"""How often systems fail (系统故障发生率): a warning indicator that the core finds from its own past (clause A1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.classes import CORE
from hallwatch_collector.core.flips import declare
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.rules import FailuresRule
from hallwatch_collector.core.state import Failure
from hallwatch_collector.core.things import HALL
from hallwatch_collector.core.trend import Trend
from hallwatch_collector.core.watch import DeviceWatch

LOOK_S: Final = 600.0
"""While the share of time is too high, it is worked out anew so often."""
LEAST_S: Final = 4 * 3600.0
"""The share is one of at least so much business time, half a working day: after a weekend the span holds only the
minutes since the hall opened, and a few of them are no rate."""
MOST_FAILURES: Final = 500
"""Remembered at most: a port that flaps all day must not fill the memory."""


def assess_failures(turn: Turn) -> None:
    """Note the failures that begin and end, and raise and clear the faults that say that there are too many."""
    model = turn.model
    watch = model.devices[HALL]
    rules = list(_rules(watch))
    kinds = {kind for _, rule in rules for kind in rule.of}
    _follow_failures(turn, kinds, max((rule.for_s for _, rule in rules), default=0.0))
    for fault, rule in rules:
        holds = _holds(turn, rule)
        told = say_rate(model, rule, turn.at)[1]
        alarm = declare(turn, watch, fault.id, holds=holds, told=told, by=CORE)
        if alarm is not None and holds:
            alarm.evidence = told


def rate_rule(model: Model) -> FailuresRule | None:
    """Return the rule by which this hall's failures are counted; None: it is switched off."""
    return next((rule for _, rule in _rules(model.devices[HALL])), None)


def say_rate(model: Model, rule: FailuresRule, now: float) -> tuple[str, str]:
    """Say what failed how often, and whether that took too much of the time, in Chinese and in English."""
    counted = Counter(failure.device for failure in _counted(model, rule, now))
    hours, limit = round(rule.for_s / 3600), f"{rule.above_ratio:.0%}"
    long = down_ratio(model, rule, now) >= rule.above_ratio
    zh = "、".join(f"{model.devices[device].device.name}{times}次" for device, times in counted.most_common(3))
    en = ", ".join(f"{model.devices[device].device.name} {times}×" for device, times in counted.most_common(3))
    return (
        f"近{hours}小时{zh}" + f",停用时间达{limit}" * long,
        f"in {hours} h {en}" + f", out of order for {limit} of the time" * long,
    )


def failure_trend(model: Model, rule: FailuresRule, now: float) -> Trend:
    """Tell whether the later half of the span had more failures than the earlier one."""
    counted = list(_counted(model, rule, now))
    late = sum(failure.since > now - rule.for_s / 2 for failure in counted)
    early = len(counted) - late
    return "rising" if late > early else "falling" if late < early else "steady"


def down_ratio(model: Model, rule: FailuresRule, now: float) -> float:
    """Return the share of the span's business time in which one of the devices was out of order."""
    down_s, reached = 0.0, now - rule.for_s
    for failure in sorted(_counted(model, rule, now), key=lambda each: each.since):
        begin, end = max(failure.since, reached), now if failure.until is None else failure.until
        if end > begin:
            down_s += model.hours.count_s(begin, end)
            reached = end
    return down_s / _whole_s(model, rule, now)


def _whole_s(model: Model, rule: FailuresRule, now: float) -> float:
    """Return the business time of which the share is taken: that of the span, unless that is too little to tell."""
    return max(model.hours.count_s(now - rule.for_s, now), min(rule.for_s, LEAST_S))


def _rules(watch: DeviceWatch) -> Iterator[tuple[Fault, FailuresRule]]:
    for fault in watch.rules.faults.values():
        if isinstance(fault.when, FailuresRule):
            yield fault, fault.when


def _follow_failures(turn: Turn, kinds: set[Kind], longest_s: float) -> None:
    """Begin and end failures, and forget those that are too old to count."""
    model, at = turn.model, turn.at
    under_way = {failure.device: failure for failure in model.failures if failure.until is None}
    for watch in model.devices.values():
        roots = root_faults(watch) if watch.device.kind in kinds else []
        failed = [alarm for alarm in roots if _is_failure(watch.rules.faults[alarm.fault])]
        began = [max(alarm.since, alarm.counts_from) for alarm in failed]
        failure = under_way.get(watch.id)
        if began and failure is None:
            model.failures.append(Failure(device=watch.id, since=min(began)))
        elif failure is not None and not began:
            failure.until = at
    young = [each for each in model.failures if each.until is None or each.until > at - longest_s]
    model.failures = young[-MOST_FAILURES:]


def _is_failure(fault: Fault) -> bool:
    """Tell whether something does not work: an old backup is a fault, but the server runs."""
    return fault.nature == "failure" and fault.effect != "warning"


def _counted(model: Model, rule: FailuresRule, now: float) -> Iterator[Failure]:
    for failure in model.failures:
        lasted_into = failure.until is None or failure.until > now - rule.for_s
        if lasted_into and model.devices[failure.device].device.kind in rule.of and _was_in_hours(model, failure, now):
            yield failure


def _was_in_hours(model: Model, failure: Failure, now: float) -> bool:
    """Tell whether a failure took business time: what went and came back at night kept nobody from anything."""
    begins, ends = failure.since, now if failure.until is None else failure.until
    runs_now = failure.until is None and model.hours.is_open(now)
    return runs_now or model.hours.is_open(begins) or model.hours.count_s(begins, ends) > 0


def _holds(turn: Turn, rule: FailuresRule) -> bool:
    """Tell whether there are too many, and ask to be woken when time alone may change that."""
    model, at = turn.model, turn.at
    counted = list(_counted(model, rule, at))
    for failure in counted:
        if failure.until is not None:
            model.set_step(failure.until + rule.for_s)
    if not counted:
        return False
    ratio = down_ratio(model, rule, at)
    if ratio >= rule.above_ratio:
        model.set_step(at + LOOK_S)
    elif any(failure.until is None for failure in counted):
        left_s = (rule.above_ratio - ratio) * _whole_s(model, rule, at)
        model.set_step(model.hours.after(at, max(1.0, left_s)))
    return ratio >= rule.above_ratio or len(counted) > rule.above
