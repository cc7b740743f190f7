"""What simulated agents leave at a broker is cleared, whatever broker it is and however they went."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import topic
from hallwatch_collector.core.hall import Agent, Hall
from hallwatch_collector.simulate.clear import clear_agents, make_client
from parts.mosquitto import free_port, serve_mosquitto
from parts.nats import serve_nats
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
HALL = Hall(
    area="330106", hall="xihu-drill", name="西湖", windows=[], devices=[], agents=[Agent(id="gone"), Agent(id="silent")]
)


@pytest.fixture(params=["mosquitto", "nats"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    with serve_mosquitto() if request.param == "mosquitto" else serve_nats(tmp_path) as broker:
        yield broker.port


@contextlib.contextmanager
def listening(port: int) -> Iterator[dict[str, bytes]]:
    """Give what stands for the hall's agents, as one who comes now is told."""
    standing: dict[str, bytes] = {}
    client = Client(CallbackAPIVersion.VERSION2, "ear")
    client.on_message = lambda _client, _data, message: standing.update({message.topic: bytes(message.payload)})
    client.on_connect = lambda client, *_: client.subscribe(topic(*HALL.key, "agents", "+"), 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield standing
    finally:
        client.disconnect()
        client.loop_stop()


def go_silent(port: int) -> Client:
    """Leave a connection that says nothing more, with a will that the broker publishes when it notices."""
    client = make_client(HALL.key, "silent", lambda _: None)
    client.will_set(topic(*HALL.key, "agents", "silent"), b"dead", qos=1, retain=True)
    client.connect("127.0.0.1", port, keepalive=3600)
    client.loop_start()
    sent = client.publish(topic(*HALL.key, "agents", "silent"), b"born", qos=1, retain=True)
    sent.wait_for_publish(5)
    client.loop_stop()
    return client


def test_births_and_wills_are_gone(port: int) -> None:
    silent = go_silent(port)
    gone = make_client(HALL.key, "gone", lambda _: None)
    gone.connect("127.0.0.1", port)
    gone.loop_start()
    gone.publish(topic(*HALL.key, "agents", "gone"), b"dead", qos=1, retain=True).wait_for_publish(5)
    gone.disconnect()
    gone.loop_stop()
    with listening(port) as standing:
        wait_until(lambda: len(standing) == 2, 10, "what they left")
        assert clear_agents(HALL, ("127.0.0.1", port), lambda _: None) == []
        wait_until(lambda: set(standing.values()) == {b""}, 10, "it is cleared, the silent one's will included")
    line = silent.socket()
    if line is not None:
        line.close()  # type: ignore[union-attr]
    with listening(port) as standing, pytest.raises(AssertionError):
        wait_until(lambda: bool(standing), 1.5, "something that stands")


def test_without_a_broker_it_says_what_is_left() -> None:
    assert clear_agents(HALL, ("127.0.0.1", free_port()), lambda _: None) == ["gone", "silent"]
