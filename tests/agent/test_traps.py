"""Traps: any bytes are read or refused, a storm costs little, and net-snmp's own commands wake a real agent at once."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from hallwatch_agent import cli
from hallwatch_agent.calls import Calls
from hallwatch_agent.probes import CouldNotRead
from hallwatch_agent.snmp_message import parse_answer
from hallwatch_agent.traps import MOST_PER_S, Traps, addresses_of, open_socket, plain_address, read_notice
from hallwatch_agent.wire import Assignment, ProbeOrder, ReadError
from parts.agent import AgentProcess
from parts.listener import Listener, listen
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.snmpsim import free_udp_port
from parts.waiting import wait_until

LINK_DOWN = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)


def message(protocol: Any, pdu: Any, values: int = 1) -> bytes:
    protocol.apiPDU.set_defaults(pdu)
    if protocol is v2c:
        protocol.apiPDU.set_varbinds(
            pdu, [((*LINK_DOWN, number), v2c.OctetString(b"x" * 40)) for number in range(values)]
        )
    whole = protocol.Message()
    protocol.apiMessage.set_defaults(whole)
    protocol.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


def trap_1() -> bytes:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    whole = v1.Message()
    v1.apiMessage.set_defaults(whole)
    v1.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


TRAP = message(v2c, v2c.SNMPv2TrapPDU())


@pytest.mark.parametrize("payload", [trap_1(), TRAP, message(v2c, v2c.SNMPv2TrapPDU(), 9)], ids=["v1", "v2c", "long"])
def test_a_trap_asks_for_nothing(payload: bytes) -> None:
    assert read_notice(payload).acknowledgement == b""


@pytest.mark.parametrize("values", [0, 1, 30])
def test_an_inform_is_acknowledged_with_what_it_said(values: int) -> None:
    inform = message(v2c, v2c.InformRequestPDU(), values)
    whole, _ = decoder.decode(inform, asn1Spec=v2c.Message())
    request = int(v2c.apiPDU.get_request_id(v2c.apiMessage.get_pdu(whole)))
    answer = parse_answer(v2c, read_notice(inform).acknowledgement)
    assert (answer.request, answer.status, len(answer.bindings)) == (request, 0, values)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x30\x03\x02\x01",
        b"GET / HTTP/1.1\r\n",
        TRAP[:-1],
        TRAP + b"\x00",
        message(v2c, v2c.GetRequestPDU()),
        message(v1, v1.GetRequestPDU()),
        message(v2c, v2c.GetResponsePDU()),
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",
        b"\x30\x80\x02\x01\x01\x00\x00",
    ],
    ids=["empty", "short", "text", "cut", "more", "get-2", "get-1", "response", "too-long", "endless"],
)
def test_anything_else_is_garbage(payload: bytes) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read_notice(payload)
    assert caught.value.error is ReadError.GARBAGE


@given(st.data())
def test_damaged_bytes_are_read_or_garbage(data: st.DataObject) -> None:
    payload = bytearray(data.draw(st.sampled_from([trap_1(), TRAP, message(v2c, v2c.InformRequestPDU()), bytes(40)])))
    for at in data.draw(st.lists(st.integers(0, len(payload) - 1), max_size=6)):
        payload[at] = data.draw(st.integers(0, 255))
    damaged = bytes(payload[: data.draw(st.integers(0, len(payload)))])
    try:
        notice = read_notice(damaged)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise
    else:
        assert len(notice.acknowledgement) in (0, len(damaged))


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_garbage(payload: bytes) -> None:
    try:
        read_notice(payload)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise


@pytest.mark.parametrize(
    ("said", "address"),
    [("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("fe80::1%eth0", "fe80::1"), ("FD00::0:1", "fd00::1")],
)
def test_an_address_is_compared_in_one_form(said: str, address: str) -> None:
    assert plain_address(said) == address


@contextlib.asynccontextmanager
async def receiving(hosts: dict[str, set[str]], call: Callable[[str, str], None]) -> AsyncIterator[tuple[Traps, int]]:
    port = free_udp_port()
    traps = Traps(("127.0.0.1", port), call)
    traps.replace(hosts)
    running = [asyncio.create_task(work) for work in (traps.keep_resolving(), traps.listen())]
    try:
        await until(lambda: all(traps._addresses.values()))
        yield traps, port
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    await asyncio.to_thread(wait_until, condition, 5)


def test_only_who_is_probed_is_heard_and_the_rest_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    rung: list[str] = []

    async def go() -> None:
        async with receiving({"127.0.0.1": {"prn"}, "localhost": {"pc"}}, lambda device, _: rung.append(device)) as (
            traps,
            port,
        ):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as known, socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM
            ) as stranger:  # fmt: skip
                stranger.bind(("127.0.0.2", 0))
                for _ in range(50):
                    stranger.sendto(TRAP, ("127.0.0.1", port))
                    known.sendto(b"garbage", ("127.0.0.1", port))
                known.sendto(TRAP, ("127.0.0.1", port))
                await until(lambda: traps._counts.total() == 101)

    with caplog.at_level(logging.INFO):
        asyncio.run(go())
    assert sorted(rung) == ["pc", "prn"]
    assert caplog.text.count("traps so far") == 1, "a storm is not written down"


def test_a_host_that_cannot_be_looked_up_is_not_heard() -> None:
    assert asyncio.run(addresses_of("no such host")) == set()
    assert "127.0.0.1" in asyncio.run(addresses_of("localhost"))


def test_a_storm_costs_little_and_its_last_trap_is_not_lost() -> None:
    rung: list[float] = []
    ended_at: list[float] = []

    def storm(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(10_000):
                sender.sendto(TRAP, ("127.0.0.1", port))
        ended_at.append(time.monotonic())

    async def go() -> int:
        calls = Calls(lambda _: rung.append(time.monotonic()))
        async with receiving({"127.0.0.1": {"prn"}}, calls.call) as (traps, port):
            began = time.monotonic()
            await asyncio.to_thread(storm, port)
            await until(lambda: rung[-1] > ended_at[0] and time.monotonic() > began + 3)
            assert time.monotonic() - began < 4.5
            return traps._counts.total()

    taken = asyncio.run(go())
    assert len(rung) <= 3
    assert taken <= 4 * MOST_PER_S


def test_a_port_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_socket(("127.0.0.1", 0)) as taken, pytest.raises(CouldNotRead, match="listens there already"):
        open_socket(taken.getsockname())
    with pytest.raises(CouldNotRead, match="give an address of this machine"):
        open_socket(("192.0.2.1", 16200))

    def refuse(self: socket.socket, address: Any) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(CouldNotRead, match="CAP_NET_BIND_SERVICE") as caught:
        open_socket(("0.0.0.0", 162))
    assert caught.value.error is ReadError.LOCAL


def test_a_machine_without_ipv6_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(CouldNotRead, match="cannot be listened on: Address family not supported"):
        open_socket(("::", 1162))


def with_traps(folder: Path, port: int, broker: tuple[str, int] = ("127.0.0.1", 1)) -> AgentProcess:
    agent = AgentProcess(folder, "gw", broker)
    agent.config.write_text(f'{agent.config.read_text()}\n[traps]\nlisten = "127.0.0.1:{port}"\n')
    return agent


def test_check_says_where_traps_are_received_and_whether_that_can_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_udp_port()
    config = with_traps(tmp_path, port).config
    assert cli.main(["check", "--config", str(config)]) == 0
    assert f"traps       127.0.0.1:{port}\n" in capsys.readouterr().out
    with open_socket(("127.0.0.1", port)):
        assert cli.main(["check", "--config", str(config)]) == 0
    assert "CANNOT LISTEN: " in capsys.readouterr().out


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as running:
        yield running


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    with listen(broker.host, broker.port) as listening:
        yield listening


V3 = ["-v3", "-u", "sender", "-l", "authPriv", "-a", "SHA", "-A", "signed-by-me", "-x", "AES", "-X", "hidden-by-me"]
COMMANDS = {
    "trap of v1": ["snmptrap", "-v1", "-c", "any", "{}", "1.3.6.1.4.1.8072", "", "2", "0", ""],
    "trap of v2c": ["snmptrap", "-v2c", "-c", "any", "{}", "", "1.3.6.1.6.3.1.1.5.3"],
    "inform of v2c": ["snmpinform", "-v2c", "-c", "any", "-r", "0", "-t", "2", "{}", "", "1.3.6.1.6.3.1.1.5.3"],
    "trap of v3": ["snmptrap", *V3, "-e", "0x8000000001020304", "{}", "", "1.3.6.1.6.3.1.1.5.3"],
    "inform of v3": ["snmpinform", *V3, "-r", "0", "-t", "1", "{}", "", "1.3.6.1.6.3.1.1.5.3"],
}


@pytest.mark.e2e
def test_every_kind_of_trap_makes_the_agent_read_at_once(tmp_path: Path, broker: Mosquitto, listener: Listener) -> None:
    port = free_udp_port()
    order = ProbeOrder("sw-1", "tcp", "tcp", 3600.0, 2.0, {"host": "127.0.0.1", "port": broker.port})
    listener.order("gw", Assignment("gw", "d1", [order]))
    agent = with_traps(tmp_path, port, (broker.host, broker.port))
    agent.start()
    try:
        wait_until(lambda: listener.readings and "receiving traps" in agent.log.read_text(), 10)
        for kind, command in COMMANDS.items():
            last_at = listener.heard[-1].at
            wait_until(lambda at=last_at: time.monotonic() > at + 2.2, 5)  # type: ignore[misc]
            before, sent_at = len(listener.readings), time.monotonic()
            arguments = [word.format(f"127.0.0.1:{port}") for word in command]
            sender = subprocess.Popen(arguments, env=os.environ | {"MIBS": ""}, stderr=subprocess.DEVNULL)
            wait_until(lambda n=before: len(listener.readings) > n, 3, kind)  # type: ignore[misc]
            assert listener.heard[-1].at - sent_at < 1, kind
            assert (sender.wait(10) == 0) is (kind != "inform of v3"), f"{kind}: acknowledged, except with keys"
    finally:
        agent.stop()
    assert "traps so far: 1 from probed devices; the last one from 127.0.0.1" in agent.log.read_text()


@pytest.mark.e2e
def test_an_agent_that_cannot_receive_traps_works_on_and_says_so(
    tmp_path: Path, broker: Mosquitto, listener: Listener
) -> None:
    order = ProbeOrder("sw-1", "tcp", "tcp", 1.0, 1.0, {"host": "127.0.0.1", "port": broker.port})
    listener.order("gw", Assignment("gw", "d1", [order]))
    with open_socket(("127.0.0.1", 0)) as taken:
        agent = with_traps(tmp_path, taken.getsockname()[1], (broker.host, broker.port))
        agent.start()
        wait_until(lambda: len(listener.readings) >= 3, 10)
    wait_until(lambda: "receiving traps on" in agent.log.read_text(), 10, "the port is free now")
    agent.stop()
    assert agent.log.read_text().count("cannot be listened on: a program listens there already") == 1


def test_threads_that_wait_for_a_name_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that hangs holds one look-up at a time, and no address that needs none."""
    asked, let_go = list[str](), threading.Event()

    def hang(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        let_go.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def go() -> None:
        traps = Traps(("127.0.0.1", 0), lambda *_: None)
        traps.replace({f"host-{number}": {"d"} for number in range(9)} | {"10.0.0.9": {"ups"}})
        resolving = asyncio.create_task(traps.keep_resolving())
        await until(lambda: asked)
        await asyncio.sleep(0.05)
        assert len(asked) == 1
        assert traps._devices == {"10.0.0.9": {"ups"}}
        resolving.cancel()
        let_go.set()

    asyncio.run(go())


def test_a_name_that_cannot_be_looked_up_again_keeps_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def look_up(host: str) -> set[str]:
        asked.append(host)
        return {"10.0.0.7"} if len(asked) == 1 else set()

    monkeypatch.setattr("hallwatch_agent.traps.addresses_of", look_up)

    async def go() -> None:
        traps = Traps(("127.0.0.1", 0), lambda *_: None)
        resolving = asyncio.create_task(traps.keep_resolving())
        traps.replace({"printer": {"prn"}})
        await until(lambda: len(asked) == 1)
        traps.replace({"printer": {"prn-1"}})
        await until(lambda: len(asked) == 2)
        assert traps._devices == {"10.0.0.7": {"prn-1"}}
        resolving.cancel()

    asyncio.run(go())
