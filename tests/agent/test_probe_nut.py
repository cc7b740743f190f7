"""A UPS behind Network UPS Tools: what its words mean, a real server, and servers that misbehave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.power.nut_ups import NutUpsProbe, parse_number, parse_variables, quoted
from hallwatch_agent.wire import ReadError
from parts.mosquitto import free_port
from parts.nut import Nut, serve_nut
from parts.waiting import wait_until

ALL = {
    "reachable", "on-battery", "battery-low", "overload", "replace-battery", "communication-lost", "bypass",
    "output-off", "ups-alarm",
}  # fmt: skip


def faults(told: Told) -> set[str]:
    return {key for key, value in told.conditions.items() if value} - {"reachable"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("OL", set()), ("OL CHRG", set()), ("OL TRIM", set()), ("OL BOOST", set()), ("ECO OL", set()),
        ("OB DISCHRG", {"on-battery"}), ("OB LB", {"on-battery", "battery-low"}), ("OL RB", {"replace-battery"}),
        ("OL OVER", {"overload"}), ("BYPASS", {"bypass"}), ("OL BYPASS", {"bypass"}), ("OFF", {"output-off"}),
        ("OL HB", {"ups-alarm"}), ("FSD OB LB", {"on-battery", "battery-low", "ups-alarm"}),
        ("ALARM OL", {"ups-alarm"}),
        ("OB DISCHRG CAL", set()),  # it went to the battery by itself
    ],
)  # fmt: skip
def test_status(status: str, expected: set[str]) -> None:
    told = parse_variables({"ups.status": status})
    assert faults(told) == expected
    if "OL" in status or "OB" in status:
        assert set(told.conditions) == ALL
    else:
        assert "on-battery" not in told.conditions


@pytest.mark.parametrize("status", [None, "", "WAIT", "CHRG"])
def test_a_driver_that_does_not_know_yet(status: str | None) -> None:
    variables = {"battery.charge": "50"} | ({"ups.status": status} if status is not None else {})
    told = parse_variables(variables)
    assert told.conditions == {"reachable": True, "communication-lost": False}
    assert told.metrics == {"charge_ratio": 0.5}


def test_numbers() -> None:
    told = parse_variables(
        {
            "ups.status": "OB", "battery.charge": "80", "battery.runtime": "1200", "ups.load": "31",
            "ups.L2.load": "44",
            "input.L1-N.voltage": "229.4", "input.L2-N.voltage": "0", "input.voltage.nominal": "110",
            "ups.temperature": "0", "battery.temperature": "26.5", "ups.load.high": "140",
        }
    )  # fmt: skip
    assert told.metrics == {
        "charge_ratio": 0.8, "runtime_s": 1200.0, "load_ratio": 0.44, "input_v": 229.4, "temperature_c": 26.5,
    }  # fmt: skip


@pytest.mark.parametrize("runtime", ["0", "-1", "unknown"])
def test_a_run_time_that_is_not_known_is_absent(runtime: str) -> None:
    assert "runtime_s" not in parse_variables({"ups.status": "OB", "battery.runtime": runtime}).metrics
    assert "runtime_s" not in parse_variables({"ups.status": "OL", "battery.runtime": "1200"}).metrics


@pytest.mark.parametrize(("status", "low"), [("OB", True), ("OL CHRG", False)])
def test_below_the_low_charge_a_battery_in_use_is_low(status: str, low: bool) -> None:
    told = parse_variables({"ups.status": status, "battery.charge": "19", "battery.charge.low": "20"})
    assert told.conditions["battery-low"] is low


def test_alarms_are_told_in_the_drivers_words() -> None:
    told = parse_variables({"ups.status": "ALARM OL", "ups.alarm": "Charger failed!\tCheck", "device.mfr": "EATON"})
    assert told.facts == {"alarms": "Charger failed! Check", "model": "EATON"}


def test_a_server_that_lost_its_ups_tells_nothing_else() -> None:
    assert parse_variables(None) == Told({}, {"reachable": True, "communication-lost": True}, {})


@given(st.dictionaries(st.sampled_from(["ups.status", "ups.alarm", "battery.charge", "battery.charge.low", "ups.load",
       "battery.runtime", "input.voltage", "ups.temperature", "device.model"]), st.text()))  # fmt: skip
def test_whatever_a_server_says_is_decoded(variables: dict[str, str]) -> None:
    told = parse_variables(variables)
    assert all(value >= 0 for key, value in told.metrics.items() if key != "temperature_c")
    assert 0 <= told.metrics.get("charge_ratio", 0) <= 1
    msgspec.json.encode(told)


@given(st.text())
def test_a_number_is_a_number(value: str) -> None:
    number = parse_number(value)
    assert number is None or abs(number) < 1e12


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "hall\nLIST UPS", "hall\n", "hall\\"])
def test_a_name_is_one_word_of_a_line(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "nut-ups", "host": "h", "ups": name}, NutUpsProbe)


@pytest.mark.parametrize("half", [{"password_file": "nut"}, {"user": "hallwatch"}])
def test_user_and_password_go_together(half: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError, match="`user` and `password_file` go together"):
        msgspec.convert({"kind": "nut-ups", "host": "h", "ups": "u"} | half, NutUpsProbe)


@pytest.mark.parametrize("secret", ["päss", "a\nb", "密码"])
def test_a_password_that_cannot_be_sent_is_our_own_trouble(secret: str) -> None:
    with pytest.raises(CouldNotRead) as caught:
        quoted(secret)
    assert caught.value.error is ReadError.LOCAL
    assert secret not in caught.value.note


# -- a real server -----------------------------------------------------------------------------------------------------


def read(server: Nut, **options: Any) -> Told:
    table = {"kind": "nut-ups", "host": server.host, "port": server.port, "ups": "hall", "timeout_s": 3.0} | options
    probe = msgspec.convert(table, NutUpsProbe)
    return asyncio.run(probe.read(Context(typed={"nut": 'a "b'})))


def test_a_power_cut_from_its_beginning_to_its_end() -> None:
    with serve_nut("OL", battery_charge="100", input_voltage="229.5", ups_load="31") as server:
        wait_until(lambda: set(read(server).conditions) == ALL, 10, "the driver to tell a status")
        assert faults(read(server)) == set()
        assert read(server).metrics == {"charge_ratio": 1.0, "input_v": 229.5, "load_ratio": 0.31}

        server.tell("OB DISCHRG", battery_charge="80", battery_runtime="900", input_voltage="0.0")
        wait_until(lambda: faults(read(server)) == {"on-battery"}, 10, "on battery")
        assert read(server).metrics == {"charge_ratio": 0.8, "runtime_s": 900.0, "input_v": 0.0, "load_ratio": 0.31}

        server.tell("OB LB DISCHRG", battery_charge="15", battery_runtime="60")
        wait_until(lambda: faults(read(server)) == {"on-battery", "battery-low"}, 10, "battery low")

        server.stop_driver()
        wait_until(lambda: faults(read(server)) == {"communication-lost"}, 10, "the driver to be missed")
        assert read(server) == Told({}, {"reachable": True, "communication-lost": True}, {})

        server.tell("OL CHRG", battery_charge="20", input_voltage="230.1")
        server.start_driver()
        wait_until(lambda: set(read(server).conditions) == ALL and not faults(read(server)), 10, "all well again")

        with pytest.raises(CouldNotRead, match="no UPS other; there are: hall") as caught:
            read(server, ups="other")
        assert caught.value.error is ReadError.UNSUPPORTED
        assert read(server, user="watcher", password_file="nut").conditions["on-battery"] is False
        wait_until(lambda: server.connections() == 0, 5, "all connections to be closed")


# -- servers that misbehave --------------------------------------------------------------------------------------------

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\n" for line in lines).encode())
    await writer.drain()


def read_from(talk: Talk, **options: Any) -> Told:
    """Read from a server that talks like this; every connection must be closed within a second after the reading."""

    async def both() -> Told:
        talks: list[asyncio.Task[None]] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await talk(reader, writer)
            while await reader.read(1000):
                pass
            writer.close()

        server = await asyncio.start_server(
            lambda reader, writer: talks.append(asyncio.create_task(serve(reader, writer))), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        table = {"kind": "nut-ups", "host": "127.0.0.1", "port": port, "ups": "hall", "timeout_s": 0.5} | options
        try:
            return await msgspec.convert(table, NutUpsProbe).read(Context(typed={"nut": "verysecret"}))
        finally:
            async with asyncio.timeout(1):
                await asyncio.gather(*talks, return_exceptions=True)
            server.close()

    return asyncio.run(both())


async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    pass


def answering(*lines: str) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await say(writer, *lines)

    return talk


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silent, ReadError.TIMEOUT),
        (answering("BEGIN LIST VAR hall"), ReadError.TIMEOUT),
        (answering("BEGIN LIST VAR hall", *[f'VAR hall x{n} "{"y" * 99}"' for n in range(2000)]), ReadError.GARBAGE),
        (answering("BEGIN LIST VAR hall", "VAR hall", "END LIST VAR hall"), ReadError.GARBAGE),
        (answering("HTTP/1.1 400 Bad Request"), ReadError.GARBAGE),
        (answering("密码"), ReadError.GARBAGE),
        (answering("ERR ACCESS-DENIED"), ReadError.DENIED),
        (answering("ERR UNKNOWN-COMMAND"), ReadError.UNSUPPORTED),
        (hangs_up, ReadError.GARBAGE),
    ],
)  # fmt: skip
def test_what_a_server_does_is_named(talk: Talk, error: ReadError) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read_from(talk)
    assert caught.value.error is error


@pytest.mark.parametrize("code", ["DATA-STALE", "DRIVER-NOT-CONNECTED"])
def test_a_lost_ups_is_told_by_the_server(code: str) -> None:
    assert read_from(answering(f"ERR {code}")).conditions == {"reachable": True, "communication-lost": True}


@pytest.mark.parametrize("talk", [silent, answering("ERR ACCESS-DENIED")])
def test_a_failed_log_in_leaks_neither_connection_nor_password(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CouldNotRead) as caught:
        read_from(talk, user="watcher", password_file="nut")
    assert caught.value.error in (ReadError.TIMEOUT, ReadError.DENIED)
    assert "verysecret" not in caught.value.note + caplog.text


def test_the_password_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in ("OK", "OK", 'BEGIN LIST VAR hall\nVAR hall ups.status "OL"\nEND LIST VAR hall'):
            await reader.readline()
            await say(writer, answer)

    assert read_from(talk, user="watcher", password_file="nut").conditions["on-battery"] is False
    assert "verysecret" not in caplog.text


def test_nobody_listens() -> None:
    with pytest.raises(CouldNotRead) as caught:
        asyncio.run(NutUpsProbe(host="localhost", port=free_port(), ups="hall").read(Context()))
    assert caught.value.error is ReadError.REFUSED


def test_a_host_that_is_not_found_is_our_own_trouble() -> None:
    with pytest.raises(CouldNotRead) as caught:
        asyncio.run(NutUpsProbe(host="no-such-host.invalid", ups="hall").read(Context()))
    assert caught.value.error is ReadError.LOCAL
