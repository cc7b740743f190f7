"""Occasions that windows give: what they lost, that they are closed, that they are back (clauses W1 to W3, D4).

A window's loss is decided once (W1), however many incidents have a part in it: under the one that explains most of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.arranging import proposal_of
from hallwatch_collector.core.checks import is_checked, is_to_check, takes_again
from hallwatch_collector.core.conditions import in_time
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, HallFinder, Question
from hallwatch_collector.core.plan import Occasion, Template
from hallwatch_collector.core.repairs import lasts_s
from hallwatch_collector.core.state import BY_HAND, Incident


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
    model = question.model
    useless = [window for window in helpless(model, question.windows) if not model.able(window)]
    if useless and not to_be_lent(model).issuperset(useless):
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
        if is_to_check(model, incident, window):
            yield Case(window, incident.recovered_at or incident.began_at)


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
    return list(model.stand_ins(window, model.lost.get(window, ())))


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
    if model.closed_windows[window] not in model.incidents:
        return takes_again(model, window)
    return takes_again(model, window) and is_checked(model, window)
