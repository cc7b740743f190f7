"""What the command ``hallwatch drill`` tells a twin hall (B3)."""

from __future__ import annotations

from hallwatch_agent.wire import Id
from hallwatch_collector.core.commands.command import Command
from hallwatch_collector.core.drill_events import DrillAct


class DrillStep(Command, tag="drill-step", frozen=True, kw_only=True):
    """Note in the record what a drill does to its twin hall; refused in a real hall."""

    act: DrillAct
    scenario: Id
    group: str = ""
    thing: str = ""
    fault: str = ""
