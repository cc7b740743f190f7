"""Business classes that no open window takes: each is a fault of its own, unless one root cause explains it."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.alarms import is_raised
from hallwatch_collector.core.causes import note_cause
from hallwatch_collector.core.flips import declare
from hallwatch_collector.core.hall import Window
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.things import CLASS

UNSERVED: Final = "class-unserved"
CORE: Final = "core"
"""Stands for the probe where the core itself found something."""


def assess_classes(turn: Turn) -> None:
    """Raise and clear what is true of the classes that the hall offers, with the cause that explains it."""
    model = turn.model
    able = set().union(*(model.able(window) for window in model.impact.windows))
    for name, windows in _offers(model).items():
        watch = model.devices[CLASS + name]
        told = "、".join(window.name for window in windows)
        alarm = declare(turn, watch, UNSERVED, holds=name not in able, told=told, by=CORE)
        cause = _cause(model, name, windows) if alarm is not None and is_raised(alarm) else ""
        if alarm is not None and cause != alarm.cause:
            alarm.cause = cause
            note_cause(turn, alarm)
        if alarm is not None:  # no incident of its own while one device upstream may yet turn out to be behind it all
            alarm.awaiting = not cause and _is_doubtful(model, name, windows)


def _is_doubtful(model: Model, name: str, windows: list[Window]) -> bool:
    """Tell whether a device that keeps a window from the class has a fault whose cause is still looked for."""
    blames = [model.blames[window.id][name] for window in windows if name in model.blames.get(window.id, ())]
    involved = {root for blame in blames for root in blame.involved}
    return any(alarm.awaiting for root in involved for alarm, _ in model.devices[root].raised())


def _offers(model: Model) -> dict[str, list[Window]]:
    """Return the classes that the hall normally takes, with the windows for them; reserve windows are extra."""
    offers: dict[str, list[Window]] = {}
    for window in model.impact.windows.values():
        for name in window.classes if not window.reserve else ():
            offers.setdefault(name, []).append(window)
    return offers


def _cause(model: Model, name: str, windows: list[Window]) -> str:
    """Return the root device that by itself keeps every one of these windows from the class, else that of the incident
    for which one of them is closed that could take it: it only waits to be checked and reopened. Empty: there is none.
    """
    shared: set[str] | None = None
    for window in windows:
        blame = model.blames.get(window.id, {}).get(name)
        keeping = set(blame.alone) if blame else set()
        closed_for = model.incidents.get(model.closed_windows.get(window.id, ""))
        if closed_for is not None and closed_for.status != "closed":
            keeping.update(closed_for.roots)
        shared = keeping if shared is None else shared & keeping
    if shared:
        return min(shared)
    waiting = [window.id for window in windows if name not in model.lost.get(window.id, ())]
    owners = [model.incidents.get(model.closed_windows.get(window, "")) for window in waiting]
    return min((each.device for each in owners if each is not None and each.status != "closed"), default="")
