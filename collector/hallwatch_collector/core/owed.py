"""What the plan asks for at this moment: every occasion that is given, under every condition that holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hallwatch_collector.core.conditions import Circumstance, is_due
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.occasions import FINDERS, HALL_FINDERS, Belongings, Case
from hallwatch_collector.core.occasions.windows import deciding, helpless
from hallwatch_collector.core.plan import Template
from hallwatch_collector.core.state import Incident

Key = tuple[str, str, str]
"""Incident (empty: the hall itself), measure of the plan, subject: what tells one measure from another."""


class Owed(NamedTuple):
    """A measure that the plan asks for now."""

    template: Template
    case: Case
    incident: Incident | None
    losses: Mapping[str, list[str]]
    """Window → classes that it is about."""


def find_owed(turn: Turn) -> dict[Key, Owed]:
    """Return what is owed now, and note in the model what will be without which an incident cannot close."""
    model, now, owed = turn.model, turn.at, {}
    model.coming = {}
    for each in _given(model, now):
        incident = each.incident.id if each.incident else ""
        starts_at = _starts_at(model, each)
        if starts_at <= now or not each.template.after_s:  # by a clock that was set back it may seem to come yet
            owed[incident, each.template.id, each.case.subject] = each
            continue
        model.set_step(starts_at)
        if each.template.holds_close and incident:
            model.coming[incident] = min(starts_at, model.coming.get(incident, starts_at))
    return owed


def count_on(model: Model, template: Template, start: float, length_s: float) -> float:
    """Return the moment that lies so long after another, by the clock that the measure runs by."""
    return model.hours.after(start, length_s) if template.clock == "open" else start + length_s


def _starts_at(model: Model, owed: Owed) -> float:
    return count_on(model, owed.template, owed.case.since, owed.template.after_s)


def _given(model: Model, now: float) -> Iterator[Owed]:
    for template in model.plan.measures:
        for case in HALL_FINDERS[template.on](model, now) if template.on in HALL_FINDERS else ():
            if is_due(Circumstance(model, template, None, case.subject, now)):
                is_window = case.subject in model.impact.windows
                yield Owed(template, case, None, {case.subject: model.lost.get(case.subject, [])} if is_window else {})
    asked = {template.id: deciding(model, template, now) for template in model.plan.measures}
    belongings = Belongings(model)
    of_incidents = [template for template in model.plan.measures if template.on in FINDERS]
    for incident in model.incidents.values():
        if incident.status == "closed":
            continue
        question = belongings.ask(incident, now)
        found: dict[tuple[str, ...], list[Case]] = {}
        for template in of_incidents:
            windows = asked[template.id].get(incident.id, [])
            key = (template.on, *windows)  # many measures are for one occasion: it is looked for once
            if key not in found:
                found[key] = list(FINDERS[template.on](question._replace(windows=windows)))
            for case in found[key]:
                if is_due(Circumstance(model, template, incident, case.subject, now)):
                    losses = case.losses if case.losses is not None else _losses(model, incident, case.subject, windows)
                    yield Owed(template, case, incident, losses)


def _losses(model: Model, incident: Incident, subject: str, windows: list[str]) -> dict[str, list[str]]:
    """Return the windows and classes that a measure is about: of a window all that it lost, else what is to be decided
    for the hall, else what the incident takes."""
    if subject in model.impact.windows:
        return {subject: model.lost.get(subject, [])}
    if windows:
        return {window: model.lost[window] for window in helpless(model, windows)}
    return model.losses(incident)
