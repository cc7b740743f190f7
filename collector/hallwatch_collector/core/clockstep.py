"""The collector's own clock was set: every moment that was read off it moves with it, as far as it is still in use.

So no span changes: how long a fault stands, an incident lasts, a repair took, how often something failed. What was said
by the calendar stays: planned maintenance, rounds, filing deadlines, opening hours. The journal stays as it was written
and notes the step (:class:`~hallwatch_collector.core.events.ClockSet`), by which a report tells all by one clock.
"""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec import Struct, structs

from hallwatch_collector.core.events import ClockSet
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.readiness.keep import shift_readiness
from hallwatch_collector.core.repairs import estimated_for
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.timetable import AT_ONCE
from hallwatch_collector.core.watch import DeviceWatch

AnyStruct = TypeVar("AnyStruct", bound=Struct)
OTHERS: Final = frozenset(
    {"at", "since", "until", "due", "settle_until", "counts_from", "start", "end", "stretch_from"}
)
"""What moments are called whose names do not end in ``_at``."""
OF_PROBE: Final = ("seen_at", "arrived_at", "read_at", "sample_at", "steady_since", "look_at")
"""Not ``taken_at``, which is by the agent's clock."""


def shift(model: Model, step_s: float) -> None:
    """Move everything under way in a hall by a step of the clock, in seconds (back: negative)."""
    model.shift_timers(step_s)
    model.set_timer(AT_ONCE)  # what hangs on the time of day comes sooner or later than it was to
    model.first_read = {device: at + step_s for device, at in model.first_read.items()}
    model.settling = {device: until + step_s for device, until in model.settling.items()}
    for agent in model.agents.values():
        if agent.clock.offset_s is not None:
            agent.clock.offset_s += step_s
        _move(agent.state, step_s)
    for watch in model.devices.values():
        _shift_device(watch, step_s)
    shift_readiness(model, step_s)
    for failure in model.failures:
        _move(failure, step_s)
    model.queue.points = [(at + step_s, people) for at, people in model.queue.points]
    _shift_decided(model, step_s)
    _shift_public(model, step_s)
    _shift_alerts(model, step_s)


def note_step(turn: Turn) -> None:
    """Write down, before anything is decided by the new clock, that it was set."""
    if turn.model.stepped_s:
        turn.events.insert(0, ClockSet(at=turn.now, step_s=turn.model.stepped_s))
        turn.model.stepped_s = 0.0


def _shift_device(watch: DeviceWatch, step_s: float) -> None:
    for probe in (*watch.probes.values(), watch.agent_view, watch.clock_view):
        for name in OF_PROBE:
            setattr(probe, name, getattr(probe, name) + step_s)
        for trace in probe.past.values():
            trace.shift(step_s)
    for alarm in watch.alarms.values():
        _move(alarm, step_s)
        alarm.flips = [moment + step_s for moment in alarm.flips]
        alarm.stretches = [(start + step_s, end + step_s) for start, end in alarm.stretches]


def _shift_decided(model: Model, step_s: float) -> None:
    for incident in model.incidents.values():
        _shift_incident(incident, step_s)
        for before in incident.before.values():
            _shift_incident(before, step_s)
        for register in incident.registers.values():
            register.opened_at += step_s  # what stands in it stays as it was written down
        if incident.estimated_for:
            incident.estimated_for = estimated_for(model, incident)
    model.kept_registers = [structs.replace(kept, closed_at=kept.closed_at + step_s) for kept in model.kept_registers]
    for measure in model.measures.values():
        _move(measure, step_s)
    for posted in model.posted.values():
        _move(posted, step_s)
    for screen in model.screens.values():
        _move(screen, step_s)
    model.screens_due += step_s
    model.hand_moves = {name: structs.replace(move, at=move.at + step_s) for name, move in model.hand_moves.items()}


def _shift_incident(incident: Incident, step_s: float) -> None:
    _move(incident, step_s)
    incident.level_steps = [structs.replace(step, at=step.at + step_s) for step in incident.level_steps]
    incident.estimates = [_moved(told, step_s) for told in incident.estimates]
    incident.taken = [_moved(told, step_s) for told in incident.taken]
    incident.notes = [structs.replace(note, at=note.at + step_s) for note in incident.notes]


def _shift_public(model: Model, step_s: float) -> None:
    for release in model.releases.values():
        _move(release, step_s)
        release.versions = [structs.replace(version, at=version.at + step_s) for version in release.versions]
    model.extensions = [structs.replace(each, at=each.at + step_s) for each in model.extensions]
    for outage in model.outages:
        _move(outage, step_s)


def _shift_alerts(model: Model, step_s: float) -> None:
    for alert in model.alerts.values():
        alert.wording = _moved(alert.wording, step_s)
        alert.reminders = {name: due + step_s for name, due in alert.reminders.items()}
        for thing in (alert, *alert.steps.values(), *alert.deliveries):  # quiet hours end by the time of day
            _move(thing, step_s)


def _moved(thing: AnyStruct, step_s: float) -> AnyStruct:
    """Return a thing that cannot change with its moments moved."""
    return structs.replace(thing, **_moments(thing, step_s))


def _move(thing: Struct, step_s: float) -> None:
    """Move the moments of a thing."""
    for name, moment in _moments(thing, step_s).items():
        setattr(thing, name, moment)


def _moments(thing: Struct, step_s: float) -> dict[str, float]:
    """Return the moments of a thing that are known, moved: none, and 0 where that stands for none, stay."""
    named = (name for name in thing.__struct_fields__ if name.endswith("_at") or name in OTHERS)
    return {name: moment + step_s for name in named if (moment := getattr(thing, name))}
