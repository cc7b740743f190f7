"""Public texts: what is out has a cause, or somebody is asked to withdraw it; what was withdrawn hangs nowhere (R6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.public_state import Release
from parts.upright.asking import is_answered, is_asked, is_pending

LASTING: Final = ("notice-board", "portal")
"""Outlets from which somebody has to take a text away."""


def _notices(model: Model, now: float) -> Iterator[str]:
    for release in model.releases.values():
        if release.in_force and _is_over(model, release, now) and not is_pending(model, "notice-left", release.id):
            yield f"{release.id} is out though its cause is gone, and nobody is asked to withdraw it"
        if not release.in_force and is_asked(model, "notice-left", release.id):
            yield f"{release.id} is withdrawn, and somebody is asked to withdraw it"
        for outlet, version in release.posted.items():
            lasts = outlet in LASTING and version and not release.in_force
            if lasts and not is_asked(model, "notice-hanging", f"{release.id}-{outlet}"):
                yield f"{release.id} is withdrawn and still on {outlet}, and nobody is asked to take it off"
        for outlet in release.outlets if release.in_force else ():
            by_hand = outlet != "hall-display"
            carried, posting = release.posted.get(outlet) == release.current.number, f"{release.id}-{outlet}"
            if _is_over(model, release, now) or is_pending(model, "notice-left", release.id):
                if is_asked(model, "notice-unsent", posting):
                    yield f"{release.id} says what is over, and somebody is asked to bring it to {outlet}"
            elif by_hand and not carried and not is_answered(model, "notice-unsent", posting):
                yield f"{release.id} is out, and nobody is asked to bring it to {outlet}"


def _is_over(model: Model, release: Release, now: float) -> bool:
    """Tell whether what a public text is about is surely over."""
    on = model.templates[release.template].on
    incident = model.incidents.get(release.incident)
    if on == "incident":
        return incident is None or not incident.stands
    if on == "deadline-extended":
        today = model.hours.day_of(now)
        theirs = [each for each in model.extensions if each.incident == release.incident]
        return not any(each.new is None or each.new >= today for each in theirs)
    if on == "warned":
        watch = model.devices.get(release.subject)
        return watch is None or not any(fault.indicator for _, fault in watch.raised())
    work = model.readiness.maintenance.get(release.subject)
    return on == "maintenance-ahead" and (work is None or work.status != "planned")


CHECKS: Final = (_notices,)
