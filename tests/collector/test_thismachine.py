"""The demo's description of the machine it runs on is a valid hall file, whatever the machine is like."""

from __future__ import annotations

import socket
import tomllib

import pytest

from hallwatch_collector.broker import choose_port
from hallwatch_collector.thismachine import (
    Neighbour,
    answering_port,
    describe_this_machine,
    parse_gateway,
    parse_name_servers,
    parse_printers,
    write_hall,
)

HEADER = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"


@pytest.mark.parametrize(
    ("table", "gateway"),
    [
        (HEADER + "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", "192.168.0.1"),
        (HEADER + "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", None),
        (HEADER + "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n", None),
        (HEADER + "eth0\t00000000\tnonsense\t0003\n\n", None),
        ("", None),
    ],
)
def test_the_gateway_is_read_from_the_routes(table: str, gateway: str | None) -> None:
    assert parse_gateway(table) == gateway


def test_name_servers_are_read_as_the_resolver_does() -> None:
    text = "# nameserver 9.9.9.9\nsearch a.b\nnameserver 10.0.0.1\nnameserver\t10.0.0.2\nnameserver 10.0.0.1\n"
    assert parse_name_servers(text) == ["10.0.0.1", "10.0.0.2"]
    assert len(parse_name_servers("".join(f"nameserver 10.0.0.{n}\n" for n in range(9)))) == 3


def test_only_printers_with_an_address_are_taken() -> None:
    text = (
        "device for Laser: socket://192.168.1.53:9100\n"
        "device for Office: ipp://printer.lan/ipp/print\n"
        "device for Usb: usb://HP/LaserJet?serial=X\n"
        "device for Odd: lpd://[::1\n"
        "device for Cups: implicitclass://Cups/\n"
    )
    assert parse_printers(text) == [("192.168.1.53", 9100), ("printer.lan", 631)]


def test_a_refusal_is_an_answer_and_the_first_port_that_answers_is_taken() -> None:
    closed = choose_port([])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert answering_port("127.0.0.1", [port, closed]) == port
    assert answering_port("127.0.0.1", [closed]) == closed
    assert answering_port("no-such-host.invalid", [53]) is None


def test_what_does_not_answer_is_left_out_with_a_word() -> None:
    neighbours = [
        Neighbour("gateway", "router", "默认网关", "192.168.0.1", 53),
        Neighbour("dns-1", "server", "域名服务器1", "10.0.0.1", None, "gateway"),
        Neighbour("prn-1", "printer", "打印机1", 'odd"host', 9100, snmp=True),
    ]
    text = write_hall('odd"name\\', neighbours)
    hall = tomllib.loads(text)
    assert [device["id"] for device in hall["devices"]] == ["pc", "gateway", "prn-1"]
    assert hall["devices"][0]["name"] == 'odd"name\\'
    assert [probe["kind"] for probe in hall["devices"][2]["probes"]] == ["tcp", "snmp-printer"]
    assert "# 10.0.0.1 (dns-1) did not answer" in text


def test_this_machine_can_be_described() -> None:
    hall = tomllib.loads(describe_this_machine())
    assert hall["devices"][0]["probes"] == [{"kind": "host", "interval_s": 5}]
