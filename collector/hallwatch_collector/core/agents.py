"""The lives of agents: births, deaths, and what a death means for what the agent watched."""

from __future__ import annotations

from hallwatch_agent.wire import Birth, Death, Life
from hallwatch_collector.core.causes import ask_to_look
from hallwatch_collector.core.events import AgentBorn, AgentLost
from hallwatch_collector.core.judge import judge_second_view
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.sight import lose_sight
from hallwatch_collector.core.watch import AgentWatch


def note_life(turn: Turn, watch: AgentWatch, life: Life) -> None:
    """Note a birth or a death; an old one (of an earlier boot or connection) changes nothing."""
    if isinstance(life, Birth):
        _note_birth(turn, watch, life)
    else:
        _note_death(turn, watch, life)
    if turn.events and watch.host is not None:
        judge_second_view(turn, watch.host)


def _note_birth(turn: Turn, watch: AgentWatch, birth: Birth) -> None:
    state = watch.state
    if birth.boot == state.boot and birth.session < state.session:
        return
    if not state.alive or birth.boot != state.boot:
        turn.events.append(AgentBorn(at=turn.now, agent=birth.agent, boot=birth.boot))
        state.since = turn.now
    watch.sequences.start(birth.boot)
    state.boot, state.session, state.alive, state.stopped = birth.boot, birth.session, True, False
    state.keepalive_s, state.version, state.host = birth.keepalive_s, birth.version, birth.host
    state.system, state.assignment = birth.system, birth.assignment


def _note_death(turn: Turn, watch: AgentWatch, death: Death) -> None:
    state = watch.state
    if state.boot and (death.boot != state.boot or death.session < state.session):
        return
    if not state.alive and state.boot:
        return
    known = bool(state.boot)
    state.boot, state.session, state.alive, state.stopped = death.boot, death.session, False, death.stopped
    state.since = turn.now
    if not known:
        return  # a death retained from before this collector's first day
    turn.events.append(AgentLost(at=turn.now, agent=death.agent, boot=death.boot, stopped=death.stopped))
    for device, probe in watch.probes:
        lose_sight(turn, device, probe, "agent-lost")
    if watch.host is not None:
        ask_to_look(turn, [watch.host.id], "agent-lost")
