"""The agents of a hall: who reads what, how each is, and how another one is installed."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final, NamedTuple

from hallwatch_collector.core.hall import Hall, agent_of
from hallwatch_collector.core.views import AgentView, HallView
from hallwatch_collector.people.person import ADMINISTRATOR
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab

SKEWED_S: Final = 5.0
"""A clock that is off by so much is told."""


class Watcher(NamedTuple):
    """An agent and what it reads."""

    agent: AgentView
    state: str
    """``ok``, ``unusable`` (it was there, and is gone) or ``unknown`` (it never came)."""
    reads: tuple[tuple[str, str], ...]
    """Id and name of each device and system."""
    is_older: bool
    """Whether it is of another version than the collector."""


def find_watchers(view: HallView, hall: Hall | None) -> list[Watcher]:
    """Return the agents of a hall, those that are gone first."""
    own = version("hallwatch")
    order = ("unusable", "unknown", "ok")
    found = []
    for agent in view.agents:
        state = "ok" if agent.alive else "unusable" if agent.seen else "unknown"
        things = [*hall.devices, *hall.systems] if hall else []
        reads = [(each.id, each.name) for each in things if hall and _reads(hall, agent.id, each.probes)]
        found.append(Watcher(agent, state, tuple(reads), bool(agent.version) and agent.version != own))
    return sorted(found, key=lambda each: order.index(each.state))


def _reads(hall: Hall, agent: str, probes: list[object]) -> bool:
    return any(agent_of(hall, probe) == agent for probe in probes)


def draw_agents(scene: Scene) -> Drawing:
    """Say of each agent how it is and what it reads."""
    view, words = scene.hall, scene.words
    watchers = find_watchers(view, scene.source.hall(scene.place.key) if scene.place.key else None)
    values = {"view": view, "watchers": watchers, "skewed_s": SKEWED_S}
    page = {
        "example": describe_agent(view, next((each.agent.id for each in watchers if each.state == "unknown"), "gw")),
        "may_edit": ADMINISTRATOR in scene.reader.roles,
    }
    return Drawing(mark_tab(view, words, f"{words.say('agents.title')} · {view.name}"), values, page)


def describe_agent(view: HallView, agent: str) -> str:
    """Return the configuration file of an agent of this hall, but for where the broker is."""
    return (
        f'[identity]\narea = "{view.area}"\nhall = "{view.hall}"\nagent = "{agent}"\n\n'
        '[broker]\nhost = "192.168.1.10"\n\n[spool]\ndirectory = "/var/lib/hallwatch-agent"\n'
    )


AGENTS: Final = LivePage(
    path="/halls/{area}/{hall}/agents", template="agents.html", parts=("watchers",), draw=draw_agents
)
