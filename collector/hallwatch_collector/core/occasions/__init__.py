"""On which occasions the plan asks for something now, and for what each time.

``FINDERS`` and ``HALL_FINDERS`` are the registry: a new occasion is one function in a file of this package, one line in
that file's table, and its name in :data:`hallwatch_collector.core.plan.templates.Occasion`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.occasions import (
    classes,
    crowds,
    deadlines,
    devices,
    incidents,
    readiness,
    registers,
    releases,
    warnings,
    windows,
)
from hallwatch_collector.core.occasions.question import Belongings, Case, Finder, HallFinder
from hallwatch_collector.core.plan import Occasion

FINDERS: Final[Mapping[Occasion, Finder]] = {
    **incidents.FINDERS,
    **devices.FINDERS,
    **windows.FINDERS,
    **classes.FINDERS,
    **crowds.FINDERS,
    **deadlines.FINDERS,
    **releases.FINDERS,
    **registers.FINDERS,
}
"""How each occasion is found: what an incident gives it for."""
HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {
    **windows.HALL_FINDERS,
    **devices.HALL_FINDERS,
    **releases.HALL_FINDERS,
    **readiness.HALL_FINDERS,
    **warnings.HALL_FINDERS,
}
"""The same for the occasions of the hall itself, of no incident."""

__all__ = ["FINDERS", "HALL_FINDERS", "Belongings", "Case", "Finder", "HallFinder"]
