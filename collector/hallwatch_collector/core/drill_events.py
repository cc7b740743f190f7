"""What a drill does to its twin hall (B3), so that the record alone says when everything began."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.event import Event

DrillAct = Literal["begin", "start", "end", "stop", "over"]
"""The drill begins; a trouble starts, or ends; somebody ends the drill before its time; it is over."""


class DrillStepped(Event, tag="drill-stepped", frozen=True, kw_only=True):
    """A step of the drill that this hall is the twin for."""

    act: DrillAct
    scenario: str
    group: str = ""
    """Which of the scenario's things it comes to."""
    thing: str = ""
    fault: str = ""
    """Of the simulation, not of the catalogue."""
    by: str
