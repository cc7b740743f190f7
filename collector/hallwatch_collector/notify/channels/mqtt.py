"""A topic of any MQTT broker, for programs: displays, home automation, other monitors."""

from __future__ import annotations

import re
import selectors
import ssl
import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from hallwatch_agent.chat.reason import CUT, NOT_REACHED
from hallwatch_agent.probes.probe import Host, Port
from hallwatch_collector.notify.channel import (
    Answer,
    Channel,
    Http,
    Kit,
    Never,
    NotNow,
    OptionalSecret,
    Reason,
    Taken,
    Unusable,
    reason_of,
)
from hallwatch_collector.notify.document import TYPE, describe_part, encode
from hallwatch_collector.notify.message import Message, Part
from hallwatch_collector.notify.tls import make_context

Topic = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^+#\x00]+$(?!\n)")]
KEEPALIVE_S: Final = 60
REFUSED_FOR_GOOD: Final = {"Bad user name or password", "Not authorized", "Client identifier not valid"}
"""In paho's words for CONNACK's codes 2, 4 and 5 (MQTT 3.1.1, 3.2.2.3)."""
_ENDS: Final = Reason("the broker ends the connection", "消息服务器断开了连接")
_SILENT: Final = Reason("the broker does not answer in time", "消息服务器没有及时回应")
_REFUSED: Final = Reason("the broker refuses us", "消息服务器拒绝登录,请检查用户名和密码")
_PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")
_PLACEHOLDERS: Final = ("area", "hall", "incident", "device", "fault")
_NO_LEVEL: Final = re.compile(r"[+#/\x00]")

Publication = tuple[str, bytes, bool]
"""Topic, payload, whether the broker keeps it."""


class MqttChannel(Channel, frozen=True, kw_only=True, tag="mqtt"):
    """A topic of an MQTT 3.1.1 broker; QoS 1: a message is taken when the broker says so."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    topic: Topic = "hallwatch-alerts/{area}/{hall}/{incident}"
    retain: bool = True
    """The broker keeps what stands, for whoever comes later, until it is over."""
    client_id: Annotated[str, Meta(max_length=64)] = ""
    """Left out: the broker chooses one."""
    username: str = ""
    password_file: OptionalSecret = ""
    tls: bool = False
    ca_file: OptionalSecret = ""
    """A file beside alerts.toml with the authorities that signed its certificate; left out: those of the system."""
    cert_file: OptionalSecret = ""
    key_file: OptionalSecret = ""

    knows_repeats: ClassVar[bool] = True
    """By ``key``; and what is kept of an incident is replaced."""

    def __post_init__(self) -> None:
        unknown = [name for name in _PLACEHOLDER.findall(self.topic) if name not in _PLACEHOLDERS]
        if unknown:
            raise ValueError(f"`topic`: there is no {{{unknown[0]}}}, only {', '.join(_PLACEHOLDERS)}")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("`cert_file` and `key_file` go together; give both or none")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("`tls` is false, but certificate files are given; set tls = true")
        if self.password_file and not self.username:
            raise ValueError("`username` is missing; a password needs one")

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:  # noqa: ARG002 - it is no HTTP
        """Publish each incident on its topic, and wait until the broker has it."""
        publications = [each for part in message.parts for each in self.publications(part, message, kit.now)]
        try:
            context = make_context(kit, self.ca_file, self.cert_file, self.key_file) if self.tls else None
        except Unusable as error:
            return Never(reason_of(error))
        password = kit.secret(self.password_file) if self.password_file else None
        return _Errand(publications, self.timeout_s).run(self, password, context)

    def publications(self, part: Part, message: Message, now: float) -> list[Publication]:
        """Return what is published of an incident. What is over is told, and kept no longer."""
        names = {name: _NO_LEVEL.sub("_", str(getattr(part, name))) or "_" for name in _PLACEHOLDERS}
        topic = _PLACEHOLDER.sub(lambda found: names[found[1]], self.topic)
        marks = {"again": message.again, "is_test": message.is_test}
        told = encode({"type": TYPE, "timestamp": now, "data": {**describe_part(part), **marks}})
        ends = part.over_at is not None or part.occasion in ("over", "joined") or message.is_test
        if not self.retain or message.is_test:
            return [(topic, told, False)]
        return [(topic, told, False), (topic, b"", True)] if ends else [(topic, told, True)]


def _turn(client: Any, limit_s: float) -> int:
    """Let paho read and write what it can within that time; return its code, 0 for all well.

    Its own ``loop`` asks ``select``, which knows no socket beyond the 1024th: with as many boards open there are.
    """
    connection = client.socket()
    if connection is None:
        return int(client.loop_misc())
    unseen = bool(getattr(connection, "pending", int)())
    with selectors.DefaultSelector() as ready:
        ready.register(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0))
        mask = sum(events for _, events in ready.select(0 if unseen else limit_s))
    code = client.loop_read() if unseen or mask & selectors.EVENT_READ else 0
    code = code or (client.loop_write() if mask & selectors.EVENT_WRITE else 0)
    return int(code or client.loop_misc())


class _Errand:
    """One connection: there, told, acknowledged, back."""

    def __init__(self, publications: Sequence[Publication], limit_s: float) -> None:
        self._publications = publications
        self._until = time.monotonic() + limit_s
        self._answer: Answer | None = None
        self._waited_for: set[int | None] = set()
        self._told = False

    def run(self, channel: MqttChannel, password: str | None, context: ssl.SSLContext | None) -> Answer:
        """Do it; return what became of it."""
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

        client = paho.Client(CallbackAPIVersion.VERSION2, channel.client_id, clean_session=True)
        if channel.username:
            client.username_pw_set(channel.username, password)
        if context is not None:
            client.tls_set_context(context)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.connect_timeout = self._left_s()
        try:
            client.connect(channel.host, channel.port, KEEPALIVE_S)
            while self._answer is None and self._left_s() > 0:
                if _turn(client, min(self._left_s(), 1.0)) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    self._answer = self._answer or NotNow(_ENDS, maybe_taken=self._told)
            client.disconnect()
            _turn(client, 0.0)
        except OSError as error:
            return NotNow(NOT_REACHED.because(error.strerror or CUT), maybe_taken=self._told)
        return self._answer or NotNow(_SILENT, maybe_taken=self._told)

    def _left_s(self) -> float:
        return max(self._until - time.monotonic(), 0.0)

    def _on_connect(self, client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            words = str(reason)
            kind = Never if words in REFUSED_FOR_GOOD else NotNow
            self._answer = kind(_REFUSED.because(words))
            return
        self._told = True
        for topic, payload, retain in self._publications:
            self._waited_for.add(client.publish(topic, payload, qos=1, retain=retain).mid)

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._waited_for.discard(mid)
        if not self._waited_for:
            self._answer = Taken()
