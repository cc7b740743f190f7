"""The agents of a simulated hall on a real broker: births, wills, assignments and reports as real agents have them.

Every agent has a connection of its own, so that its will is the broker's to send. One thread reads for all of them; it
sleeps until a probe is due or the state file may have changed.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client

from hallwatch_agent.wire import Assignment, Death, NotOnTheWire, ProbeNow, decode_order, encode, topic
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.simulate.agent import SimulatedAgent
from hallwatch_collector.simulate.clear import clear_agents, make_client
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.statefile import read_state, stamp
from hallwatch_collector.simulate.world import NotInTheWorld, World

log = logging.getLogger(__name__)
WATCH_S: Final = 0.5
"""How often the state file is looked at."""
RETRY_S: Final = 2.0
SILENT_AT_MOST_S: Final = 120.0


class Wire:
    """One agent's connection to the broker. paho's thread and the fleet's both use it; the lock is the fleet's."""

    def __init__(
        self,
        key: HallKey,
        agent: SimulatedAgent,
        broker: tuple[str, int],
        lock: threading.Lock,
        let_in: Callable[[Client], None],
    ) -> None:
        self.agent = agent
        self.connected = False
        self.announced = False
        """Whether the birth of this connection, with the present assignment, is published."""
        self._key = key
        self._broker = broker
        self._let_in = let_in
        self._lock = lock
        self._client: Client | None = None
        self._retry_at = -math.inf

    def connect(self, now: float) -> None:
        """Begin a connection unless there is one, or one has just failed."""
        if self._client is not None or now < self._retry_at:
            return
        client = make_client(self._key, self.agent.id, self._let_in)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.will_set(self._topic("agents"), encode(self.agent.next_session()), qos=1, retain=True)
        try:
            client.connect(*self._broker, keepalive=self.agent.keepalive_s)
        except OSError as error:
            self._retry_at = now + RETRY_S
            log.warning("%s: no connection to %s:%d: %s", self.agent.id, *self._broker, error)
            return
        self._client, self._retry_at = client, now + RETRY_S
        client.loop_start()

    def hang_up(self, *, silently: bool) -> None:
        """Lose the connection without a goodbye: closed at once, as when a process is killed, or *silently*, as when a
        cable is cut, so that the broker finds out by its own clock.
        """
        client, self._client = self._client, None
        self.connected = self.announced = False
        if client is None:
            return
        client.on_disconnect = None
        ending = _stop_answering if silently else _break_off
        threading.Thread(target=ending, args=(client,), daemon=True).start()

    def leave(self) -> None:
        """Say goodbye and disconnect."""
        client, self._client = self._client, None
        if client is None:
            return
        goodbye = Death(self.agent.id, self.agent.boot, self.agent.session, stopped=True)
        if self.connected:
            sent = client.publish(self._topic("agents"), encode(goodbye), qos=1, retain=True)
            with suppress(RuntimeError, ValueError):
                sent.wait_for_publish(2)
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()

    def publish(self, branch: str, message: Any, *, retain: bool = False) -> None:
        """Publish one message of this agent."""
        if self._client is not None:
            self._client.publish(self._topic(branch), encode(message), qos=1, retain=retain)

    def _topic(self, branch: str) -> str:
        return topic(self._key.area, self._key.hall, branch, self.agent.id)

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("%s: the broker refuses the connection: %s", self.agent.id, reason)
            return
        client.subscribe(self._topic("orders"), qos=1)
        with self._lock:
            self.connected, self.announced = True, False

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        log.warning("%s: connection lost: %s", self.agent.id, reason)
        with self._lock:
            self.connected = self.announced = False
            self._client = None

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        try:
            order = decode_order(message.payload)
        except NotOnTheWire as error:
            log.warning("%s: order not understood: %s", self.agent.id, error)
            return
        with self._lock:
            if isinstance(order, ProbeNow):
                self.agent.probe_now(order.devices)
            elif isinstance(order, Assignment) and self.agent.assign(order):
                self.announced = False


def _break_off(client: Client) -> None:
    """Close a client's connection without a goodbye, as the system does for a killed process."""
    line = client.socket()
    if isinstance(line, socket.socket):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    client.loop_stop()


def _stop_answering(client: Client) -> None:
    """Stop a client's thread and keep its connection open without a word on it until the broker gives up."""
    line = client.socket()
    client.loop_stop()
    if isinstance(line, socket.socket):
        with suppress(OSError, ValueError):
            line.settimeout(SILENT_AT_MOST_S)
            while line.recv(4096):
                pass


class Fleet:
    """The agents of one hall. Call :meth:`run` in one thread, :meth:`stop` from another."""

    def __init__(
        self,
        hall: Hall,
        broker: tuple[str, int],
        state: Path,
        clock: Callable[[], float],
        *,
        let_in: Callable[[Client], None] = lambda _: None,
        without_trace: bool = False,
    ) -> None:
        """*let_in* gives a client what the broker wants to see; *without_trace*: at its end, nothing stays retained."""
        self._clear = partial(clear_agents, hall, broker, let_in) if without_trace else None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._clock = clock
        self._state = state
        self._seen: tuple[int, int] | None = None
        self._looked_at = -math.inf
        self._world = World(hall, load_fault_kinds())
        self._wires = [Wire(hall.key, SimulatedAgent(agent.id), broker, self._lock, let_in) for agent in hall.agents]

    def run(self) -> None:
        """Behave as the hall's agents do until :meth:`stop` is called."""
        while not self._stopped.is_set():
            now = self._clock()
            self._look_at_state(now)
            due = min((self._turn(wire, now) for wire in self._wires), default=math.inf)
            self._stopped.wait(max(0.01, min(WATCH_S, due - self._clock())))
        for wire in self._wires:
            wire.leave()
        if self._clear and (left := self._clear()):
            log.warning("what stands of these agents could not be cleared: %s", ", ".join(left))

    def stop(self) -> None:
        """End :meth:`run` soon."""
        self._stopped.set()

    def _look_at_state(self, now: float) -> None:
        if now - self._looked_at < WATCH_S and self._looked_at <= now:
            return
        self._looked_at = now
        present = stamp(self._state)
        if present == self._seen:
            return
        self._seen = present
        try:
            self._world.set_faults(read_state(self._state).faults)
        except (FileRefused, NotInTheWorld) as error:
            log.warning("faults stay as they were: %s", error)  # a person may have written the file by hand
            return
        log.info("faults now: %s", ", ".join(f"{one.thing} {one.fault}" for one in self._world.faults()) or "none")

    def _turn(self, wire: Wire, now: float) -> float:
        """Let one agent do what it has to; return when it has something to do next."""
        agent = wire.agent
        if not self._world.runs(agent.id):
            if agent.boot:
                wire.hang_up(silently=not self._world.killed(agent.id))
                agent.boot = ""
            return math.inf
        if not agent.boot:
            agent.start(uuid.uuid4().hex)
        if self._world.linked(agent.id):
            wire.connect(now)
        else:
            wire.hang_up(silently=True)
        with self._lock:
            connected = wire.connected
            birth = agent.birth(self._world, now) if connected and not wire.announced else None
            wire.announced = connected
            reports = agent.step(self._world, now, connected=connected)
            due = agent.next_due()
        if birth:
            wire.publish("agents", birth, retain=True)
        for report in reports:
            wire.publish("reports", report)
        return due


def describe_broker(text: str) -> tuple[str, int]:
    """Take ``HOST:PORT`` apart; raise :class:`ValueError` saying what is expected."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is no broker; write HOST:PORT, for example 127.0.0.1:1883")
    return host, int(port)
