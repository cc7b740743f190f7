"""When each incident is expected to be repaired, and what this hall remembers of its repairs (clauses D1, D2, W1)."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.estimates import UNKNOWN, Estimate, estimate_repair
from hallwatch_collector.core.events import EstimateChanged
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.things import CLASS
from hallwatch_collector.core.told import EstimateTold
from hallwatch_collector.core.watch import DeviceWatch

MOST_REPAIRS: Final = 20
"""So many of the last repairs of one fault are remembered."""
SHORTEST_S: Final = 1.0


def keep_estimates(turn: Turn) -> None:
    """Estimate anew where a technician says something else, where other faults came, and where the time has passed."""
    for incident in turn.model.incidents.values():
        if not incident.stands:
            continue
        about = estimated_for(turn.model, incident)
        by_causes = incident.estimate_source == "causes"  # whoever repairs these is asked when that slips
        slipped = incident.back_at is not None and turn.at >= incident.back_at and not by_causes
        if slipped or about != incident.estimated_for:
            _note(turn, incident, _estimate(turn.model, incident, turn.at), slipped=slipped)
            incident.estimated_for = about
        if incident.back_at is not None and incident.back_at > turn.at:
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
    causes = [f"{each.id}:{each.back_at}" for each in _causes(model, incident)]
    return f"{incident.began_at} {incident.told_back_at} {' '.join((*faults, *causes))}"


def _estimate(model: Model, incident: Incident, now: float) -> Estimate:
    """Return the estimate for whichever of its faults takes longest."""
    estimates = [
        _estimate_failure(model, incident, watch, fault, now)
        if fault.nature == "failure" or incident.told_back_at is not None
        else _estimate_by(_causes(model, incident))
        for watch, fault in _standing(model, incident)
    ]
    return max(estimates, key=lambda each: _far(each.back_at), default=UNKNOWN)


def _estimate_failure(model: Model, incident: Incident, watch: DeviceWatch, fault: Fault, now: float) -> Estimate:
    past_s = model.repairs.get(f"{watch.device.kind}/{fault.id}", ())
    return estimate_repair(incident.began_at, now, incident.told_back_at, past_s, fault.usual_repair_s)


def _estimate_by(causes: list[Incident]) -> Estimate:
    """Return when the last of these incidents is expected to be repaired: nothing repairs a class, or a queue."""
    last = max((each.back_at for each in causes), key=_far, default=None)
    return Estimate(last, "causes") if last is not None else UNKNOWN


def _far(back_at: float | None) -> float:
    return float("inf") if back_at is None else back_at


def _standing(model: Model, incident: Incident) -> list[tuple[DeviceWatch, Fault]]:
    return [
        (watch, watch.rules.faults[alarm.fault]) for watch in model.watches(incident) for alarm in root_faults(watch)
    ]


def _causes(model: Model, incident: Incident) -> list[Incident]:
    """Return the incidents by failures behind a class without a window, or, where people wait, behind any loss."""
    natures = {fault.nature for _, fault in _standing(model, incident)} - {"failure"}
    if not natures:
        return []
    classes = {root.removeprefix(CLASS) for root in incident.roots if root.startswith(CLASS)}
    lost = [
        (window, blame)
        for window, blames in model.blames.items()
        for name, blame in blames.items()
        if "crowding" in natures or name in classes
    ]
    roots = {root for _, blame in lost for root in blame.involved}
    closed_for = {model.closed_windows.get(window) for window, _ in lost}
    return [
        each
        for each in model.incidents.values()
        if each is not incident and each.stands and (roots.intersection(each.roots) or each.id in closed_for)
        if any(fault.nature == "failure" for _, fault in _standing(model, each))
    ]


def _note(turn: Turn, incident: Incident, estimate: Estimate, *, slipped: bool) -> None:
    first = not incident.estimated_for
    if first and estimate.back_at is None and incident.back_at is None:
        return  # nobody was told anything, and nobody can say anything
    if not first and (estimate.back_at, estimate.source) == (incident.back_at, incident.estimate_source):
        return
    by_person = estimate.source == "person"
    if slipped:
        incident.slipped_at = turn.at
    if by_person:
        incident.slipped_at = None
    if not first and incident.back_at is not None and _minute(incident.back_at) != _minute(estimate.back_at):
        incident.was_back_at = incident.back_at
    _announce(incident, estimate, slipped=slipped)
    incident.back_at, incident.estimate_source, incident.estimated_at = estimate.back_at, estimate.source, turn.at
    incident.earliest_at, incident.latest_at = estimate.earliest, estimate.latest
    changed = EstimateChanged(
        at=turn.at, incident=incident.id, back_at=estimate.back_at, source=estimate.source,
        was_back_at=incident.was_back_at, slipped=slipped, by=incident.told_by if by_person else "",
    )  # fmt: skip
    turn.events.append(changed)
    passed_at = incident.was_back_at if slipped else None
    told = EstimateTold(
        at=turn.at, back_at=changed.back_at, source=changed.source, by=changed.by, passed_at=passed_at
    )  # fmt: skip
    incident.estimates = [*incident.estimates, told]


def _announce(incident: Incident, estimate: Estimate, *, slipped: bool) -> None:
    """Note what people are told, to the minute: nothing anew of the same or an earlier one, nor of one that the
    catalogue makes up once its first has passed; of that somebody has to be asked."""
    told, back_at = incident.announced_at, estimate.back_at
    if told is None:
        incident.announced_at = back_at
    elif back_at is None or (back_at // 60 > told // 60 and not (slipped and estimate.source == "catalogue")):
        incident.was_announced_at, incident.announced_at = told, back_at


def _minute(moment: float | None) -> float | None:
    """Return the minute of a moment, as clocks show it to people."""
    return None if moment is None else moment // 60
