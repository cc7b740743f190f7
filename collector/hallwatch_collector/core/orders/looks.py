"""A person asks for a device to be read now."""

from __future__ import annotations

from hallwatch_collector.core.causes import ask_to_look
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.commands.looks import LookNow
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import list_names


def look_now(turn: Turn, command: LookNow) -> None:
    """Ask the agents that are there; whether what they then say is news, is judged like every reading."""
    watch = turn.model.devices.get(command.device)
    if watch is None or not watch.probes:
        read = sorted(each.id for each in turn.model.devices.values() if each.probes)
        raise CommandRefused("unknown-thing", thing=command.device, waiting=list_names(read))
    agents = sorted({probe.agent for probe in watch.probes.values()})
    if not any(turn.model.agents[agent].state.alive for agent in agents):
        raise CommandRefused("nobody-looks", device=command.device, agents=list_names(agents))
    ask_to_look(turn, [watch.id], "person", command.by)
