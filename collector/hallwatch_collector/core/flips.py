"""Station 6, second half: what moves an alarm, with its flips as events and its holds as timers."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hallwatch_collector.core.alarms import Stimulus, is_forgotten, step
from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.events import FaultCleared, FaultRaised
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import Alarm
from hallwatch_collector.core.watch import DeviceWatch, brings_along

PERSON: Final = "person"
"""Stands for the probe of what a person told."""
DECLARING: Final = (PERSON, "core")
"""Who can stand for the probe of a fault that no reading tells."""


def declare(turn: Turn, watch: DeviceWatch, fault: str, *, holds: bool, told: str, by: str) -> Alarm | None:
    """Move an alarm that no reading tells: by a person's word, or by what the core found. *by* stands for the probe.

    Returns the alarm while there is something to remember of it. A fault that the hall switched off is not raised.
    """
    alarm = watch.alarms.get(fault)
    if fault not in watch.rules.faults or (alarm is None and not holds):
        return None
    if alarm is None:
        alarm = watch.alarms[fault] = Alarm(device=watch.id, fault=fault, phase="clear")
    alarm.told_at = turn.at
    if holds and alarm.phase == "clear":
        alarm.probe, alarm.evidence = by, told
    move(turn, watch, alarm, Stimulus.HOLDS if holds else Stimulus.GONE, turn.at)
    return watch.alarms.get(fault)


def move(turn: Turn, watch: DeviceWatch, alarm: Alarm, stimulus: Stimulus, at: float) -> None:
    """Move an alarm, first by a hold that ended before *at*, then by the stimulus; note flips and set its timer."""
    due_before = alarm.due
    if alarm.due is not None and alarm.due <= at:
        _flip(turn, watch, alarm, Stimulus.DUE, alarm.due)
    if stimulus is not Stimulus.DUE:
        _flip(turn, watch, alarm, stimulus, at)
    while alarm.due is not None and alarm.due <= at:  # a hold of no length ends at once
        _flip(turn, watch, alarm, Stimulus.DUE, alarm.due)
    if alarm.due is not None and alarm.due != due_before:
        turn.model.set_timer(alarm.due, watch.id, alarm.key)
    if is_forgotten(alarm):
        watch.alarms.pop(alarm.key, None)


def _flip(turn: Turn, watch: DeviceWatch, alarm: Alarm, stimulus: Stimulus, at: float) -> None:
    fault = watch.rules.faults[alarm.fault]
    if stimulus is Stimulus.DUE and alarm.phase == "rising" and _is_brought_along(watch, fault, alarm.part):
        stimulus = Stimulus.HELD
    elif stimulus is Stimulus.HOLDS and alarm.phase == "held" and not _is_brought_along(watch, fault, alarm.part):
        stimulus = Stimulus.FREED
    flip = step(alarm, fault, stimulus, at)
    device, part, since = alarm.device, alarm.part, alarm.since
    if flip == "raised":
        raised = FaultRaised(at=at, device=device, fault=fault.id, part=part, since=since, known_at=turn.now)
        if alarm.held_at is not None:
            raised = structs.replace(raised, known_at=alarm.held_at)
        told = {"probe": alarm.probe, "evidence": alarm.evidence, "expected_at": alarm.expected_at}
        turn.events.append(structs.replace(raised, **told))
    elif flip == "cleared":
        turn.events.append(FaultCleared(
            at=at, device=device, fault=fault.id, part=part, since=since, stretches=alarm.stretches, worst=alarm.worst
        ))  # fmt: skip
        if fault.cuts:
            until = at + turn.model.plan.settle_s
            turn.model.settling[device] = until
            turn.model.set_timer(until)


def free(turn: Turn, watch: DeviceWatch, told_from: float) -> None:
    """Raise what was held back, and told from *told_from* on, where nothing brings it along any more.

    What was told before that may be over as well: it waits for the next word.
    """
    for alarm in list(watch.alarms.values()):
        if alarm.phase == "held" and alarm.told_at >= told_from:
            move(turn, watch, alarm, Stimulus.HOLDS, turn.at)


def _is_brought_along(watch: DeviceWatch, fault: Fault, part: str) -> bool:
    """Tell whether others of the device bring this fault along: it is then no news. What stood before stands on."""
    alarms = watch.alarms.values() if fault.implied_by else ()
    return any(alarm.phase != "clear" and brings_along(alarm, fault, part) for alarm in alarms)
