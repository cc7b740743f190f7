"""Clears what simulated agents left retained on a broker: their births, and the wills that it published for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import topic
from hallwatch_collector.core.hall import Hall, HallKey

ANSWERS_WITHIN_S: Final = 5.0
WILLS_COME_WITHIN_S: Final = 0.3
"""So soon a broker has published the will of a connection that it ended."""


def make_client(key: HallKey, agent: str, let_in: Callable[[Client], None]) -> Client:
    """Return a client under the name that the agent has at the broker."""
    name = f"sim-{key.area}-{key.hall}-{agent}"
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
    let_in(client)
    return client


def clear_agents(hall: Hall, broker: tuple[str, int], let_in: Callable[[Client], None]) -> list[str]:
    """Have nothing of a hall's simulated agents stand on the broker; return those with whom that did not succeed.

    Whatever connection an agent still has, even one that fell silent, the broker ends when another comes under its
    name, and publishes its will; so each topic is cleared when all have been ended, and once more a moment later.
    """
    joined = {agent.id: _join_as(hall.key, agent.id, broker, let_in) for agent in hall.agents}
    clients = {agent: client for agent, client in joined.items() if client is not None}
    cleared: set[str] = set()
    for _ in range(2):
        sent = {
            agent: client.publish(topic(*hall.key, "agents", agent), b"", qos=1, retain=True)
            for agent, client in clients.items()
        }
        for agent, message in sent.items():
            with suppress(RuntimeError, ValueError):
                message.wait_for_publish(ANSWERS_WITHIN_S)
                cleared.add(agent)
        threading.Event().wait(WILLS_COME_WITHIN_S)
    for client in clients.values():
        client.disconnect()
        client.loop_stop()
    return [agent for agent in joined if agent not in cleared]


def _join_as(key: HallKey, agent: str, broker: tuple[str, int], let_in: Callable[[Client], None]) -> Client | None:
    """Connect in an agent's place, without a will; None when the broker does not answer or refuses."""
    client, joined = make_client(key, agent, let_in), threading.Event()

    def note(_client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            joined.set()

    client.on_connect = note
    with suppress(OSError):
        client.connect(*broker)
        client.loop_start()
        if joined.wait(ANSWERS_WITHIN_S):
            return client
        client.loop_stop()
    return None
