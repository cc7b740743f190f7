"""Occasions that windows give: what they lost, that they are closed, that they are back (clauses W1 to W3, D4).

A window's loss is decided once (W1), however many incidents have a part in it: under the one that explains most of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.arranging import proposal_of
from hallwatch_collector.core.conditions import in_time
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, HallFinder, Question
from hallwatch_collector.core.plan import Occasion, Template
from hallwatch_collector.core.repairs import lasts_s
from hallwatch_collector.core.state import BY_HAND, Incident, MeasureStatus


def _window_impaired(question: Question) -> Cases:
    for window in question.windows:
        if question.model.able(window) and stand_ins(question.model, window):
            yield Case(window, question.incident.began_at)


def _window_useless(question: Question) -> Cases:
    model = question.model
    for window in question.windows:
        if not (stand_ins(model, window) or model.hall.closure == "auto"):
            continue
        if not model.able(window) and window not in to_be_lent(model):
            yield Case(window, question.incident.began_at)


def _hall_impaired(question: Question) -> Cases:
    if helpless(question.model, question.windows):
        yield Case(question.incident.device, question.incident.began_at)


def _window_closed(question: Question) -> Cases:
    for window, closed_for in question.model.closed_windows.items():
        if closed_for == question.incident.id:
            yield Case(window, question.incident.began_at)


def _closed_by_hand(model: Model, _: float) -> Cases:
    for window, closed_for in model.closed_windows.items():
        if closed_for == BY_HAND:
            yield Case(window, model.hand_moves[window].at)


def _window_ready(question: Question) -> Cases:
    if question.model.hall.reopening == "ask":
        yield from (case for case in _window_closed(question) if is_ready(question.model, case.subject))


def _window_recovered(question: Question) -> Cases:
    model, incident = question.model, question.incident
    for window in incident.windows:
        if window in incident.checked or not _is_over_for(model, incident, window):
            continue
        if _has_check(model, incident, window, "done") or _checked_for(model, window) == incident.id:
            yield Case(window, incident.recovered_at or incident.began_at)


def _checked_for(model: Model, window: str) -> str:
    """Return the incident for which a window's last transaction is to be checked, of all that had a part in its loss
    and are over for it: the one for which it closed, else one for which that is asked already, else the first. Empty:
    there is none."""
    incidents = [each for each in model.incidents.values() if each.status != "closed" and window in each.windows]
    unchecked = [
        each
        for each in incidents
        if window not in each.checked
        and _is_over_for(model, each, window)
        and not _has_check(model, each, window, "done")
    ]
    closed_for = [each for each in unchecked if model.closed_windows.get(window) == each.id]
    asked = [each for each in unchecked if _has_check(model, each, window, "open")]
    return next((each.id for each in (*closed_for, *asked, *unchecked)), "")


def _has_check(model: Model, incident: Incident, window: str, status: MeasureStatus) -> bool:
    return any(check.subject == window and check.status == status for check in model.checks(incident.id))


def _is_over_for(model: Model, incident: Incident, window: str) -> bool:
    """Tell whether a window can work again after an incident, whatever others still keep from it.

    One that closed for it closed because it took nothing: it is back when it takes anything.
    """
    if not takes_again(model, window):
        return False
    return model.closed_windows.get(window) == incident.id or window not in model.losses(incident)


def takes_again(model: Model, window: str) -> bool:
    """Tell whether a window takes any of its classes, or would if it were open."""
    lost = model.lost.get(window, ())
    return not lost or any(name not in lost for name in model.impact.windows[window].classes)


FINDERS: Final[Mapping[Occasion, Finder]] = {
    "window-impaired": _window_impaired,
    "window-useless": _window_useless,
    "hall-impaired": _hall_impaired,
    "window-closed": _window_closed,
    "window-ready": _window_ready,
    "window-recovered": _window_recovered,
}
HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {"window-closed": _closed_by_hand}
ON_LOSS: Final[frozenset[Occasion]] = frozenset({"window-impaired", "window-useless", "hall-impaired"})
"""The occasions on which it is decided what becomes of a window."""
AFTER_LOSS: Final[frozenset[Occasion]] = frozenset({"window-recovered", "window-ready"})
"""Those that the return of the fault takes away again."""


def deciding(model: Model, template: Template, now: float) -> dict[str, list[str]]:
    """Return under which incident a measure decides each open window that lost something: incident → its windows."""
    asked: dict[str, list[str]] = {}
    if template.on not in ON_LOSS:
        return asked
    standing = [each for each in model.incidents.values() if each.stands and in_time(template, each, now)]
    for window in sorted(model.lost.keys() - model.closed_windows.keys()):
        answerable = by_part(model, [window], standing)
        if answerable:
            asked.setdefault(answerable[0].id, []).append(window)
    return asked


def by_part(model: Model, windows: list[str], incidents: list[Incident]) -> list[Incident]:
    """Return those of the incidents that have a part in what these windows lost.

    First the one that explains most of it by itself; of equals the one that takes longest to repair, then the older.
    """
    blames = [blame for window in windows for blame in model.blames[window].values()]

    def rank(incident: Incident) -> tuple[int, float, float]:
        alone = sum(bool(blame.alone.intersection(incident.roots)) for blame in blames)
        return -alone, -lasts_s(incident, incident.began_at), incident.began_at

    involved = {device for blame in blames for device in blame.involved}
    return sorted((each for each in incidents if involved.intersection(each.roots)), key=rank)


def stand_ins(model: Model, window: str) -> list[str]:
    """Return the windows that can take something of what this one lost."""
    return list(model.impact.stand_ins(window, model.lost.get(window, ()), model.able, model.sure))


def helpless(model: Model, windows: list[str]) -> list[str]:
    """Return those of the windows for which no other can stand in."""
    return [window for window in windows if not stand_ins(model, window)]


def to_be_lent(model: Model) -> set[str]:
    """Return the windows that are to be lent a class that none takes: such a one is not closed, if nobody said no."""
    if not any(each.on == "class-arrangeable" for each in model.plan.measures):
        return set()
    declined = [each for each in model.measures.values() if each.moves and each.status == "declined"]
    refused = {move.window for measure in declined for move in measure.moves}
    return {move.window for move in proposal_of(model).serve.moves if move.do == "lend"} - refused


def is_ready(model: Model, window: str) -> bool:
    """Tell whether a closed window could reopen (W3): it takes some class again, and its last transaction is checked.

    One that a person closed by hand is reopened by hand.
    """
    if model.closed_windows[window] == BY_HAND:
        return False
    incident = model.incidents.get(model.closed_windows[window])
    if incident is None or not takes_again(model, window):
        return takes_again(model, window)
    checks = [check for check in model.checks(incident.id) if check.subject == window]
    asked = any(template.on == "window-recovered" for template in model.plan.measures)
    asked = asked and window in incident.windows and window not in incident.checked
    return all(check.status == "done" for check in checks) and (bool(checks) or not asked)
