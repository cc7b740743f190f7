"""Station 7, the plan as data: levels, groups, roles, measures, registers, public texts, rounds.

The plan says *what* is owed on which occasion; :mod:`hallwatch_collector.core.measures` finds the occasions of a hall
and keeps the list of measures equal to what the plan asks for at this moment. Whatever a county words differently is in
the file; no line of code knows a clause's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from hallwatch_collector.core.arrangement import ArrangementRules
from hallwatch_collector.core.deadlines import DeadlineRules
from hallwatch_collector.core.hall import BusinessClass, Reach
from hallwatch_collector.core.plan.clauses import ClauseId, OwnClause
from hallwatch_collector.core.plan.drills import DrillWords
from hallwatch_collector.core.plan.filling import Filled, Wrong, check_form
from hallwatch_collector.core.plan.levels import Extent, Level, LevelRule, fits
from hallwatch_collector.core.plan.misfits import misfits
from hallwatch_collector.core.plan.notices import PublicText
from hallwatch_collector.core.plan.people import EVERYTHING, Group, Right, Role
from hallwatch_collector.core.plan.registers import Field, RegisterForm
from hallwatch_collector.core.plan.rounds import RoundItem, Rounds
from hallwatch_collector.core.plan.templates import FAULT_ROLE, Occasion, Template, check_words
from hallwatch_collector.core.values import Hold

__all__ = [
    "EVERYTHING",
    "FAULT_ROLE",
    "ClauseId",
    "DrillWords",
    "Extent",
    "Field",
    "Filled",
    "Group",
    "Level",
    "LevelRule",
    "Occasion",
    "OwnClause",
    "Plan",
    "PublicText",
    "Reach",
    "RegisterForm",
    "Right",
    "Role",
    "RoundItem",
    "Rounds",
    "Template",
    "Wrong",
    "check_form",
    "contradictions",
    "say_twins",
]


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An emergency plan."""

    name: str
    name_en: str = ""
    source: str = ""
    """The written plan that this file carries out."""
    clauses: list[OwnClause] = []
    """Clauses that measures and registers cite beside those of the clause list."""
    reopen_within_s: Hold = 3600.0
    """The same fault coming back within this time reopens its incident (F3)."""
    settle_s: Hold = 60.0
    """After a device upstream recovers, what hangs on it may not alert for this long."""
    longest_maintenance_s: Hold = 28_800.0
    """Maintenance of which nobody said when it will end is too long after this time (S9)."""
    patience_s: Hold = 30.0
    """How long a fault that a device upstream could explain waits at most for that device to be looked at."""
    roles: list[Role]
    groups: list[Group] = []
    levels: list[Level]
    level_rules: list[LevelRule]
    classes: list[BusinessClass]
    registers: list[RegisterForm] = []
    notices: list[PublicText] = []
    rounds: Rounds = Rounds()
    deadlines: DeadlineRules = DeadlineRules()
    """The numbers of O2 to O4."""
    arrangement: ArrangementRules = ArrangementRules()
    """The numbers of P1 and P5."""
    drill: DrillWords = DrillWords()
    """How a drill words what it asks for (B3)."""
    measures: list[Template]

    def level_of(self, extent: Extent) -> str:
        """Return the response level of an incident (R1); empty when no rule fits."""
        return next((rule.level for rule in self.level_rules if fits(rule, extent)), "")

    def is_higher(self, level: str, than: str) -> bool:
        """Tell whether a level is above another; any is above none."""
        order = [each.id for each in self.levels]
        return bool(level) and (not than or order.index(level) < order.index(than))

    def may(self, roles: Iterable[str], right: Right) -> bool:
        """Tell whether somebody with these roles has a right."""
        held = set(roles)
        return EVERYTHING in held or any(right in role.may for role in self.roles if role.id in held)

    def wall_steps_s(self) -> list[float]:
        """Return the ages of an incident, by the clock, at which the plan may ask for something else."""
        steps = {rule.after_s for rule in self.level_rules}
        for template in self.measures:
            steps |= {template.repair_longer_than_s or 0.0, template.repair_up_to_s or 0.0}
        return sorted(steps - {0.0})

    def open_steps_s(self) -> list[float]:
        """Return the ages in business time at which its level may change."""
        return sorted({rule.after_open_s for rule in self.level_rules} - {0.0})


def contradictions(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what does not go together in a plan: the key, and what is wrong there."""
    ids: dict[str, list[str]] = {
        "roles": [each.id for each in plan.roles],
        "groups": [each.id for each in plan.groups],
        "levels": [each.id for each in plan.levels],
        "classes": [each.id for each in plan.classes],
        "registers": [each.id for each in plan.registers],
        "notices": [each.id for each in plan.notices],
        "rounds.items": [each.id for each in plan.rounds.items],
        "measures": [each.id for each in plan.measures],
    }
    for key, names in ids.items():
        yield from say_twins(key, names)
    prefixes = [form.prefix for form in plan.registers]
    for prefix in sorted({each for each in prefixes if prefixes.count(each) > 1}):
        yield "registers", f"the prefix {prefix} stands there twice; by it numbers are told apart"
    for where, key, named in _references(plan):
        for name in named:
            if name not in ids[key]:
                yield where, f"{key} has no {name}; there are: {', '.join(ids[key]) or 'none'}"
    yield from ((f"measures ({each.id})", text) for each in plan.measures for text in misfits(each))
    yield from _lacking_rights(plan)
    for notice in plan.notices:
        for text in (notice.text, notice.text_en):
            try:
                check_words(text)
            except ValueError as error:
                yield f"notices ({notice.id})", str(error)


def say_twins(key: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the ids that stand in a table more than once: the key, and where they stand."""
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        places = " and ".join(f"{key}[{number}]" for number, each in enumerate(ids, 1) if each == name)
        yield key, f"the id {name} stands there twice, as {places}; each must be its own"


def _lacking_rights(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the measures whose answer takes a right that their owner does not have (R5, R6, R7)."""
    for each in plan.measures:
        may = {role.id for role in plan.roles if each.right in role.may}
        if each.right is not None and each.owner not in may:
            holders = ", ".join(sorted(may)) or "none"
            yield (
                f"measures ({each.id}).owner",
                f"{each.owner} has no right to {each.right}; these roles have: {holders}",
            )


def _references(plan: Plan) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield where the plan names something of its own, in which table that must stand, and the names."""
    for group in plan.groups:
        yield f"groups ({group.id}).roles", "roles", group.roles
    for number, rule in enumerate(plan.level_rules, 1):
        yield f"level_rules[{number}].level", "levels", [rule.level]
    for each in plan.measures:
        where = f"measures ({each.id})"
        yield f"{where}.owner", "roles", [each.owner] if each.owner != FAULT_ROLE else []
        yield f"{where}.group", "groups", [each.group] if each.group else []
        yield f"{where}.levels", "levels", each.levels
        yield f"{where}.registers", "registers", each.registers
        yield f"{where}.notice", "notices", [each.notice] if each.notice else []
