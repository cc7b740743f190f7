"""Station 7, the plan as data: levels, groups, roles, measures, registers, public texts, rounds.

The plan says *what* is owed on which occasion; :mod:`hallwatch_collector.core.measures` finds the occasions of a hall
and keeps the list of measures equal to what the plan asks for at this moment. Whatever a county words differently is in
the file; no line of code knows a clause's text.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from hallwatch_collector.core.arrangement import ArrangementRules
from hallwatch_collector.core.deadlines import DeadlineRules
from hallwatch_collector.core.extent import Extent
from hallwatch_collector.core.hall import BusinessClass, Reach
from hallwatch_collector.core.plan.clauses import ClauseId, OwnClause
from hallwatch_collector.core.plan.contradictions import contradictions, say_twins, unknown_names
from hallwatch_collector.core.plan.drills import DrillWords
from hallwatch_collector.core.plan.filling import Filled, Wrong, check_form
from hallwatch_collector.core.plan.levels import Level, LevelRule, misses
from hallwatch_collector.core.plan.notices import PublicText
from hallwatch_collector.core.plan.people import EVERYTHING, Group, Right, Role
from hallwatch_collector.core.plan.registers import Field, RegisterForm
from hallwatch_collector.core.plan.rounds import RoundItem, Rounds
from hallwatch_collector.core.plan.templates import FAULT_ROLE, Occasion, Template
from hallwatch_collector.core.values import Hold

__all__ = [
    "EVERYTHING",
    "FAULT_ROLE",
    "ClauseId",
    "DrillWords",
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
    "unknown_names",
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
        rule = self.rule_of(extent)
        return rule.level if rule else ""

    def rule_of(self, extent: Extent) -> LevelRule | None:
        """Return the rule that gives an incident its level; None when no rule fits."""
        return next((rule for rule in self.level_rules if next(misses(rule, extent), None) is None), None)

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
