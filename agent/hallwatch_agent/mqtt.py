"""Station 4 from the agent's side: the connection to the broker. The agent's only paho import.

Every connection is a client of its own, so that its last will carries its own number and paho resends nothing stale:
what was not acknowledged is still in the spool, and the spool decides what goes first.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hallwatch_agent.config import Config
from hallwatch_agent.postponed import postponed
from hallwatch_agent.wire import Death, encode, topic

with postponed("hashlib", "ssl", "urllib.request"):
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

CONNECT_TIMEOUT_S: Final = 3.0
BROKER_SLOWNESS_S: Final = 5
"""The broker is told a keepalive so much shorter than the configured one: Mosquitto 2.0 looks for silent clients only
every six seconds, and our death is to be known within 1.5 times the configured keepalive all the same."""
RETRY_S: Final = 1.0
RETRY_MAX_S: Final = 30.0

log = logging.getLogger(__name__)


class Up(NamedTuple):
    """Connected; *session* counts the connections of this boot."""

    session: int


class Down(NamedTuple):
    """The connection is gone."""

    session: int


class Acknowledged(NamedTuple):
    """The broker has taken over a message."""

    session: int
    mid: int


class OrderCame(NamedTuple):
    """The collector wants something."""

    payload: bytes


class HeartbeatCame(NamedTuple):
    """The collector lives; or lived, when the broker had *kept* it."""

    payload: bytes
    kept: bool


LinkEvent = Up | Down | Acknowledged | OrderCame | HeartbeatCame


class Link:
    """Keeps a connection to the broker, and posts what happens on it; *post* is called in the link's thread."""

    def __init__(self, config: Config, boot: str, post: Callable[[LinkEvent], None]) -> None:
        who = config.identity
        self._broker = config.broker
        self._agent = who.agent
        self._client_id = f"hallwatch/{who}"
        self.life_topic = topic(who.area, who.hall, "agents", who.agent)
        self._orders_topic = topic(who.area, who.hall, "orders", who.agent)
        self._heartbeat_topic = topic(who.area, who.hall, "collector")
        self._subscribed = [(self._orders_topic, 1)]
        if config.collector_watch is not None:
            self._subscribed.append((self._heartbeat_topic, 1))
        self._boot = boot
        self._post = post
        self._session = 0
        self._live: tuple[int, paho.Client] | None = None
        self._complaint = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect; goes on until :meth:`stop`."""
        self._thread.start()

    def publish(self, session: int, topic_: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand a message to the broker with QoS 1 on connection *session*: its id, or ``None`` when that is gone."""
        live = self._live
        if live is None or live[0] != session:
            return None
        info = live[1].publish(topic_, payload, qos=1, retain=retain)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def stop(self, limit_s: float) -> None:
        """Disconnect in good order, which keeps the last will from being sent."""
        self._stopping.set()
        live = self._live
        if live is not None:
            live[1].disconnect()
        self._thread.join(limit_s)

    def _run(self) -> None:
        up_at = time.monotonic()
        while not self._stopping.is_set():
            try:
                self._serve(self._session + 1)
            except OSError as error:
                self._complain(f"{error.strerror or error}")
            except Exception:  # whatever a broker sent: the next connection may be better
                log.exception("connection to the broker failed")
            if self._live is not None:
                self._live = None
                up_at = time.monotonic()
                self._post(Down(self._session))
            self._stopping.wait(retry_delay_s(time.monotonic() - up_at, os.urandom(1)[0] / 255))

    def _serve(self, session: int) -> None:
        """Connect and stay until the connection ends. Raises :class:`OSError` when it cannot be made."""
        client = self._new_client(session)
        keepalive_s = self._broker.keepalive_s - BROKER_SLOWNESS_S
        client.connect(self._broker.host, self._broker.port, keepalive_s)
        self._session = session  # from here on the broker may know our will
        while client.loop(timeout=keepalive_s / 4) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            pass
        if self._live is not None and not self._stopping.is_set():
            self._complain("connection lost")

    def _new_client(self, session: int) -> paho.Client:
        broker = self._broker
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if broker.username:
            password = Path(broker.password_file).read_text("utf-8").strip() if broker.password_file else None
            client.username_pw_set(broker.username, password)
        if broker.tls is not None:
            client.tls_set(broker.tls.ca or None, broker.tls.cert or None, broker.tls.key or None)
        client.will_set(self.life_topic, encode(Death(self._agent, self._boot, session)), qos=1, retain=True)
        # Its presence makes paho leave all writing to loop(), which a publish wakes through a socket pair; without it
        # the publishing thread would write too.
        client.on_socket_register_write = lambda *_: None
        client.on_connect = self._on_connect(session)
        client.on_message = self._on_message
        client.on_publish = lambda _client, _userdata, mid, *_: self._post(Acknowledged(session, mid))
        return client

    def _on_connect(self, session: int) -> Callable[..., None]:
        def on_connect(client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
            if reason.is_failure:
                self._complain(f"refused: {reason}; check broker.username and broker.password_file")
                return
            log.info("connected to broker %s:%d (connection %d)", self._broker.host, self._broker.port, session)
            self._complaint = ""
            client.subscribe(self._subscribed)
            self._live = (session, client)
            self._post(Up(session))

        return on_connect

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if message.topic == self._heartbeat_topic:
            self._post(HeartbeatCame(payload, message.retain))
        else:
            self._post(OrderCame(payload))

    def _complain(self, text: str) -> None:
        if text != self._complaint:  # an outage is one line, not one a second
            log.warning("broker %s:%d: %s; trying again", self._broker.host, self._broker.port, text)
        self._complaint = text


def retry_delay_s(outage_s: float, chance: float) -> float:
    """Return how long to wait before the next try: 1 % of the outage so far, from 1 to 30 s, spread by a quarter.

    A broker that was away for a minute is found again within about a second, and one that stays away for an hour is
    not hammered. *chance* is from 0 to 1.
    """
    return min(RETRY_MAX_S, max(RETRY_S, outage_s * 0.01)) * (0.75 + chance / 2)
