"""The collector's own clock was set: moments that lie ahead, and those that only measure a span, move with it.

What is told to people (when a fault was raised, an incident opened) stays as it was told.
"""

from __future__ import annotations

from hallwatch_collector.core.model import Model


def shift(model: Model, step_s: float) -> None:
    """Move everything under way in a hall by a step of the clock, in seconds (back: negative)."""
    model.shift_timers(step_s)
    model.settling = {device: until + step_s for device, until in model.settling.items()}
    for agent in model.agents.values():
        if agent.clock.offset_s is not None:
            agent.clock.offset_s += step_s
        agent.state.since += step_s
    for watch in model.devices.values():
        for probe in (*watch.probes.values(), watch.agent_view, watch.clock_view):
            probe.seen_at += step_s
            probe.arrived_at += step_s
            probe.read_at += step_s
            probe.sample_at += step_s
            probe.steady_since += step_s
            for trace in probe.past.values():
                trace.shift(step_s)
        for alarm in watch.alarms.values():
            alarm.told_at += step_s
            alarm.flips = [moment + step_s for moment in alarm.flips]
            if alarm.due is not None:
                alarm.due += step_s
            if alarm.settle_until is not None:
                alarm.settle_until += step_s
    for incident in model.incidents.values():
        incident.began_at += step_s
