"""What the command ``hallwatch drill`` tells a twin hall (B3)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_agent.wire import Id
from hallwatch_collector.core.commands.command import Command
from hallwatch_collector.core.drill_events import DrillAct


class DrillStep(Command, tag="drill-step", frozen=True, kw_only=True):
    """Note in the record what a drill does to its twin hall; refused in a real hall."""

    act: Annotated[DrillAct, Meta(description="What the drill does.")]
    scenario: Annotated[Id, Meta(description="The drill.", examples=["fibre-cut"])]
    group: Annotated[str, Meta(description="Of the scenario's groups of things, the one that this is about.")] = ""
    thing: Annotated[str, Meta(description="The device or system that this is about.")] = ""
    fault: Annotated[str, Meta(description="The fault of the simulation that begins or ends.")] = ""
