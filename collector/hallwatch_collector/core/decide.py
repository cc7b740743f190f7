"""Station 7: from flips to what is owed. The whole pipeline, in the order it runs."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.causes import explain_faults
from hallwatch_collector.core.incidents import assess_windows, close_checked, follow_incidents
from hallwatch_collector.core.measures import keep_measures, keep_signs
from hallwatch_collector.core.model import Turn

ROUNDS: Final = 4
"""A window that closes changes what other windows can stand in for: decided again, a few times at most."""


def decide(turn: Turn) -> None:
    """Work out what the hall's standing faults mean and ask for, and note every change as an event."""
    model = turn.model
    explain_faults(turn)
    assess_windows(turn)
    follow_incidents(turn)
    for _ in range(ROUNDS):
        closed = dict(model.closed_windows)
        keep_measures(turn)
        close_checked(turn)
        if closed == model.closed_windows:
            break
    keep_signs(turn)
