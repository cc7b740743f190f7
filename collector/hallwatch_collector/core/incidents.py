"""Station 7, second step: root causes become incidents, and incidents live until they are checked and closed."""

from __future__ import annotations

from functools import cache
from typing import Final

from hallwatch_collector.core.events import IncidentMoved, IncidentOpened, LevelChanged, WindowChanged
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.state import Alarm, Incident
from hallwatch_collector.core.watch import DeviceWatch

REMEMBERED: Final = 50
"""Closed incidents kept in memory at most; the journal keeps all."""


def assess_windows(turn: Turn) -> None:
    """Work out what each window lost, and through whom (impact), and note what changed."""
    model = turn.model
    takers = cache(model.takers)
    reaches = {window: model.impact.reach(window, takers, model.is_unknown) for window in model.impact.windows}
    model.note_blames({window: reach.lost for window, reach in reaches.items()})
    model.unsure = {window: reach.unknown for window, reach in reaches.items()}
    for window, blames in model.blames.items():
        lost = list(blames)
        if lost != model.lost.get(window, []):
            turn.events.append(WindowChanged(at=turn.at, window=window, lost=lost))
            if lost:
                model.lost[window] = lost
            else:
                model.lost.pop(window, None)


def follow_incidents(turn: Turn) -> None:
    """Open, reopen, recover and close incidents, so that each root cause has one and each has its cause."""
    model = turn.model
    for watch in model.devices.values():
        roots = root_faults(watch)
        live = model.live_incident(watch.id)
        if roots and not (live and live.stands):
            _open(turn, watch, roots)
    for incident in list(model.incidents.values()):
        if incident.status == "closed":
            continue
        shares = model.shares(incident.device)
        incident.windows = sorted({*incident.windows, *shares})
        incident.checked = [window for window in incident.checked if window not in shares]
        _follow(turn, incident)
        _set_level(turn, incident)
    _forget(model, turn.now)


def root_faults(watch: DeviceWatch) -> list[Alarm]:
    """Return the faults of a device that are worth an incident: no warnings, not explained, nothing to wait for."""
    if not watch.alarms:
        return []
    return [
        alarm for alarm, fault in watch.raised() if fault.severity == "fault" and not alarm.cause and not alarm.awaiting
    ]


def lend_spares(model: Model) -> dict[str, str]:
    """Return which device each spare replaces (H1): spare → of the devices that share it, the one broken longest."""
    lent: dict[str, str] = {}
    for incident in sorted(model.incidents.values(), key=lambda each: each.began_at):
        spare = model.devices[incident.device].device.spare
        if spare and incident.stands:
            lent.setdefault(spare, incident.device)
    return lent


def _open(turn: Turn, watch: DeviceWatch, roots: list[Alarm]) -> None:
    model, at = turn.model, turn.at
    faults = [alarm.fault for alarm in roots]
    incident = model.live_incident(watch.id) or _to_reopen(model, watch.id, faults, at)
    if incident is None:
        incident = Incident(id=f"inc-{model.next_number()}", device=watch.id, faults=[], opened_at=at)
        model.incidents[incident.id] = incident
    else:
        incident.status, incident.recovered_at, incident.closed_at = "detected", None, None
        incident.reopened += 1
    incident.began_at = at
    for step in model.plan.elapsed_steps_s():
        model.set_timer(at + step)
    incident.faults = sorted({*incident.faults, *faults})
    reopened = incident.reopened > 0
    turn.events.append(IncidentOpened(at=at, incident=incident.id, device=watch.id, fault=faults[0], reopened=reopened))


def _give_way(turn: Turn, incident: Incident, cause: str) -> None:
    """Close an incident whose fault turned out to follow another; its closed windows are then closed for that one."""
    root = turn.model.live_incident(cause)
    closed = [window for window, owner in turn.model.closed_windows.items() if owner == incident.id]
    if root is not None:
        root.windows = sorted({*root.windows, *closed})
        turn.model.closed_windows.update(dict.fromkeys(closed, root.id))
    if root is not None or not closed:
        _close(turn, incident, f"explained-by:{cause}")


def _has_settling(model: Model, incident: Incident) -> bool:
    """Tell whether something that the incident explained has not recovered, though its cause has."""
    return any(alarm.cause == incident.device for watch in model.devices.values() for alarm, _ in watch.raised())


def _to_reopen(model: Model, device: str, faults: list[str], at: float) -> Incident | None:
    """Find the closed incident that comes back (F3): same device, same fault, not long ago."""
    for incident in reversed(model.incidents.values()):
        young = incident.closed_at is not None and incident.closed_at > at - model.plan.reopen_within_s
        if incident.device == device and young and set(faults) & set(incident.faults):
            return incident
    return None


def _follow(turn: Turn, incident: Incident) -> None:
    """Take the incident's next step: recovered when its faults are gone, closed when nothing is left to check."""
    watch = turn.model.devices[incident.device]
    if incident.stands:
        roots = root_faults(watch)
        incident.faults = sorted({*incident.faults, *(alarm.fault for alarm in roots)})
        if roots or _has_settling(turn.model, incident):
            return
        explained = [alarm.cause for alarm, fault in watch.raised() if alarm.cause and fault.severity == "fault"]
        if explained:
            _give_way(turn, incident, explained[0])
            return
        incident.status, incident.recovered_at = "recovered", turn.at
        turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="recovered"))


def close_checked(turn: Turn) -> None:
    """Close the recovered incidents that have no check of the last transaction (D4) open, and no window closed."""
    model = turn.model
    for incident in model.incidents.values():
        if incident.status != "recovered" or incident.id in model.closed_windows.values():
            continue
        steps = model.checks(incident.id)
        if any(step.status == "open" for step in steps):
            continue
        if steps:
            by = steps[-1].decided_by
            turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="checked", by=by))
        _close(turn, incident, "")


def _close(turn: Turn, incident: Incident, by: str) -> None:
    incident.status, incident.closed_at = "closed", turn.at
    turn.events.append(IncidentMoved(at=turn.at, incident=incident.id, status="closed", by=by))


def _set_level(turn: Turn, incident: Incident) -> None:
    """Compute the response level (R1); it does not sink while the incident lasts."""
    model = turn.model
    if not incident.stands:
        return
    windows = len(model.impact.windows)
    ratio = len(model.shares(incident.device)) / windows if windows else 0.0
    kind = model.devices[incident.device].device.kind
    level = model.plan.level_of(kind, ratio, turn.at - incident.began_at)
    if level and (not incident.level or level < incident.level):
        incident.level = level
        turn.events.append(LevelChanged(at=turn.at, incident=incident.id, level=level))


def _forget(model: Model, now: float) -> None:
    """Drop closed incidents that are too old to be reopened, or too many, with their measures."""
    closed = [incident for incident in model.incidents.values() if incident.closed_at is not None]
    old = [each for each in closed if (each.closed_at or now) < now - model.plan.reopen_within_s]
    for incident in {each.id: each for each in (*old, *closed[:-REMEMBERED])}.values():
        del model.incidents[incident.id]
        for measure in [each for each in model.measures.values() if each.incident == incident.id]:
            del model.measures[measure.id]
