"""What the passing of time does: holds that end, readings that are overdue, a hall that opens and closes."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from hallwatch_collector.core.alarms import Stimulus
from hallwatch_collector.core.decide import decide
from hallwatch_collector.core.flips import free, move
from hallwatch_collector.core.incidents import set_steps
from hallwatch_collector.core.judge import judge_anew
from hallwatch_collector.core.model import Events, Model, Turn
from hallwatch_collector.core.screens import wake_screens
from hallwatch_collector.core.sight import lose_sight
from hallwatch_collector.core.timetable import AT_ONCE, HOURS, SCREENS
from hallwatch_collector.core.watch import DeviceWatch


def watch_hours(model: Model, now: float) -> None:
    """Ask to be woken when the hall next opens or closes."""
    due = model.hours.next_change(now)
    if due < float("inf"):
        model.set_timer(due, key=HOURS)


def wake(model: Model, now: float) -> Events:
    """Do what is due, each at its own moment."""
    events: Events = []
    for due, timers in groupby(list(model.due_timers(now)), key=itemgetter(0)):
        turn = Turn(model, max(due, now), now if due == AT_ONCE else due)
        asked = False
        for _, device, key in timers:
            watch = model.devices.get(device)
            asked |= not device
            if key == HOURS:
                _turn_hours(turn)
            elif device == SCREENS:
                wake_screens(turn)
            elif watch is not None:
                _wake_device(turn, watch, key)
        if due == AT_ONCE:
            for incident in model.incidents.values():
                set_steps(model, incident, now)
        if turn.events or asked:
            decide(turn)
        events += turn.events
    model.version += 1
    return events


def _wake_device(turn: Turn, watch: DeviceWatch, key: str) -> None:
    """Do what a timer of a device is for: look whether a probe is overdue, judge it anew, or end a hold."""
    mark, probe = key[:1], watch.probes.get(key[1:])
    if mark == "@":
        _check_overdue(turn, watch, key[1:])
    elif mark == "?" and probe is not None and probe.look_at <= turn.at:
        probe.look_at = float("inf")
        judge_anew(turn, watch, probe)
    else:
        _end_hold(turn, watch, key)


def _turn_hours(turn: Turn) -> None:
    """The hall opens or closes: judge anew what holds only while it is open, or end it, seen or not."""
    is_open = turn.model.hours.is_open(turn.at)
    for watch in turn.model.devices.values():
        for probe in watch.probes.values() if is_open else ():
            judge_anew(turn, watch, probe)
        for alarm in list(watch.alarms.values()) if not is_open else ():
            if watch.rules.faults[alarm.fault].only_open:
                move(turn, watch, alarm, Stimulus.GONE, turn.at)
    watch_hours(turn.model, turn.at)


def _end_hold(turn: Turn, watch: DeviceWatch, key: str) -> None:
    alarm = watch.alarms.get(key)
    if alarm is not None and alarm.due is not None and alarm.due <= turn.at:
        told_from = turn.at - watch.rules.faults[alarm.fault].clear_hold_s
        move(turn, watch, alarm, Stimulus.DUE, turn.at)
        free(turn, watch, told_from)


def _check_overdue(turn: Turn, watch: DeviceWatch, name: str) -> None:
    """Silence is told apart from trouble: a probe that did not report in time leaves its device unseen."""
    probe = watch.probes.get(name)
    if probe is None:
        return
    probe.timed = False
    if probe.fresh and probe.arrived_at + probe.late_after_s > turn.at:
        turn.model.watch_for_silence(watch, probe, probe.arrived_at)
    else:
        lose_sight(turn, watch, probe, "overdue")
