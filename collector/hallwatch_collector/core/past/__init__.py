"""What a hall's record tells of its past, event by event: incidents, registers, rounds, work, the store, drills.

Only what the record says: nothing here decides, and nothing is forgotten.
"""

from __future__ import annotations

from hallwatch_collector.core.past.past import Past
from hallwatch_collector.core.past.told import (
    PastDrill,
    PastIncident,
    PastMove,
    PastRegister,
    PastRound,
    PastWork,
    Signature,
)

__all__ = ["Past", "PastDrill", "PastIncident", "PastMove", "PastRegister", "PastRound", "PastWork", "Signature"]
