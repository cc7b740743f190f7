"""The connection to the broker: TLS, passwords, retries, and what it keeps out of memory."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.mqtt import retry_delay_s
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.waiting import wait_until


def test_a_short_outage_is_over_at_once_and_a_long_one_hammers_nobody() -> None:
    assert retry_delay_s(0, 0.5) == 1
    assert retry_delay_s(60, 0.5) == 1
    assert retry_delay_s(1000, 0.5) == 10
    assert retry_delay_s(1e6, 0.5) == 30


@given(st.floats(0, 1e9), st.floats(0, 1))
def test_retries_are_spread(outage_s: float, chance: float) -> None:
    middle = retry_delay_s(outage_s, 0.5)
    assert 0.75 * middle <= retry_delay_s(outage_s, chance) <= 1.25 * middle


HEAVY = ("ssl", "_ssl", "hashlib", "urllib.request", "http.client", "email", "random", "asyncio", "logging.handlers")


def test_what_a_plain_connection_does_not_need_is_not_loaded() -> None:
    script = f"import sys, hallwatch_agent.mqtt; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


def test_postponed_modules_are_real_at_their_first_use() -> None:
    script = (
        "import sys, hallwatch_agent.mqtt, paho.mqtt.client as paho\n"
        "assert paho.ssl.SSLWantReadError.__name__ == 'Unraised'\n"
        "assert 'ssl' not in sys.modules\n"
        "import urllib.request, ssl\n"
        "assert hasattr(urllib.request, 'urlopen') and paho.urllib.request is urllib.request\n"
        "assert paho.ssl.SSLWantReadError is ssl.SSLWantReadError\n"
        "assert paho.hashlib.sha1(b'').hexdigest() and 'hashlib' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_broker(tmp_path: Path, authority: trustme.CA) -> Iterator[Mosquitto]:
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "server.key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "gw", "right"], check=True, capture_output=True)
    passwords.chmod(0o600)
    extra = f"keyfile {tmp_path}/server.key\ncertfile {tmp_path}/server.pem\n"
    extra += f"password_file {passwords}\nallow_anonymous false"
    with serve_mosquitto(extra) as broker:
        yield broker


@contextlib.contextmanager
def agent(folder: Path, port: int, password: str) -> Iterator[Path]:
    (folder / "password").write_text(password + "\n")
    (folder / "agent.toml").write_text(
        '[identity]\narea="330106"\nhall="xihu"\nagent="gw"\n[spool]\ndirectory="spool"\n'
        f'[broker]\nhost="localhost"\nport={port}\nusername="gw"\npassword_file="password"\ntls={{ca="ca.pem"}}\n'
    )
    log = folder / "agent.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "hallwatch_agent", "run", "--config", str(folder / "agent.toml")]
        process = subprocess.Popen(command, stderr=output)
        try:
            yield log
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0


@pytest.mark.e2e
def test_tls_with_a_password(tmp_path: Path, tls_broker: Mosquitto) -> None:
    with agent(tmp_path, tls_broker.port, "right") as log:
        wait_until(lambda: "connected to broker" in log.read_text(), 10)
    assert "right" not in log.read_text()


@pytest.mark.e2e
def test_a_wrong_password_is_said_once_and_never_shown(tmp_path: Path, tls_broker: Mosquitto) -> None:
    with agent(tmp_path, tls_broker.port, "wrong-one") as log:
        wait_until(lambda: "check broker.username and broker.password_file" in log.read_text(), 10)
        wait_until(lambda: tls_broker.log.read_text().count("not authorised") >= 3, 10, "further tries")
    assert log.read_text().count("refused") == 1
    assert "wrong-one" not in log.read_text()


@pytest.mark.e2e
def test_a_foreign_certificate_is_refused(tmp_path: Path, tls_broker: Mosquitto) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    with agent(tmp_path, tls_broker.port, "right") as log:
        wait_until(lambda: "certificate verify failed" in log.read_text(), 10)
    assert "connected" not in log.read_text()
