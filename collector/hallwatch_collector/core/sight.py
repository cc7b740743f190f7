"""Whether anybody sees a device, and what becomes of its alarms when a probe no longer does."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.alarms import Stimulus
from hallwatch_collector.core.events import SightLost, SightRegained
from hallwatch_collector.core.flips import move
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.watch import DeviceWatch, ProbeWatch


def lose_sight(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, reason: Literal["agent-lost", "overdue"]) -> None:
    """A probe's last reading no longer speaks for the present: what only it could tell is frozen."""
    probe.awaited = False
    if probe.fresh:
        probe.fresh = probe.steady = False
        freeze(turn, watch, probe, everything=True)
    judge_sight(turn, watch, reason)


def freeze(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, *, everything: bool = False) -> None:
    """Void the running holds of what this probe told: a probe that could not read neither confirms nor denies it.

    Whether the device answers is told by an error too, so those holds go on unless *everything* is said.
    """
    for alarm in list(watch.alarms.values()):
        told = watch.rules.faults[alarm.fault].when.channel in ("conditions", "metrics")
        if alarm.probe == probe.name and (told or everything):
            move(turn, watch, alarm, Stimulus.UNSEEN, turn.at)


def judge_sight(turn: Turn, watch: DeviceWatch, reason: Literal["agent-lost", "overdue"] = "overdue") -> None:
    """Keep ``unseen`` true: a device is seen when a fresh probe could read it, or says that it does not answer."""
    unseen = turn.model.unseen
    fresh = [probe.reading for probe in watch.fresh_probes() if probe.reading is not None]
    seen = any(reading.error is None for reading in fresh) or watch.answers() is False
    was = unseen.get(watch.id)
    if seen and was is not None:
        del unseen[watch.id]
        turn.model.first_read.setdefault(watch.id, turn.at)
        turn.silent = True
        if was != "never":
            turn.events.append(SightRegained(at=turn.at, device=watch.id))
    elif not seen and was is None and not any(probe.may_yet_read(turn.at) for probe in watch.probes.values()):
        why: Literal["agent-lost", "overdue", "unread"] = "unread" if fresh else reason
        unseen[watch.id] = why
        turn.events.append(SightLost(at=turn.at, device=watch.id, reason=why))
    elif not seen and was == "overdue" and reason == "agent-lost":
        unseen[watch.id] = reason  # now it is known why nothing came
