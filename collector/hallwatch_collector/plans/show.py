"""A plan in words, for ``hallwatch plan show``: who, when, how, by when, on one line a measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hallwatch_collector.core.arrangement import ArrangementRules
from hallwatch_collector.core.plan import LevelRule, Plan, Template

MODES: Final = {"auto": "by itself", "ask": "proposed", "show": "to be ticked", "register": "register"}


def show_plan(plan: Plan) -> Iterator[str]:
    """Yield the lines that tell a plan."""
    yield plan.name + (f"  ({plan.source})" if plan.source else "")
    yield from _section("roles", [f"{each.id:<12} {each.name}  {', '.join(each.may)}" for each in plan.roles])
    yield from _section("groups (R2)", [f"{each.name}: {', '.join(each.roles)}" for each in plan.groups])
    yield from _section("levels (R1)", [f"{rule.level}  {_say_rule(rule)}" for rule in plan.level_rules])
    yield from _section("windows that help out (P1, P5)", [_say_arrangement(plan.arrangement)])
    yield from _section(
        "registers (D3, O7)",
        [f"{each.name}  {'、'.join(field.name for field in each.fields)}" for each in plan.registers],
    )
    yield from _section("public texts (R6)", [f"{each.name}  → {', '.join(each.outlets)}" for each in plan.notices])
    yield from _section("measures", [line for each in plan.measures for line in _say_measure(each)])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"== {title} =="
        yield from lines


def _say_rule(rule: LevelRule) -> str:
    said: list[Any] = [
        rule.windows_ratio and f"{rule.windows_ratio:.0%} of the windows lost classes",
        rule.after_s and f"after {say_span(rule.after_s)}",
        rule.after_open_s and f"after {rule.after_open_s / 3600:g} h of business",
        rule.kinds and f"kinds: {', '.join(rule.kinds)}",
        rule.lost and f"lost: {', '.join(rule.lost)}",
        rule.reach and f"reach: {rule.reach}",
    ]
    return "; ".join(filter(None, said)) or "any other incident"


def _say_arrangement(rules: ArrangementRules) -> str:
    return (
        f"crowded above {rules.crowded_above:g} people a window; unevenly loaded above {rules.uneven_above_ratio:g} × "
        f"the average and {rules.calm_up_to:g} people; {rules.most_moves} windows changed at once at most"
    )


def _say_measure(each: Template) -> Iterator[str]:
    due = f", due in {say_span(each.due_s)}" if each.due_s is not None else ""
    yield f"{each.clause:<3} {each.id:<24} {MODES[each.mode]}, {each.owner}{due}: on {each.on}{_say_conditions(each)}"
    yield f"    {each.text}"


def _say_conditions(each: Template) -> str:
    said: list[Any] = [
        each.after_s and f"after {say_span(each.after_s)}" + (" of business" if each.clock == "open" else ""),
        each.levels and f"level {', '.join(each.levels)}",
        each.lost and f"without {', '.join(each.lost)}",
        each.kept and f"with {', '.join(each.kept)}",
        each.repair_longer_than_s is not None and f"repair longer than {say_span(each.repair_longer_than_s)}",
        each.repair_up_to_s is not None and f"repair up to {say_span(each.repair_up_to_s)}",
        each.windows_at_least and f"{each.windows_at_least} windows or more lost classes",
        each.systems_at_least and f"{each.systems_at_least} business systems or more out of reach",
        each.reach and f"reach: {each.reach}",
        each.near_deadline and "near a filing deadline",
        each.kiosks is not None and f"{'a' if each.kiosks else 'no'} self-service terminal works",
        each.kinds and f"for {', '.join(each.kinds)}",
        each.faults and f"with {', '.join(each.faults)}",
    ]
    return "".join(f"; {each}" for each in said if each)


def say_span(length_s: float) -> str:
    """Say a length of time in its largest whole unit: ``10 min``, ``2 h``, ``1 d``."""
    for unit, unit_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if length_s >= unit_s and length_s % unit_s == 0:
            return f"{length_s / unit_s:g} {unit}"
    return f"{length_s:g} s"
