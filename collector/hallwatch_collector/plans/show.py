"""A plan in words, for ``hallwatch plan show``: who, when, how, by when, and in which words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hallwatch_collector.core.arrangement import ArrangementRules
from hallwatch_collector.core.deadlines import DeadlineRules
from hallwatch_collector.core.extension_words import rule as extension_rule
from hallwatch_collector.core.plan import DrillWords, LevelRule, Plan, PublicText, Rounds, Template

MODES: Final = {"auto": "by itself", "ask": "proposed", "show": "to be ticked", "register": "register"}


def show_plan(plan: Plan) -> Iterator[str]:
    """Yield the lines that tell a plan."""
    yield plan.name + (f"  ({plan.source})" if plan.source else "")
    yield from _section("roles", [f"{each.id:<12} {each.name}  {', '.join(each.may)}" for each in plan.roles])
    yield from _section("groups (R2)", [f"{each.name}: {', '.join(each.roles)}" for each in plan.groups])
    yield from _section("clauses of its own", [f"{each.id:<4} {each.title}  {each.title_en}" for each in plan.clauses])
    yield from _section("levels (R1)", [f"{rule.level}  {_say_rule(rule)}" for rule in plan.level_rules])
    yield from _section("incidents", [_say_times(plan)])
    yield from _section(
        "classes of business", [f"{each.id:<12} {each.name}  needs {', '.join(each.needs)}" for each in plan.classes]
    )
    yield from _section("windows that help out (P1, P5)", [_say_arrangement(plan.arrangement)])
    yield from _section(
        "registers (D3, O7)",
        [f"{each.name}  {'、'.join(field.name for field in each.fields)}" for each in plan.registers],
    )
    yield from _section("public texts (R6)", [line for each in plan.notices for line in _say_notice(each)])
    yield from _section("daily round (A4)", list(_say_rounds(plan.rounds)))
    yield from _section("filing deadlines (O2 to O4)", list(_say_deadlines(plan.deadlines)))
    yield from _section("drills (B3)", list(_say_drill(plan.drill)))
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


def _say_times(plan: Plan) -> str:
    return (
        f"the same fault within {say_span(plan.reopen_within_s)} reopens its incident (F3); after a recovery upstream "
        f"no alert for {say_span(plan.settle_s)}; a fault waits {say_span(plan.patience_s)} at most for what could "
        f"explain it; maintenance without an end is too long after {say_span(plan.longest_maintenance_s)} (S9)"
    )


def _say_notice(each: PublicText) -> Iterator[str]:
    yield f"{each.id:<24} {each.name}  → {', '.join(each.outlets)}"
    yield f"    {each.text}"


def _say_rounds(rounds: Rounds) -> Iterator[str]:
    if rounds.at or rounds.items:
        yield f"due at {', '.join(rounds.at) or 'no time of its own'}"
    for item in rounds.items:
        by = [f"devices of kind {', '.join(item.kinds)}"] if item.kinds else []
        by += ["the store"] if item.supplies else []
        yield f"{item.id:<24} {item.text}  ({'filled in from ' + ' and '.join(by) if by else 'by a person'})"


def _say_deadlines(rules: DeadlineRules) -> Iterator[str]:
    yield (
        f"near from {rules.near_days} days before the last day on; "
        f"of the last day, {say_span(rules.last_day_loss_s)} of business lost count as not back by it"
    )
    yield from (f"{clause}  {extension_rule(clause, rules)[1]}" for clause in ("O3", "O4"))


def _say_drill(words: DrillWords) -> Iterator[str]:
    yield f"marked {words.mark} ({words.mark_en})"
    yield f"instead of a step: {words.step} ({words.step_en})"


def _say_measure(each: Template) -> Iterator[str]:
    due = f", due in {say_span(each.due_s)}" if each.due_s is not None else ""
    yield f"{each.clause:<3} {each.id:<24} {MODES[each.mode]}, {each.owner}{due}: on {each.on}{_say_conditions(each)}"
    yield f"    {each.text}"
    said = [
        each.helpers and f"also by: {', '.join(each.helpers)}",
        each.sign and f"sign: {each.sign}",
        each.notice and f"public text: {each.notice}",
        each.registers and f"registers: {', '.join(each.registers)}",
        each.holds_close and "the incident cannot close before it is done",
        each.waits_for_answer and "the incident cannot close before it is answered",
        each.in_drill and f"in a drill: {each.in_drill}",
    ]
    yield from (f"    {line}" for line in said if line)


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
        each.display is not None and f"places {'with' if each.display else 'without'} a connected display",
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
