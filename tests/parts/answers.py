"""What a person says to do what the plan asks for."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands import AnyCommand, Confirm, SignReport, Tick
from hallwatch_collector.core.state import Measure
from hallwatch_collector.core.views import MeasureView


def say_yes(measure: Measure | MeasureView, by: str, *roles: str) -> AnyCommand:
    """Return the command that confirms a proposal, ticks a step, or signs the report where that is the step."""
    who: dict[str, Any] = {"by": by, "roles": list(roles)}
    signs = measure.signs_report if isinstance(measure, MeasureView) else measure.template == "sign-report"
    if signs:
        return SignReport(incident=measure.incident, digest="ab" * 32, **who)
    return (Confirm if measure.mode == "ask" else Tick)(measure=measure.id, **who)
