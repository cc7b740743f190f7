"""Messages on a broker: acknowledged, kept while they stand, gone when it is over."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as paho
import pytest
import trustme
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.chat.reason import plain
from hallwatch_collector.notify.channel import Never, NotNow, Taken
from hallwatch_collector.notify.channels import AnyChannel
from hallwatch_collector.notify.channels.mqtt import MqttChannel
from parts.messages import deliver, make_message, make_part
from parts.mosquitto import HOST, Mosquitto, serve_mosquitto
from parts.outcomes import in_english
from parts.vendors.sockets import serve_socket
from parts.waiting import wait_until


class _Display:
    """Somebody who listens."""

    def __init__(self, broker: Mosquitto) -> None:
        self.seen: list[tuple[str, bytes, bool]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        ready: list[bool] = []
        self._client.on_message = lambda _c, _u, it: self.seen.append((it.topic, it.payload, it.retain))
        self._client.on_subscribe = lambda *_: ready.append(True)
        self._client.connect(broker.host, broker.port)
        self._client.subscribe("hallwatch-alerts/#", qos=1)
        self._client.loop_start()
        wait_until(lambda: ready, 5, "the subscription")

    def told(self, count: int) -> list[tuple[str, bytes, bool]]:
        wait_until(lambda: len(self.seen) >= count, 5, f"{count} messages, not {self.seen}")
        return self.seen

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform == "win32", reason="limits of open files are those of POSIX")
def test_it_is_told_beside_more_open_boards_than_select_knows(broker: Mosquitto) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(4096, before[1])), before[1]))
    with ExitStack() as boards:
        for _ in range(1100):
            boards.enter_context(Path(os.devnull).open("rb"))
        assert deliver(MqttChannel(id="m", host=broker.host, port=broker.port), make_message(), {}) == Taken()
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.e2e
def test_that_what_stands_is_kept_until_it_is_over(broker: Mosquitto) -> None:
    channel = MqttChannel(id="m", host=broker.host, port=broker.port)
    parts = [make_part(incident="I-1"), make_part(incident="I-2", alert="A2")]
    assert deliver(channel, make_message(*parts), {}, now=5.0) == Taken()

    late = _Display(broker)
    seen = sorted(late.told(2))
    late.leave()
    assert [(topic, retained) for topic, _, retained in seen] == [
        ("hallwatch-alerts/330106/main/I-1", True), ("hallwatch-alerts/330106/main/I-2", True),
    ]  # fmt: skip
    told = msgspec.json.decode(seen[0][1])
    assert (told["type"], told["timestamp"]) == ("hallwatch.alert", 5.0)
    assert told["data"]["key"] == "330106-main-A1-1-0"
    assert told["data"]["title"] == "[III级]西湖大厅 3号窗口打印机:卡纸"

    there = _Display(broker)
    there.told(2)
    assert deliver(channel, make_message(make_part(edition=2, occasion="over", over_at=9.0)), {}) == Taken()
    assert msgspec.json.decode(there.told(4)[2][1])["data"]["over_at"] == 9.0
    there.leave()
    later = _Display(broker)
    assert [topic for topic, _, _ in later.told(1)] == ["hallwatch-alerts/330106/main/I-2"]
    later.leave()


def _connack_then_silence() -> bytes:
    return struct.pack("!BBBB", 0x20, 2, 0, 0)


def test_that_without_acknowledgement_it_may_have_arrived() -> None:
    with serve_socket(_connack_then_silence(), hangs_up=False) as port:
        answer = deliver(MqttChannel(id="m", host=HOST, port=port, timeout_s=0.5), make_message(), {})
    assert in_english(answer) == NotNow(plain("the broker does not answer in time"), maybe_taken=True)


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho's, when a handshake fails
@pytest.mark.e2e
def test_tls_with_certificates_of_both_sides(tmp_path: Path) -> None:
    ca = trustme.CA()
    server, client = ca.issue_cert(HOST), ca.issue_cert("collector@example.cn")
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    server.private_key_pem.write_to_path(tmp_path / "server.key")
    (tmp_path / "server.pem").write_bytes(b"".join(pem.bytes() for pem in server.cert_chain_pems))
    with serve_mosquitto(
        f"cafile {tmp_path}/ca.pem\ncertfile {tmp_path}/server.pem\nkeyfile {tmp_path}/server.key\n"
        "require_certificate true"
    ) as broker:
        secrets = {
            "ca": ca.cert_pem.bytes().decode(), "cert": client.cert_chain_pems[0].bytes().decode(),
            "key": client.private_key_pem.bytes().decode(),
        }  # fmt: skip
        options: dict[str, Any] = {"id": "m", "host": broker.host, "port": broker.port, "tls": True, "ca_file": "ca"}
        ours = MqttChannel(**options, cert_file="cert", key_file="key")
        assert deliver(ours, make_message(), secrets) == Taken()
        assert isinstance(deliver(MqttChannel(**options), make_message(), secrets), NotNow)
        stranger = MqttChannel(**(options | {"ca_file": ""}))
        assert isinstance(deliver(stranger, make_message(), secrets), NotNow)
        assert isinstance(deliver(ours, make_message(), secrets | {"key": "nonsense"}), Never)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"topic": "a/{window}"}, "there is no {window}"),
        ({"topic": "a/#"}, "topic"),
        ({"cert_file": "c", "tls": True}, "go together"),
        ({"ca_file": "c"}, "set tls = true"),
        ({"password_file": "p"}, "`username` is missing"),
    ],
)
def test_wrong_options(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert({"kind": "mqtt", "id": "m", **options}, AnyChannel)


def test_that_no_name_reaches_another_topic() -> None:
    channel = MqttChannel(id="m")
    part = make_part(incident="../+/#\x00")
    assert channel.publications(part, make_message(part), 1.0)[0][0] == "hallwatch-alerts/330106/main/.._____"
