"""On which occasions the plan asks for something now, and for which device or window each time.

A window's loss is decided once (W1), however many incidents have a part in it: under the one that explains most of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from hallwatch_collector.core.incidents import root_faults
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import Occasion, Template
from hallwatch_collector.core.state import Incident


class Question(NamedTuple):
    """Does this incident give an occasion, and for what?"""

    model: Model
    incident: Incident
    windows: list[str]
    """The open windows whose loss is to be decided under this incident."""


Subjects = Iterator[str]


def _incident(question: Question) -> Subjects:
    incident = question.incident
    if incident.stands and root_faults(question.model.devices[incident.device]):
        yield incident.device


def _own_effect(effect: str) -> Callable[[Question], Subjects]:
    def occasion(question: Question) -> Subjects:
        incident = question.incident
        effects = {fault.effect for alarm, fault in question.model.devices[incident.device].raised() if not alarm.cause}
        # where touching could hurt, that is the sign to show
        if incident.stands and effect in effects and (effect == "hazard" or "hazard" not in effects):
            yield incident.device

    return occasion


def _explained(question: Question) -> Subjects:
    incident = question.incident
    for watch in question.model.devices.values() if incident.stands else ():
        if any(alarm.cause == incident.device and fault.effect == "unusable" for alarm, fault in watch.raised()):
            yield watch.id


def _window_impaired(question: Question) -> Subjects:
    for window in question.windows:
        if question.model.able(window) and stand_ins(question.model, window):
            yield window


def _window_useless(question: Question) -> Subjects:
    model = question.model
    for window in question.windows:
        if not model.able(window) and (stand_ins(model, window) or model.hall.closure == "auto"):
            yield window


def _hall_impaired(question: Question) -> Subjects:
    if helpless(question.model, question.windows):
        yield question.incident.device


def _window_closed(question: Question) -> Subjects:
    closed = question.model.closed_windows
    yield from (window for window, cause in closed.items() if cause == question.incident.id)


def _window_ready(question: Question) -> Subjects:
    if question.model.hall.reopening == "ask":
        yield from (window for window in _window_closed(question) if is_ready(question.model, window))


def _window_recovered(question: Question) -> Subjects:
    model, incident = question.model, question.incident
    for window in incident.windows:
        if window not in model.lost and window not in incident.checked and _checked_for(model, window) == incident.id:
            yield window


def _checked_for(model: Model, window: str) -> str:
    """Return the incident for which a window's last transaction is checked, of all that had a part in its loss: the
    one for which it closed, else the first."""
    incidents = [each for each in model.incidents.values() if each.status != "closed" and window in each.windows]
    unchecked = [each.id for each in incidents if window not in each.checked]
    closed_for = model.closed_windows.get(window, "")
    return closed_for if closed_for in unchecked else next(iter(unchecked), "")


OCCASIONS: Final[dict[Occasion, Callable[[Question], Subjects]]] = {
    "incident": _incident,
    "device-unusable": _own_effect("unusable"),
    "device-hazard": _own_effect("hazard"),
    "device-explained": _explained,
    "window-impaired": _window_impaired,
    "window-useless": _window_useless,
    "hall-impaired": _hall_impaired,
    "window-closed": _window_closed,
    "window-ready": _window_ready,
    "window-recovered": _window_recovered,
}
"""How each occasion of the plan is found: the subjects for which an incident gives it."""

ON_LOSS: Final[frozenset[Occasion]] = frozenset({"window-impaired", "window-useless", "hall-impaired"})
"""The occasions on which it is decided what becomes of a window."""
AFTER_LOSS: Final[frozenset[Occasion]] = frozenset({"window-recovered", "window-ready"})
"""Those that the return of the fault takes away again."""


def deciding(model: Model, template: Template, now: float) -> dict[str, list[str]]:
    """Return under which incident a measure decides each open window that lost something: incident → its windows."""
    asked: dict[str, list[str]] = {}
    if template.on not in ON_LOSS:
        return asked
    standing = [each for each in model.incidents.values() if each.stands and in_time(model, template, each, now)]
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
        alone = sum(incident.device in blame.alone for blame in blames)
        return -alone, -usual_repair_s(model, incident), incident.began_at

    involved = {device for blame in blames for device in blame.involved}
    return sorted((each for each in incidents if each.device in involved), key=rank)


def stand_ins(model: Model, window: str) -> list[str]:
    """Return the windows that can take something of what this one lost."""
    return list(model.impact.stand_ins(window, model.lost.get(window, ()), model.able, model.sure))


def helpless(model: Model, windows: list[str]) -> list[str]:
    """Return those of the windows for which no other can stand in."""
    return [window for window in windows if not stand_ins(model, window)]


def is_ready(model: Model, window: str) -> bool:
    """Tell whether a closed window could reopen (W3): it takes all its classes, and its last transaction is checked."""
    incident = model.incidents.get(model.closed_windows[window])
    if window in model.lost or incident is None:
        return window not in model.lost
    checks = [check for check in model.checks(incident.id) if check.subject == window]
    asked = any(template.on == "window-recovered" for template in model.plan.measures)
    asked = asked and window in incident.windows and window not in incident.checked
    return all(check.status == "done" for check in checks) and (bool(checks) or not asked)


def usual_repair_s(model: Model, incident: Incident) -> float:
    """Return how long such a repair usually takes."""
    return max((fault.usual_repair_s for _, fault in model.devices[incident.device].raised()), default=0.0)


def lasts_s(model: Model, incident: Incident, now: float) -> float:
    """Tell short from long (D1, D2, W1): by what such a repair usually takes, and by what this one took already."""
    return max(usual_repair_s(model, incident), now - incident.began_at)


def in_time(model: Model, template: Template, incident: Incident, now: float) -> bool:
    """Tell whether the measure is for incidents that last so long."""
    lasts = lasts_s(model, incident, now)
    if template.repair_longer_than_s is not None and lasts < template.repair_longer_than_s:
        return False
    return template.repair_up_to_s is None or lasts < template.repair_up_to_s
