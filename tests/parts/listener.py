"""The collector's side of the wire, for tests of agents: hears everything, gives orders."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Birth, Death, Order, Reading, Report, decode, encode, split_topic, topic


class Heard(NamedTuple):
    """A message and when it came, monotonic seconds."""

    message: Any
    at: float
    retained: bool


class Listener:
    """Subscribes to everything of one hall and keeps it."""

    def __init__(self, host: str, port: int, area: str, hall: str) -> None:
        self._area, self._hall = area, hall
        self.heard: list[Heard] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{port}", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(topic(area, hall, "#"), qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear
        self._client.connect(host, port)
        self._client.loop_start()
        if not self._subscribed.wait(10):
            raise AssertionError("the broker did not accept the subscription")

    @property
    def reports(self) -> list[Report]:
        """All reports, in the order in which they came."""
        return [heard.message for heard in self.heard if isinstance(heard.message, Report)]

    @property
    def readings(self) -> list[Reading]:
        """All readings, in the order in which they came."""
        return [reading for report in self.reports for reading in report.readings]

    @property
    def lives(self) -> list[Birth | Death]:
        """All births and deaths."""
        return [heard.message for heard in self.heard if isinstance(heard.message, Birth | Death)]

    def order(self, agent: str, order: Order, *, retain: bool = True) -> None:
        """Give an order."""
        self.send(agent, encode(order), retain=retain)

    def send(self, agent: str, payload: bytes, *, retain: bool = False) -> None:
        """Send any bytes as an order."""
        self._client.publish(topic(self._area, self._hall, "orders", agent), payload, qos=1, retain=retain)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        at = time.monotonic()
        branch = split_topic(message.topic).branch
        if branch in ("reports", "agents"):
            self.heard.append(Heard(decode(branch, bytes(message.payload)), at, message.retain))


@contextlib.contextmanager
def listen(host: str, port: int, area: str = "330106", hall: str = "xihu") -> Iterator[Listener]:
    """Give a listener for the time of a ``with`` block."""
    listener = Listener(host, port, area, hall)
    try:
        yield listener
    finally:
        listener.close()
