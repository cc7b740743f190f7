"""Station 7, second step: root causes become incidents, and incidents live until they are checked and closed."""

from __future__ import annotations

from functools import cache
from typing import Final

from hallwatch_collector.core.checks import awaits_check
from hallwatch_collector.core.deadlines import CORE
from hallwatch_collector.core.events import IncidentMoved, IncidentOpened, LevelChanged, WindowChanged
from hallwatch_collector.core.extent import Extent
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.registers import hand_over, has_open_entries, keep_registers
from hallwatch_collector.core.repairs import remember_repair
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.services import reach_of, systems_of
from hallwatch_collector.core.state import Alarm, Incident, LevelStep, Measure, MeasureStatus
from hallwatch_collector.core.watch import DeviceWatch

REMEMBERED: Final = 50
"""Closed incidents kept in memory at most; the journal keeps all."""


def assess_windows(turn: Turn) -> None:
    """Work out what each window lost, and through whom (impact); note what changed. One in reserve loses nothing."""
    model = turn.model
    model.impact.lend({spare: loan.device for spare, loan in model.readiness.loans.items()})
    takers = cache(model.takers)
    reaches = {window: model.impact.reach(window, takers, model.is_unknown) for window in model.windows_in_use()}
    model.note_blames({window: reach.lost for window, reach in reaches.items()})
    model.unsure = {
        window: [*reach.unknown, *model.impact.unsure(window, model.lent.get(window, ()), takers, model.is_unknown)]
        for window, reach in reaches.items()
    }
    for window in model.impact.windows:
        lost = list(model.blames.get(window, ()))
        if lost != model.lost.get(window, []):
            turn.events.append(WindowChanged(at=turn.at, window=window, lost=lost))
            if lost:
                model.lost[window] = lost
            else:
                model.lost.pop(window, None)
    model.forget_overruled()


def follow_incidents(turn: Turn) -> None:
    """Open, reopen, recover and close incidents, so that each root cause has one and each has its cause."""
    model = turn.model
    live = model.live_incidents()
    for watch in model.devices.values():
        roots, known = root_faults(watch), live.get(watch.id)
        if roots and not (known and known.stands):
            _open(turn, watch, roots)
            live = model.live_incidents()
    for incident in list(model.incidents.values()):
        if incident.status == "closed":
            continue
        losses = model.losses(incident)
        if losses:
            incident.windows = sorted({*incident.windows, *losses})
            incident.checked = [window for window in incident.checked if window not in losses]
        _note_resumed(turn, incident)
        _follow(turn, incident)
        _set_level(turn, incident)
    _forget(model, turn.now)


def _open(turn: Turn, watch: DeviceWatch, roots: list[Alarm]) -> None:
    model, at = turn.model, turn.at
    faults = [alarm.fault for alarm in roots]
    incident = model.live_incident(watch.id) or _to_reopen(model, watch.id, faults, at)
    if incident is not None:
        _part_from_others(model, incident, watch.id)
    if incident is None:
        incident = Incident(id=f"inc-{model.next_number()}", device=watch.id, faults=[], opened_at=at)
        model.incidents[incident.id] = incident
    else:
        _begin_anew(incident)
    incident.began_at = at
    set_steps(model, incident, at)
    incident.faults = sorted({*incident.faults, *faults})
    reopened = incident.reopened > 0
    opened = IncidentOpened(
        at=at, incident=incident.id, device=watch.id, fault=faults[0], reopened=reopened, waiting=model.queue.total
    )
    turn.events.append(opened)


def _part_from_others(model: Model, incident: Incident, device: str) -> None:
    """Leave out of an incident that comes back the devices that have one of their own by now."""
    others = [each for each in model.incidents.values() if each.status != "closed" and each is not incident]
    taken = {root for each in others for root in each.roots}
    roots = [root for root in incident.roots if root == device or root not in taken]
    incident.device, incident.joined = roots[0], roots[1:]


def _begin_anew(incident: Incident) -> None:
    """Make a recovered or closed incident one that stands; who answers for it and what was noted stays."""
    incident.status, incident.recovered_at, incident.closed_at = "detected", None, None
    incident.repairing_at = incident.told_back_at = incident.back_at = incident.was_back_at = None
    incident.slipped_at, incident.estimated_for, incident.ended_by = None, "", ""
    incident.offered_at = None
    incident.announced_at = incident.was_announced_at = None
    incident.false_by = ""
    incident.before, incident.merged_as, incident.moved = {}, "", []
    incident.reopened += 1


def set_steps(model: Model, incident: Incident, now: float) -> None:
    """Ask to be woken at the ages of an incident, still to come, at which the plan may ask for something else."""
    ages = [incident.began_at + step for step in model.plan.wall_steps_s()]
    ages += [model.hours.after(incident.began_at, step) for step in model.plan.open_steps_s()]
    for age in ages:
        if age > now:
            model.set_step(age)


def _give_way(turn: Turn, incident: Incident, cause: str) -> None:
    """Close an incident whose fault turned out to follow another; what was done with windows was done for that one."""
    model = turn.model
    root = model.live_incident(cause)
    if root is not None:
        closed = [window for window, owner in model.closed_windows.items() if owner == incident.id]
        root.windows = sorted({*root.windows, *closed})
        model.hand_windows(incident.id, root.id)
        model.hand_posted(incident.id, root.id)
        hand_over(incident, root)
    if root is not None or not (model.keeps_windows(incident.id) or has_open_entries(incident)):
        close_incident(turn, incident, f"explained-by:{cause}")


def _has_settling(model: Model, incident: Incident) -> bool:
    """Tell whether something that the incident explained has not recovered, though its cause has."""
    return any(
        alarm.cause in incident.roots
        for watch in model.devices.values()
        if watch.device.kind not in THINGS
        for alarm, _ in watch.raised()
    )


def _to_reopen(model: Model, device: str, faults: list[str], at: float) -> Incident | None:
    """Find the closed incident that comes back (F3): same device, same fault, not long ago."""
    for incident in reversed(model.incidents.values()):
        young = incident.closed_at is not None and incident.closed_at > at - model.plan.reopen_within_s
        if device in incident.roots and young and set(faults) & set(incident.faults):
            return incident
    return None


def _follow(turn: Turn, incident: Incident) -> None:
    """Take the incident's next step: recovered when its faults are gone, closed when nothing is left to check."""
    if not incident.stands:
        return
    model = turn.model
    watches = model.watches(incident)
    roots = [alarm for watch in watches for alarm in root_faults(watch)]
    if any(alarm.fault not in incident.faults for alarm in roots):
        incident.faults = sorted({*incident.faults, *(alarm.fault for alarm in roots)})
    if roots or _has_settling(model, incident):
        return
    raised = [each for watch in watches for each in watch.raised()]
    explained = [alarm.cause for alarm, fault in raised if alarm.cause and fault.severity == "fault"]
    if explained:
        _give_way(turn, incident, explained[0])
        return
    incident.status, incident.recovered_at = "recovered", turn.at
    remember_repair(model, incident, turn.at)
    turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="recovered"))


def close_checked(turn: Turn) -> None:
    """Close the recovered incidents for which nothing is left to do: no window closed, opened or lent, nothing asked,
    or still to be asked, without which the plan does not let them close (D4, O8, R7)."""
    model = turn.model
    for incident in model.incidents.values():
        if incident.status != "recovered" or model.keeps_windows(incident.id):
            continue
        theirs = model.measures.of(incident.id)
        holding = [each for each in theirs if model.templates[each.template].holds_close]
        asked = any(each.status == "open" and model.templates[each.template].waits_for_answer for each in theirs)
        if asked or has_open_entries(incident) or incident.id in model.coming or awaits_check(model, incident):
            continue
        if any(each.status in ("open", "declined") for each in holding):
            continue
        checks = model.checks(incident.id)
        if checks:
            by = checks[-1].decided_by
            turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="checked", by=by))
        close_incident(turn, incident, incident.ended_by)


def close_incident(turn: Turn, incident: Incident, by: str) -> None:
    """End an incident; *by* is who declared that, or what became of it."""
    incident.status, incident.closed_at = "closed", turn.at
    turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="closed", by=by))


def closed_by_check(model: Model, check: Measure) -> Incident | None:
    """Return the closed incident that a check (D4) let close and that can be reopened for it; None: there is none.

    It cannot when its cause never went, or when one of its devices has had another incident since.
    """
    incident = model.incidents.get(check.incident)
    if model.templates[check.template].on != "window-recovered" or check.undone_because or not check.decided_by:
        return None
    if incident is None or incident.closed_at is None or incident.recovered_at is None:
        return None
    for other in model.incidents.values():
        later = other.closed_at is None or other.closed_at > incident.closed_at
        if other is not incident and later and set(other.roots) & set(incident.roots):
            return None
    return incident


def reopen_to_check(turn: Turn, incident: Incident, by: str) -> None:
    """Have a closed incident wait for its checks again; what else was answered for it stands."""
    incident.status, incident.closed_at = "recovered", None
    revive_answers(turn.model, incident)
    turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="unchecked", by=by))


def revive_answers(model: Model, incident: Incident) -> None:
    """Let what was answered for an incident stand again, as far as it is asked for."""
    for measure in model.measures.of(incident.id):
        if measure.status == "over" and measure.decided_by:
            said_yes: MeasureStatus = "confirmed" if measure.mode == "ask" else "done"
            measure.status = "declined" if measure.reason else said_yes


def _note_resumed(turn: Turn, incident: Incident) -> None:
    """Note when the hall works again although the cause still stands: what was taken by hand can be entered (O8).

    For that it needs the core system, whoever takes it.
    """
    model = turn.model
    touched = incident.windows or incident.registers
    if not touched or model.losses(incident) or systems_of(model, incident) or CORE in model.services:
        incident.resumed_at = None
    elif incident.resumed_at is None:
        incident.resumed_at = turn.at


def _set_level(turn: Turn, incident: Incident) -> None:
    """Compute the response level (R1), unless a person set it; it does not sink while the incident lasts."""
    if incident.stands:
        extent = extent_of(turn.model, incident, turn.at)
        raise_level(turn, incident, LevelStep(level=turn.model.plan.level_of(extent), at=turn.at, extent=extent))


def raise_level(turn: Turn, incident: Incident, step: LevelStep) -> None:
    """Take in what level the rules give an incident: the highest so far counts, unless a person set another."""
    level = step.level
    if not turn.model.plan.is_higher(level, incident.computed_level):
        return
    incident.computed_level = level
    incident.level_steps = [*incident.level_steps, step]
    if not incident.level_by and level != incident.level:
        incident.level = level
        turn.events.append(LevelChanged(at=turn.at, incident=incident.id, level=level))


def extent_of(model: Model, incident: Incident, now: float) -> Extent:
    """Return what an incident has come to."""
    losses, device = model.losses(incident), model.devices[incident.device].device
    windows = len(model.windows_in_use()) if losses else 0
    return Extent(
        kind=device.kind,
        windows_ratio=len(losses) / windows if windows else 0.0,
        age_s=now - incident.began_at,
        open_age_s=model.hours.count_s(incident.began_at, now),
        lost=frozenset(name for name, roots in model.services.items() if roots.intersection(incident.roots)),
        reach=reach_of(model, incident),
    )


def _forget(model: Model, now: float) -> None:
    """Drop closed incidents that are too old to be reopened, or too many, with their measures."""
    closed = [incident for incident in model.incidents.values() if incident.closed_at is not None]
    old = [each for each in closed if (each.closed_at or now) < now - model.plan.reopen_within_s]
    for incident in {each.id: each for each in (*old, *closed[:-REMEMBERED])}.values():
        keep_registers(model, incident)
        del model.incidents[incident.id]
        for measure in model.measures.of(incident.id):
            del model.measures[measure.id]
