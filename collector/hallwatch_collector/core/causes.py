"""Station 7, first step: which standing faults are explained by a device upstream, and which are root causes.

A fault that follows another alerts nobody but is still shown (``cause``). Before such a fault becomes a root cause of
its own, every device upstream must have been looked at since it began; and after a device upstream recovered, what
hangs on it gets time to settle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal, NamedTuple

from msgspec import structs

from hallwatch_collector.core.events import CauseChanged, FaultRaised, LookAsked
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.readiness.cover import is_quiet
from hallwatch_collector.core.state import Alarm, Incident
from hallwatch_collector.core.watch import DeviceWatch


class _Hall(NamedTuple):
    """What is asked about many faults, and does not change while they are explained."""

    cut_since: Callable[[str], float | None]
    is_quiet: Callable[[str], bool]
    live: dict[str, Incident]
    """Root device → its incident that is not closed."""


def explain_faults(turn: Turn) -> None:
    """Find the cause of every standing fault that can follow another, and note what changed."""
    model, now = turn.model, turn.now
    model.settling = {device: until for device, until in model.settling.items() if until > now}
    model.awaiting = False
    hall = _Hall(cache(model.cut_since), is_quiet(model), model.live_incidents())
    doubtful: set[str] = set()
    for watch in model.devices.values():
        for alarm, fault in watch.raised():
            if not fault.follows:
                continue
            cause = _cause(turn, hall, watch, alarm)
            if cause != alarm.cause:
                alarm.cause = cause
                note_cause(turn, alarm)
            waited = alarm.awaiting
            alarm.awaiting = _must_wait(turn, hall, watch, alarm)
            model.awaiting |= alarm.awaiting
            if alarm.awaiting and not waited:
                doubtful.update(model.topology.ancestors(watch.id))
    ask_to_look(turn, doubtful, "upstream")


def ask_to_look(
    turn: Turn, devices: Iterable[str], reason: Literal["agent-lost", "upstream", "person"], by: str = ""
) -> None:
    """Ask the agents that watch these devices to look at them now, each agent once."""
    asked: dict[str, list[str]] = {}
    for device in sorted(devices):
        for agent in sorted({probe.agent for probe in turn.model.devices[device].probes.values()}):
            if turn.model.agents[agent].state.alive:
                asked.setdefault(agent, []).append(device)
    for agent, theirs in asked.items():
        turn.events.append(LookAsked(at=turn.at, agent=agent, devices=theirs, reason=reason, by=by))


def _cause(turn: Turn, hall: _Hall, watch: DeviceWatch, alarm: Alarm) -> str:
    """Return what explains the alarm now: a device that cuts this one off, or one that did until just now."""
    model, now = turn.model, turn.now
    cause = model.topology.root_cause(watch.id, hall.cut_since, hall.is_quiet)
    if cause:
        alarm.settle_until = None
        return cause
    if alarm.settle_until is not None:
        return alarm.cause if now < alarm.settle_until else ""
    recovered = [device for device in model.topology.ancestors(watch.id) if device in model.settling]
    if not recovered or (not alarm.cause and watch.id in hall.live):
        return ""
    last = max(recovered, key=lambda device: model.settling[device])
    alarm.settle_until = model.settling[last]
    model.set_timer(alarm.settle_until)
    return alarm.cause or last


def _must_wait(turn: Turn, hall: _Hall, watch: DeviceWatch, alarm: Alarm) -> bool:
    """Tell whether a device upstream may yet turn out to be the cause, and set the timer that ends the waiting."""
    model, now = turn.model, turn.now
    limit = (alarm.raised_at or alarm.since) + model.plan.patience_s
    if alarm.cause or now >= limit or watch.id in hall.live:
        return False
    if not any(_may_be_down(model.devices[above], alarm.since) for above in model.topology.ancestors(watch.id)):
        return False
    if not alarm.awaiting:
        model.set_timer(limit)
    return True


def _may_be_down(watch: DeviceWatch, since: float) -> bool:
    if any(alarm.phase == "rising" and watch.rules.faults[alarm.fault].cuts for alarm in watch.alarms.values()):
        return True
    looks = [probe.seen_at for probe in watch.fresh_probes()]
    return bool(looks) and max(looks) < since


def note_cause(turn: Turn, alarm: Alarm) -> None:
    """Say the new cause: within the raise itself when that is part of this decision, else as a change."""
    named = (alarm.device, alarm.fault, alarm.part)
    for number, event in enumerate(turn.events):
        if isinstance(event, FaultRaised) and (event.device, event.fault, event.part) == named:
            turn.events[number] = structs.replace(event, cause=alarm.cause)
            return
    device, fault, part = named
    turn.events.append(CauseChanged(at=turn.at, device=device, fault=fault, part=part, cause=alarm.cause))
