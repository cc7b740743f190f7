"""The collector's side of the broker, and its only use of paho.

One thread does all of paho's work, so that a message is acknowledged only after ``on_message`` has returned: then the
journal has what was decided about it, and what a crash interrupts comes again. While the journal cannot be written the
decisions are only kept in memory; before these become too many the link is held, and the broker keeps what comes.

The thread is driven through paho's interface for outside loops. ``loop_start`` costs 30 % more for each message, and
with ``loop_forever`` a ``publish`` from another thread writes to the socket at the same time as the loop does.
"""

from __future__ import annotations

import contextlib
import logging
import random
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from hallwatch_agent.wire import ROOT
from hallwatch_collector.config import Broker, read_secret
from hallwatch_collector.rivalry import Rivalry

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""How long the thread sleeps at most when nothing comes; keepalives need no finer clock."""
MESSAGES_PER_LOOK: Final = 64
"""Under load the keepalive is attended to once in so many messages."""
CONNECT_LIMIT_S: Final = 5.0
RECONNECT_S: Final = 0.5
"""A broker that is back is found at once: one client that knocks twice a second costs it nothing."""
QOS: Final = 1
ASK_S: Final = 5.0
SILENT_S: Final = 10.0
"""A broker that hangs keeps its connections: so it is asked something, and must answer within so long."""
NOTHING: Final = f"{ROOT}/nothing"
"""Nobody subscribes to it. To end that is allowed to everybody, and always answered (MQTT 3.1.1, 3.10.4)."""
RIVAL: Final = (
    "The broker ends our connections again and again: most likely another collector uses it with the client id "
    "{client_id}. Stop one of the two, or give each a broker.client_id of its own, and areas of its own"
)
OURSELVES: Final = ("Normal disconnection", "Keep alive timeout")
"""Ends of a connection that are not the broker's doing."""


def let_in(client: paho.Client, settings: Broker) -> None:
    """Give a client what the broker wants to see: user, password, certificates."""
    if settings.username:
        client.username_pw_set(settings.username, read_secret(settings.password_file) or None)
    if settings.tls:
        client.tls_set(settings.ca_file or None, settings.cert_file or None, settings.key_file or None)


class Receiver(Protocol):
    """Who gets what the broker says. Called from the link's thread."""

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message; it is acknowledged when this returns."""

    def on_connected(self) -> None:
        """The broker is there (again), and the subscriptions are under way."""


class Link:
    """A connection that comes back by itself, in a session that the broker keeps (MQTT 3.1.1, clean session off)."""

    def __init__(self, settings: Broker, subscriptions: Sequence[Sequence[str]], receiver: Receiver) -> None:
        """Prepare; each group of *subscriptions* goes out by itself, so that a broker may refuse one of them."""
        self._settings = settings
        self._subscriptions = subscriptions
        self._receiver = receiver
        self._outbox: deque[tuple[str, bytes, bool]] = deque()
        self._stop = threading.Event()
        self._held_for = ""
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._groups: dict[int, Sequence[str]] = {}
        self._client = self._prepare_client()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._refused = False
        self._rivalry = Rivalry(random.random)
        self._ask_at = 0.0
        self._asked_at: float | None = None
        self.connected = False
        self.last_error = "not yet connected"
        """Why there is no connection, for people."""

    @property
    def alive(self) -> bool:
        """Whether the link's thread still does its work."""
        return self._thread.is_alive()

    @property
    def answers(self) -> bool:
        """Whether the broker answers what we ask it, as far as is known; one that hangs only keeps the connection."""
        asked_at = self._asked_at
        return self.connected and (asked_at is None or time.monotonic() - asked_at < SILENT_S)

    @property
    def trouble(self) -> str:
        """What is wrong with the connection, in words for people; empty: nothing."""
        if self._rivalry.is_likely(time.monotonic()) and not self._held_for:
            return RIVAL.format(client_id=self._settings.client_id)
        if not self.connected:
            return f"The broker is away: {self.last_error}"
        return "" if self.answers else "The broker is away: it keeps the connection, and answers nothing"

    def start(self) -> None:
        """Begin to connect, and to keep connected."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is on its way, say goodbye, and end; the broker keeps the session."""
        self._stop.set()
        self._wake()
        if self._thread.ident:
            self._thread.join(CONNECT_LIMIT_S + 1)
        self._wake_reader.close()
        self._wake_writer.close()

    def hold(self, reason: str) -> None:
        """Leave the broker and stay away until :meth:`release`; it keeps what comes meanwhile in our session."""
        if not self._held_for:
            log.warning("leaving the broker until this is over: %s", reason)
        self._held_for = reason
        self._wake()

    def release(self) -> None:
        """Connect again after :meth:`hold`."""
        self._held_for = ""

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Send a message (QoS 1) from any thread, in the order of the calls; dropped while not connected."""
        if not self.connected:
            return
        self._outbox.append((topic, payload, retain))
        if threading.current_thread() is not self._thread:
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full of wakes that it has not yet looked at, or already stopped
            self._wake_writer.send(b"\0")

    def _prepare_client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2, settings.client_id, clean_session=False, reconnect_on_failure=False
        )
        let_in(client, settings)
        client.connect_timeout = CONNECT_LIMIT_S
        client.on_socket_open = lambda _client, _userdata, connection: _send_at_once(connection)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = lambda *_: self._note_answer()
        client.on_disconnect = self._on_disconnect
        client.connect_async("127.0.0.1" if settings.embedded else settings.host, settings.port, settings.keepalive_s)
        return client

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._held_for:
                self.last_error = self._held_for
            else:
                self._connect_and_serve()
            self._stop.wait(self._give_way() or RECONNECT_S)

    def _give_way(self) -> float:
        """Return how long to leave the broker to another client with our id, and say so; 0: there is none."""
        away_s = 0.0 if self._held_for else self._rivalry.away_s()
        if away_s:
            self.last_error = RIVAL.format(client_id=self._settings.client_id)
            log.error("%s; leaving the broker to it for %.0f s", self.last_error, away_s)
        return away_s

    def _connect_and_serve(self) -> None:
        self._refused = False
        try:
            self._client.reconnect()
            self._serve()
        except OSError as error:  # TLS and name errors are OSErrors too
            self._rivalry.note_not_let_in()
            self._note_away(str(error))
        except Exception as error:
            log.exception("the connection to the broker failed for a reason of our own; connecting anew")
            self._note_away(str(error))

    def _serve(self) -> None:
        """Work until the connection ends."""
        client, connection, unattended = self._client, self._client.socket(), 0
        with selectors.DefaultSelector() as ready:
            ready.register(self._wake_reader, selectors.EVENT_READ)
            listening = ready.register(connection, selectors.EVENT_READ) if connection else None
            while connection and listening and client.socket() is connection:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
                if listening.events != wanted:
                    listening = ready.modify(connection, wanted)
                unseen = _has_unseen(connection)
                events = ready.select(0 if unseen else LOOK_S)
                self._exchange({key.fileobj: mask for key, mask in events}, connection, unseen)
                unattended += 1
                if not events or unattended >= MESSAGES_PER_LOOK:
                    unattended = 0
                    client.loop_misc()
                    self._ask()
                if (self._stop.is_set() or self._held_for) and not self._outbox and not client.want_write():
                    client.disconnect()

    def _exchange(self, ready: dict[Any, int], connection: Any, unseen: bool) -> None:
        if self._wake_reader in ready:
            self._wake_reader.recv(4096)
        if unseen or ready.get(connection, 0) & selectors.EVENT_READ:
            self._client.loop_read()
        self._send_outbox()
        if ready.get(connection, 0) & selectors.EVENT_WRITE:
            self._client.loop_write()

    def _ask(self) -> None:
        """Ask the broker something, now and then, to see whether it answers."""
        now = time.monotonic()
        if self.connected and self._asked_at is None and now >= self._ask_at:
            self._ask_at, self._asked_at = now + ASK_S, now
            self._client.unsubscribe(NOTHING)

    def _note_answer(self) -> None:
        self._asked_at = None

    def _send_outbox(self) -> None:
        while self._outbox:
            topic, payload, retain = self._outbox.popleft()
            self._client.publish(topic, payload, qos=QOS, retain=retain)

    def _on_connect(self, _c: Any, _u: Any, flags: paho.ConnectFlags, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            self._refused = True
            self._rivalry.note_not_let_in()
            self._note_away(f"the broker refused us: {reason}")
            return
        self._rivalry.note_let_in(time.monotonic())
        self._note_answer()
        resumed = "took up our session" if flags.session_present else "opened a new session for us"
        log.info("broker %s:%d %s", self._settings.host, self._settings.port, resumed)
        for group in self._subscriptions:
            _, number = self._client.subscribe([(topic, QOS) for topic in group])
            if number is not None:
                self._groups[number] = group
        self.connected, self.last_error = True, ""
        _guard(self._receiver.on_connected)

    def _on_subscribe(self, _c: Any, _u: Any, number: int, answers: list[ReasonCode], _p: Any) -> None:
        self._note_answer()
        for topic, answer in zip(self._groups.pop(number, ()), answers, strict=False):
            if answer.is_failure:
                log.warning("the broker refuses us %s: %s", topic, answer)

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        self._note_answer()
        self._receiver.on_message(message.topic, bytes(message.payload))

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        if self.connected:
            by_broker = not (self._stop.is_set() or self._held_for) and str(reason) not in OURSELVES
            self._rivalry.note_end(time.monotonic(), by_broker=by_broker)
        if not self._refused:  # else the better reason is already told
            self._note_away(str(reason))

    def _note_away(self, reason: str) -> None:
        was, self.connected = self.connected, False
        self._outbox.clear()  # whoever publishes starts over at the next connection
        if self._stop.is_set() or self._held_for:
            pass  # we left ourselves, and said so
        elif was:
            log.warning("the broker is away: %s", reason)
        elif reason != self.last_error:
            log.warning("no connection to the broker %s:%d: %s", self._settings.host, self._settings.port, reason)
        self.last_error = self._held_for or reason


def _send_at_once(connection: Any) -> None:
    """Do not let a sign wait 40 ms for the acknowledgement of what was sent before it (Nagle's algorithm, RFC 896)."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _guard(call: Callable[[], None]) -> None:
    """Keep a defect in a callback from ending paho's work."""
    try:
        call()
    except Exception:
        log.exception("a defect while the connection changed; going on")


def _has_unseen(connection: Any) -> bool:
    """Tell whether TLS holds bytes that the selector cannot see."""
    return hasattr(connection, "pending") and connection.pending() > 0
