"""Remembering, once in a while, what the rules that look at the past ask for."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Final

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.trace import KEEPINGS, NO_PAST, USUAL, HallPast, Keeping, Trace
from hallwatch_collector.core.watch import DeviceWatch, ProbeWatch

SAMPLE_S: Final = 3600.0
"""How often a probe's values are remembered: what is forecast moves in days."""
MOST_TRACES: Final = 64
"""Of one probe: a device may not invent parts for ever."""
FORGET_S: Final = 14 * 86_400.0
"""What was not told for so long is forgotten: a cartridge that was taken out, a disk that is gone."""


def sample(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, metrics: Mapping[str, float]) -> bool:
    """Remember what some rule asks for, and set the time of the next sample; tell whether there was anything.

    What a value usually is, is what it is while the hall is open.
    """
    remembers, at = watch.rules.remembers, turn.at
    probe.sample_at = at + SAMPLE_S if remembers else float("inf")
    taken = False
    for key, value in metrics.items() if remembers else ():
        keeping = remembers.get(key.partition("[")[0])
        if keeping is None or (keeping is USUAL and not turn.model.hours.is_open(at)):
            continue
        trace = probe.past.get(key) or _begin(probe, key, keeping)
        if trace is not None:
            trace.add(at, value)
            taken = True
    if taken:
        turn.model.samples += 1
        _forget(probe, at)
    return taken


def _begin(probe: ProbeWatch, key: str, keeping: Keeping) -> Trace | None:
    if probe.past is NO_PAST:
        probe.past = {}
    if len(probe.past) >= MOST_TRACES:
        return None
    trace = probe.past[intern(key)] = Trace(keeping)  # thousands of devices have the same keys
    return trace


def save_past(model: Model) -> HallPast:
    """Return everything that is remembered of a hall."""
    return HallPast(
        traces=[
            trace.kept(watch.id, probe.name, key)
            for watch in model.devices.values()
            for probe in watch.probes.values()
            for key, trace in probe.past.items()
        ]
    )


def restore_past(model: Model, saved: HallPast) -> None:
    """Take up what was remembered, leaving out what the hall file or the catalogue no longer asks for."""
    for kept in saved.traces:
        watch, keeping = model.devices.get(kept.device), KEEPINGS.get(kept.keeping)
        probe = watch.probes.get(kept.probe) if watch is not None else None
        if watch is None or probe is None or keeping is None:
            continue
        if keeping is watch.rules.remembers.get(kept.key.partition("[")[0]):
            if probe.past is NO_PAST:
                probe.past = {}
            probe.past[intern(kept.key)] = Trace.resume(keeping, kept.spacing_s, kept.at, kept.values)


def _forget(probe: ProbeWatch, at: float) -> None:
    for key in [key for key, trace in probe.past.items() if trace.head_at < at - FORGET_S]:
        del probe.past[key]
