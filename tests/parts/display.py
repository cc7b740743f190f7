"""A display in the hall: shows the signs that stand, and knows when each came and went."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Sign, decode, split_topic, topic
from parts.collector import HOST, wall_clock


class Change(NamedTuple):
    """A sign that went up at a place, or came down (None)."""

    place: str
    sign: Sign | None
    at: float
    retained: bool
    """Whether it stood already when the display was switched on."""


class Display:
    """Subscribes to the signs of the hall ``330106/xihu``."""

    def __init__(self, mqtt_port: int) -> None:
        self.signs: dict[str, Sign] = {}
        self.changes: list[Change] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topic("330106", "xihu", "signs", "+"), 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._show
        self._client.connect(HOST, mqtt_port)
        self._client.loop_start()
        assert self._subscribed.wait(10), "the broker did not accept the subscription"

    def close(self) -> None:
        """Switch it off."""
        self._client.disconnect()
        self._client.loop_stop()

    def _show(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        place = split_topic(message.topic).leaf
        sign = decode("signs", bytes(message.payload)) if message.payload else None
        self.changes.append(Change(place, sign, wall_clock(), message.retain))
        if sign is None:
            self.signs.pop(place, None)
        else:
            self.signs[place] = sign


@contextlib.contextmanager
def switch_on_display(mqtt_port: int) -> Iterator[Display]:
    """Give a display for the time of a ``with`` block."""
    display = Display(mqtt_port)
    try:
        yield display
    finally:
        display.close()
