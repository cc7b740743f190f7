"""Occasions that warning indicators give, before there is an incident (clauses A1, A2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, HallFinder
from hallwatch_collector.core.plan import Occasion


def _warned(model: Model, now: float) -> Cases:
    """A warning indicator is exceeded; once for the device that told it."""
    for watch in model.devices.values():
        raised = [alarm.raised_at or now for alarm, fault in watch.raised() if fault.indicator and not alarm.planned]
        if raised:
            yield Case(watch.id, min(raised))


HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {"warned": _warned}
