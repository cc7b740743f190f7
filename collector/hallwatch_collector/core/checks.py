"""Of which incident a window's last transaction is to be checked, and what waits for that (D4).

A window is checked once for all incidents that took something of it and are over for it. One that takes the window
later calls for another check: what was checked before stands for what was lost before.
"""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.state import Incident, MeasureStatus

TO_CHECK: Final[Occasion] = "window-recovered"


def takes_again(model: Model, window: str) -> bool:
    """Tell whether a window takes any of its classes, or would if it were open."""
    lost = model.lost.get(window, ())
    return not lost or any(name not in lost for name in model.impact.windows[window].classes)


def is_to_check(model: Model, incident: Incident, window: str) -> bool:
    """Tell whether a window's last transaction is to be checked under an incident, or was and nothing came since."""
    if window in incident.checked:
        return False
    if _has_check(model, incident, window, "done"):
        return _is_over_for(model, incident, window) or window not in model.losses(incident)
    return _checked_for(model, window) == incident.id


def is_checked(model: Model, window: str) -> bool:
    """Tell whether a window was checked for every incident that took it and is over for it, if the plan asks that."""
    return not any(each.on == TO_CHECK for each in model.plan.measures) or not _unchecked(model, window)


def awaits_check(model: Model, incident: Incident) -> bool:
    """Tell whether a window is still to be checked for an incident though nothing is asked under it: another incident
    has that check, or has the window now."""
    if not any(each.on == TO_CHECK and each.holds_close for each in model.plan.measures):
        return False
    losses = model.losses(incident) if incident.windows else {}
    for window in incident.windows:
        if window in losses or window in incident.checked or _has_check(model, incident, window, "done"):
            continue
        others = [each for each in model.incidents.values() if each.status != "closed"]
        if not takes_again(model, window) or any(_has_check(model, each, window, "open") for each in others):
            return True
    return False


def _checked_for(model: Model, window: str) -> str:
    """Return the incident for which a window's last transaction is to be checked, of all that had a part in its loss
    and are over for it: the one for which it closed, else one for which that is asked already, else the first. Empty:
    there is none."""
    unchecked = _unchecked(model, window)
    closed_for = [each for each in unchecked if model.closed_windows.get(window) == each.id]
    asked = [each for each in unchecked if _has_check(model, each, window, "open")]
    return next((each.id for each in (*closed_for, *asked, *unchecked)), "")


def _unchecked(model: Model, window: str) -> list[Incident]:
    """Return the incidents that are over for a window that they took, and for which nobody has checked it since."""
    return [
        each
        for each in model.incidents.values()
        if each.status != "closed" and window in each.windows and window not in each.checked
        if _is_over_for(model, each, window) and not _has_check(model, each, window, "done")
    ]  # fmt: skip


def _has_check(model: Model, incident: Incident, window: str, status: MeasureStatus) -> bool:
    return any(check.subject == window and check.status == status for check in model.checks(incident.id))


def _is_over_for(model: Model, incident: Incident, window: str) -> bool:
    """Tell whether a window can work again after an incident, whatever others still keep from it.

    One that closed for it closed because it took nothing: it is back when it takes anything.
    """
    if not takes_again(model, window):
        return False
    return model.closed_windows.get(window) == incident.id or window not in model.losses(incident)
