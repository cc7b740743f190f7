"""What each role does next, in one sentence (clause B4): the most urgent of what it owes at this moment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView

REPAIR: Final = "H1"
"""The clause by which somebody is to inspect and repair: that goes on while the fault stands, also once taken on."""


class NextStep(Struct, frozen=True, kw_only=True):
    """The next step of a role."""

    role: str
    role_name: str
    role_name_en: str
    group_name: str
    """The group that owes it (R2); empty: none."""
    group_name_en: str
    measure: str
    clause: str
    text: str
    text_en: str
    due_at: float | None
    waiting: int
    """Further steps that this role owes after it."""


def find_next_steps(view: HallView, plan: Plan) -> list[NextStep]:
    """Return the next step of each role that owes something now, in the plan's order of roles.

    What is due first comes first, of equals the older. What is only told (H1) is owed until somebody takes the incident
    on; from then on the repair goes behind everything that has a due time.
    """
    incidents = {incident.id: incident for incident in view.incidents}
    groups = {group.id: group for group in plan.groups}
    steps = []
    for role in plan.roles:
        owed = sort_owed((each for each in view.measures if each.owner == role.id), incidents)
        if owed:
            first, group = owed[0], groups.get(owed[0].group)
            steps.append(NextStep(
                role=role.id, role_name=role.name, role_name_en=role.name_en or role.id,
                group_name=group.name if group else "", group_name_en=(group.name_en or group.id) if group else "",
                measure=first.id, clause=first.clause, text=first.text, text_en=first.text_en or first.text,
                due_at=first.due_at, waiting=len(owed) - 1,
            ))  # fmt: skip
    return steps


def sort_owed(measures: Iterable[MeasureView], incidents: dict[str, IncidentView]) -> list[MeasureView]:
    """Return of *measures* those about which somebody is to do something, the most urgent first."""
    ranked = []
    for measure in measures:
        due_at = _owed_by(measure, incidents.get(measure.incident))
        if due_at is not None:
            ranked.append((due_at, measure.raised_at, measure))
    return [measure for _, _, measure in sorted(ranked, key=lambda each: each[:2])]


def _owed_by(measure: MeasureView, incident: IncidentView | None) -> float | None:
    """Return by when somebody is to do something about a measure, infinite: some time; None: nobody needs to."""
    if measure.status != "open" or measure.mode == "register":
        return None
    due_at = math.inf if measure.due_at is None else measure.due_at
    if measure.mode != "auto":
        return due_at
    if measure.due_at is None or incident is None:
        return None
    if incident.acknowledged_at is None:
        return due_at
    return math.inf if measure.clause == REPAIR else None
