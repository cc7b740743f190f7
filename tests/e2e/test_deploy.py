"""The files in deploy/: each is taken by the program it is for, and does what it says."""

from __future__ import annotations

import queue
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_collector.cli import main
from parts.mosquitto import HOST, free_port
from parts.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
WAIT_S = 5
STEM = "hallwatch/v1/330106/xihu"


@pytest.mark.parametrize("hall", sorted(path.name for path in (DEPLOY / "halls").glob("*.toml")))
def test_sample_halls_are_right(hall: str) -> None:
    assert main(["check", str(DEPLOY / "halls" / hall)]) == 0


def test_prometheus_takes_its_file() -> None:
    done = run("promtool", "check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))
    assert "SUCCESS" in done


@pytest.mark.parametrize("name", sorted(path.name for path in (DEPLOY / "prometheus" / "tests").glob("*.yml")))
def test_rules_tell_what_is_wrong_from_what_is_well(name: str) -> None:
    done = run("promtool", "test", "rules", str(DEPLOY / "prometheus" / "tests" / name))
    assert "SUCCESS" in done


def test_alertmanager_takes_its_file() -> None:
    done = run("amtool", "check-config", str(DEPLOY / "alertmanager" / "alertmanager.yml"))
    assert "2 inhibit rules" in done


@pytest.mark.parametrize("unit", ["hallwatch", "hallwatch-agent"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    """Verified with this environment's commands in the place of /opt/hallwatch, where they are not installed."""
    text = (DEPLOY / "systemd" / f"{unit}.service").read_text(encoding="utf-8")
    assert f"ExecStart=/opt/hallwatch/bin/{unit} run --config /etc/hallwatch/" in text
    changed = tmp_path / f"{unit}.service"
    changed.write_text(text.replace("/opt/hallwatch/bin", str(Path(sys.executable).parent)), encoding="utf-8")
    run("systemd-analyze", "verify", "--man=no", str(changed))


def run(*words: str) -> str:
    """Run a program that must be there and succeed."""
    program = shutil.which(words[0])
    assert program, f"{words[0]} is not there; tests/packages.sh says what to install"
    return subprocess.run([program, *words[1:]], check=True, capture_output=True, text=True, timeout=60).stdout


def make_certificates(folder: Path) -> None:
    """Make an authority and a broker certificate for 127.0.0.1."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    broker = authority.issue_cert(HOST)
    broker.cert_chain_pems[0].write_to_path(str(folder / "broker.crt"))
    broker.private_key_pem.write_to_path(str(folder / "broker.key"))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run Mosquitto with the shipped configuration; only the port and the folders are changed."""
    folder = tmp_path_factory.mktemp("mosquitto")
    make_certificates(folder)
    shutil.copy(DEPLOY / "mosquitto" / "acl", folder / "acl")
    (folder / "passwords").touch(mode=0o600)
    (folder / "acl").chmod(0o600)
    for user in ("collector", "gw", "other", "display"):
        run("mosquitto_passwd", "-b", str(folder / "passwords"), user, f"{user}-secret")
    number = free_port()
    shipped = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    changed = shipped.replace("listener 8883", f"listener {number} {HOST}")
    changed = changed.replace("/etc/mosquitto/hallwatch/", f"{folder}/").replace("/var/lib/mosquitto/", f"{folder}/")
    assert changed.count(str(folder)) == 6
    (folder / "mosquitto.conf").write_text(f"{changed}\nuser root\n", encoding="utf-8")
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=log)
        try:
            wait_until(lambda: answers(folder, number), 10, (folder / "log").read_text())
            yield number
        finally:
            process.terminate()
            process.wait(10)


def answers(folder: Path, port: int) -> bool:
    """Tell whether the collector may connect, encrypted, with the broker's certificate checked."""
    try:
        connect(folder, port, "collector").disconnect()
    except OSError:
        return False
    return True


def connect(folder: Path, port: int, user: str, password: str = "") -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}")
    client.username_pw_set(user, password or f"{user}-secret")
    client.tls_set(str(folder / "ca.crt"), tls_version=ssl.PROTOCOL_TLS_CLIENT)
    client.connect(HOST, port)
    return client


@pytest.fixture
def speak(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[str]]]:
    """Return a function: *user* publishes on topics; it returns which of them reached *listener*."""
    folder = next(tmp_path_factory.getbasetemp().glob("mosquitto*"))
    clients: list[Client] = []

    def begin(user: str) -> Client:
        client = connect(folder, port, user)
        clients.append(client)
        return client

    def speak(user: str, topics: list[str], listener: str, last: tuple[str, str]) -> list[str]:
        heard: queue.Queue[str] = queue.Queue()
        ready: queue.Queue[bool] = queue.Queue()
        ear = begin(listener)
        ear.on_message = lambda _client, _data, message: heard.put(message.topic)
        ear.on_subscribe = lambda *_: ready.put(True)
        ear.on_connect = lambda *_: ear.subscribe("hallwatch/v1/#", qos=1)
        ear.loop_start()
        ready.get(timeout=WAIT_S)
        mouth = begin(user)
        mouth.loop_start()
        for topic in topics:
            mouth.publish(topic, b"{}", qos=1).wait_for_publish(WAIT_S)
        sender = begin(last[0])
        sender.loop_start()
        sender.publish(last[1], b"{}", qos=1).wait_for_publish(WAIT_S)
        told = []
        while (topic := heard.get(timeout=WAIT_S)) != last[1]:  # a message that is allowed closes the row
            told.append(topic)
        return told

    yield speak
    for client in clients:
        client.disconnect()
        client.loop_stop()


@pytest.mark.e2e
def test_an_agent_speaks_for_itself_alone(speak: Callable[..., list[str]]) -> None:
    own = [f"{STEM}/agents/gw", f"{STEM}/reports/gw"]
    forged = [f"{STEM}/agents/other", f"{STEM}/reports/other", f"{STEM}/orders/gw", f"{STEM}/signs/w1", f"{STEM}/board"]
    assert speak("gw", [*forged, *own], "collector", ("other", f"{STEM}/reports/other")) == own


@pytest.mark.e2e
def test_an_agent_hears_its_own_orders_alone(speak: Callable[..., list[str]]) -> None:
    spoken = [f"{STEM}/orders/other", f"{STEM}/signs/w1", f"{STEM}/board", f"{STEM}/reports/other"]
    heartbeat = f"{STEM}/collector"
    assert speak("collector", [*spoken, heartbeat], "gw", ("collector", f"{STEM}/orders/gw")) == [heartbeat]
    assert speak("other", [heartbeat], "gw", ("collector", f"{STEM}/orders/gw")) == [], "none but the collector's own"


@pytest.mark.e2e
def test_a_display_sees_signs_and_says_nothing(speak: Callable[..., list[str]]) -> None:
    signs = [f"{STEM}/signs/w1", f"{STEM}/board"]
    assert speak("collector", [f"{STEM}/orders/gw", *signs], "display", ("collector", f"{STEM}/signs/w9")) == signs
    assert speak("display", signs, "collector", ("gw", f"{STEM}/reports/gw")) == []
