"""Drills in virtual time: the twin of a hall file, and a rehearsal on it."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path

from hallwatch_collector import plans
from hallwatch_collector.drills.rehearse import Rehearsal
from hallwatch_collector.drills.scenario import Drill, Scenario
from hallwatch_collector.drills.twin import make_twin
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.simulate.cli import SHIPPED_HALL

DAY = dt.date(2026, 3, 10)
START = dt.datetime(2026, 3, 10, 1, 0, tzinfo=dt.UTC).timestamp()
"""09:00 in the hall."""


def make_twin_file(folder: Path, scenario: Scenario, hall: Path = SHIPPED_HALL, plan: Path | None = None) -> HallFile:
    """Return the twin of a hall file, as the collector reads it."""
    text = make_twin(tomllib.loads(hall.read_text(encoding="utf-8")), scenario, DAY, "for a test")
    path = folder / "twin.toml"
    path.write_text(text, encoding="utf-8")
    rules, catalogue = plans.load(plan)
    return read_hall(path, Known.of(rules, catalogue))


def rehearser(folder: Path, plan: Path | None = None) -> Callable[[Drill, bool], Rehearsal]:
    """Return what plays a drill on the twin of the shipped county hall by a plan."""

    def rehearse(drill: Drill, staffed: bool) -> Rehearsal:
        twin = make_twin_file(folder, drill[1], plan=plan)
        return Rehearsal(drill, twin, plans.load(plan), START, staffed=staffed)

    return rehearse
