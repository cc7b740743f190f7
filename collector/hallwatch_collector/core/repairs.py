"""When each incident is expected to be repaired, and what this hall remembers of its repairs (clauses D1, D2, W1)."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.estimates import UNKNOWN, Estimate, estimate_repair
from hallwatch_collector.core.events import EstimateChanged
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import Incident

MOST_REPAIRS: Final = 20
"""So many of the last repairs of one fault are remembered."""
SHORTEST_S: Final = 1.0


def keep_estimates(turn: Turn) -> None:
    """Estimate anew where a technician says something else, where other faults came, and where the time has passed."""
    for incident in turn.model.incidents.values():
        if not incident.stands:
            continue
        about = estimated_for(turn.model, incident)
        slipped = incident.back_at is not None and turn.at >= incident.back_at
        if slipped or about != incident.estimated_for:
            _note(turn, incident, _estimate(turn.model, incident, turn.at), slipped=slipped)
            incident.estimated_for = about
        if incident.back_at is not None:
            turn.model.set_step(incident.back_at)


def lasts_s(incident: Incident, now: float) -> float:
    """Return how long an incident is expected to last in all, or has lasted already; infinity: nobody can say."""
    if incident.back_at is None:
        return float("inf")
    return max(incident.back_at, now) - incident.began_at


def remember_repair(model: Model, incident: Incident, recovered_at: float) -> None:
    """Take the repair of an incident into the hall's own past."""
    took_s = recovered_at - incident.began_at
    for watch in model.watches(incident) if took_s >= SHORTEST_S else ():
        for fault in incident.faults:
            if fault in watch.rules.faults:
                past = model.repairs.setdefault(f"{watch.device.kind}/{fault}", [])
                past.append(took_s)
                del past[:-MOST_REPAIRS]


def estimated_for(model: Model, incident: Incident) -> str:
    """Return what an estimate hangs on: another text asks for another estimate."""
    faults = sorted({f"{watch.id}/{alarm.fault}" for watch in model.watches(incident) for alarm in root_faults(watch)})
    return f"{incident.began_at} {incident.told_back_at} {' '.join(faults)}"


def _estimate(model: Model, incident: Incident, now: float) -> Estimate:
    """Return the estimate for whichever of its faults takes longest."""
    estimates = [
        estimate_repair(
            incident.began_at,
            now,
            incident.told_back_at,
            model.repairs.get(f"{watch.device.kind}/{alarm.fault}", ()),
            watch.rules.faults[alarm.fault].usual_repair_s,
        )
        for watch in model.watches(incident)
        for alarm in root_faults(watch)
    ]
    return max(estimates, key=lambda each: float("inf") if each.back_at is None else each.back_at, default=UNKNOWN)


def _note(turn: Turn, incident: Incident, estimate: Estimate, *, slipped: bool) -> None:
    first = not incident.estimated_for
    if not first and (estimate.back_at, estimate.source) == (incident.back_at, incident.estimate_source):
        return
    by_person = estimate.source == "person"
    if slipped:
        incident.slipped_at = turn.at
    if by_person:
        incident.slipped_at = None
    if not first and incident.back_at not in (None, estimate.back_at):
        incident.was_back_at = incident.back_at
    incident.back_at, incident.estimate_source, incident.estimated_at = estimate.back_at, estimate.source, turn.at
    incident.earliest_at, incident.latest_at = estimate.earliest, estimate.latest
    changed = EstimateChanged(
        at=turn.at, incident=incident.id, back_at=estimate.back_at, source=estimate.source,
        was_back_at=incident.was_back_at, slipped=slipped, by=incident.told_by if by_person else "",
    )  # fmt: skip
    turn.events.append(changed)
