"""Why an incident has its level (clause R1): which rule gave it, what that saw, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from hallwatch_collector.core.extent import Criterion, Extent
from hallwatch_collector.core.incidents import extent_of
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import LevelRule
from hallwatch_collector.core.plan.levels import misses
from hallwatch_collector.core.state import Incident, LevelStep
from hallwatch_collector.core.why.link import Link, Said, span
from hallwatch_collector.core.why.words import REACHES, name_services, say_rule
from hallwatch_collector.core.wording import name_of

CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)


def of_level(model: Model, incident: Incident, now: float) -> Iterator[Link]:
    """Yield who or which rule gave an incident its level; of the rules each step up."""
    if incident.level_by:
        text = f"{incident.level_by}改定为{incident.level}级:{incident.level_reason}"
        text_en = f"{incident.level_by} set level {incident.level}: {incident.level_reason}"
        yield _link(model, incident, None, (text, text_en))
    before: LevelStep | None = None
    for step in incident.level_steps:
        text, text_en = _say_step(model, incident, step, before)
        if step is incident.level_steps[-1] and not _is_so_still(model, incident, now):
            text += "它达到过的最高级别,事件未结束前不降低。"
            text_en += " That is the highest that it reached; it does not sink while the incident lasts."
        yield _link(model, incident, step.at, (text, text_en))
        before = step


def _link(model: Model, incident: Incident, at: float | None, said: Said) -> Link:
    name = name_of(model, incident.device)
    return Link(station="level", about=incident.id, name=name, at=at, text=said[0], text_en=said[1], clause="R1")


def _is_so_still(model: Model, incident: Incident, now: float) -> bool:
    return incident.stands and model.plan.level_of(extent_of(model, incident, now)) == incident.computed_level


def _say_step(model: Model, incident: Incident, step: LevelStep, before: LevelStep | None) -> Said:
    rule = model.plan.rule_of(step.extent)
    by, by_en = say_rule(rule) if rule is not None and rule.level == step.level else ("当时的规则", "as it was then")
    if before is None:
        seen, seen_en = _say_extent(model, incident, step.extent)
        return (
            f"按级别规则定为{step.level}级:{by}。当时:{seen}。",
            f"Level {step.level} by the rule: {by_en}. Seen: {seen_en}.",
        )
    changed, changed_en = _say_change(model, incident, rule, before.extent, step.extent)
    return (
        f"按级别规则由{before.level}级升为{step.level}级:{by}。变化:{changed}。",
        f"Raised from level {before.level} to {step.level} by the rule: {by_en}. Changed: {changed_en}.",
    )


def _say_extent(model: Model, incident: Incident, extent: Extent) -> Said:
    """Say all that the rules ask about."""
    silent = {"open_age_s"} if extent.open_age_s == extent.age_s else set()
    silent |= set() if extent.lost else {"lost"}
    return _join(_say(model, incident, each, extent) for each in CRITERIA if each not in silent)


def _say_change(model: Model, incident: Incident, rule: LevelRule | None, was: Extent, extent: Extent) -> Said:
    """Say by what the rule holds now and did not before; where it is of another incident, all that differs."""
    names = list(misses(rule, was)) if rule is not None else []
    names = names or [name for name in CRITERIA if getattr(was, name) != getattr(extent, name)]
    pairs = [(_say(model, incident, name, was), _say(model, incident, name, extent)) for name in names]
    return _join((f"{old[0]} → {new[0]}", f"{old[1]} → {new[1]}") for old, new in pairs)


def _say(model: Model, incident: Incident, name: Criterion, extent: Extent) -> Said:
    """Say one of the things that the rules ask about."""
    match name:
        case "kind":
            root = name_of(model, incident.device)
            said = f"根因是{root}", f"the root cause is {root} ({extent.kind})"
        case "windows_ratio":
            share = f"{extent.windows_ratio:.0%}"
            some = f"{share} 的窗口有业务不能办", f"{share} of the windows lost classes"
            said = some if extent.windows_ratio else ("没有窗口受影响", "no window lost classes")
        case "age_s":
            length, length_en = _span(extent.age_s)
            lasting = f"已持续 {length}", f"after {length_en}"
            said = lasting if extent.age_s >= 1 else ("刚发生", "it has just come up")
        case "open_age_s":
            length, length_en = _span(extent.open_age_s)
            said = f"已持续 {length}营业时间", f"after {length_en} of business"
        case "lost":
            names = name_services(model, sorted(extent.lost))
            said = f"业务系统停用:{'、'.join(names) or '无'}", f"lost: {', '.join(names) or 'none'}"
        case "reach":
            said = REACHES[extent.reach]
    return said


def _span(length_s: float) -> Said:
    """Say a length of time to the minute, or, where it is shorter than one, to the second."""
    return span(round(length_s / 60) * 60.0 if length_s >= 60 else float(round(length_s)))


def _join(said: Iterable[Said]) -> Said:
    texts = list(said)
    return ";".join(text for text, _ in texts), "; ".join(text_en for _, text_en in texts)
