"""Station 7: from flips to what is owed. The whole pipeline, in the order it runs."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.alerts.keep import keep_alerts
from hallwatch_collector.core.causes import explain_faults
from hallwatch_collector.core.classes import assess_classes
from hallwatch_collector.core.clockstep import note_step
from hallwatch_collector.core.failures import assess_failures
from hallwatch_collector.core.filing import follow_outages
from hallwatch_collector.core.incidents import assess_windows, close_checked, follow_incidents
from hallwatch_collector.core.measures import keep_measures
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.queues import follow_queues
from hallwatch_collector.core.readiness.cover import mark_planned
from hallwatch_collector.core.readiness.keep import keep_readiness
from hallwatch_collector.core.registers import purge_registers
from hallwatch_collector.core.repairs import keep_estimates
from hallwatch_collector.core.screens import follow_screens, hold_against_signs
from hallwatch_collector.core.services import assess_services
from hallwatch_collector.core.signs import follow_posted, keep_signs
from hallwatch_collector.core.upkeep import follow_releases

ROUNDS: Final = 8
"""What is decided may ask for more: a window that closes changes what others can stand in for, a sign that goes up
where no display is has to be posted. So it is decided again until nothing new comes of it, a few times at most."""


def decide(turn: Turn) -> None:
    """Work out what the hall's standing faults mean and ask for, and note every change as an event."""
    note_step(turn)
    keep_readiness(turn)
    follow_screens(turn)
    explain_faults(turn)
    assess_windows(turn)
    assess_services(turn)
    follow_queues(turn)
    for _ in range(ROUNDS):
        events = len(turn.events)
        assess_classes(turn)
        mark_planned(turn)
        assess_failures(turn)
        follow_incidents(turn)
        keep_estimates(turn)
        follow_outages(turn)
        follow_posted(turn)
        keep_measures(turn)
        follow_releases(turn)
        if len(turn.events) == events:  # an incident closes when all is asked for that may keep it open
            close_checked(turn)
        if len(turn.events) == events:
            break
    keep_signs(turn)
    hold_against_signs(turn)
    purge_registers(turn)
    keep_alerts(turn)
