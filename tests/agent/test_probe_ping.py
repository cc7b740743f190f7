"""Ping: by echoes where they are permitted, else over TCP; only who was asked is silent."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.probes.systems import echoes
from hallwatch_agent.probes.systems.echoes import Address, Knock, NotPermitted, echo, knock
from hallwatch_agent.probes.systems.ping import PingProbe, judge_echoes, judge_knocks
from hallwatch_agent.wire import ReadError
from parts.bureau import half_open
from parts.mosquitto import free_port

LOOPBACK = "127.0.0.1"


def read(host: str = LOOPBACK, **options: Any) -> Told:
    probe = PingProbe(host=host, **{"timeout_s": 2.0} | options)
    return asyncio.run(probe.read(Context()))


@pytest.fixture
def no_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that may send no echo."""
    monkeypatch.setattr(echoes, "_right", [None])


def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let echoes be permitted, and never come back."""

    async def unanswered(_: Address, count: int, __: float, *, is_raw: bool) -> list[float | None]:
        assert is_raw
        return [None] * count

    monkeypatch.setattr(echoes, "_right", [True])
    monkeypatch.setattr(echoes, "echo", unanswered)


def may_send(is_raw: bool) -> bool:
    try:
        return asyncio.run(echo(Address(socket.AF_INET, LOOPBACK), 1, 0.5, is_raw=is_raw))[0] is not None
    except NotPermitted:
        return False


def test_this_machine_pings_itself_by_what_it_may() -> None:
    told = read(tcp_ports=(free_port(),), count=2)
    assert told.conditions == {"reachable": True}
    assert 0 < told.metrics["round_trip_s"] < 2
    if may_send(is_raw=False) or may_send(is_raw=True):
        assert told.facts == {"asked-by": "icmp"}
        assert told.metrics["loss_ratio"] == 0.0
    else:
        assert told.facts == {"asked-by": "tcp"}


@pytest.mark.e2e
@pytest.mark.parametrize(("group", "asked_by"), [("0 2147483647", "icmp"), ("1 0", "tcp")])
def test_a_user_without_rights_depends_on_the_group_range(group: str, asked_by: str) -> None:
    command = [sys.executable, "-m", "hallwatch_agent", "probe", "--json", "ping", "host=127.0.0.1"]
    script = (
        f"ip link set lo up && echo '{group}' > /proc/sys/net/ipv4/ping_group_range && "
        f"exec setpriv --inh-caps=-all --bounding-set=-all --ambient-caps=-all {' '.join(command)}"
    )
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    reading = msgspec.json.decode(done.stdout or done.stderr)
    assert reading["conditions"] == {"reachable": True}
    assert reading["facts"] == {"asked-by": asked_by}


def test_a_refusal_is_an_answer(no_right: None) -> None:
    told = read(tcp_ports=(free_port(),))
    assert told.conditions == {"reachable": True}
    assert told.facts == {"asked-by": "tcp"}
    assert told.metrics.keys() == {"round_trip_s"}


def test_the_first_port_that_answers_counts(no_right: None) -> None:
    with half_open() as port:
        assert read(tcp_ports=(port, free_port())).conditions == {"reachable": True}


def test_without_the_right_and_without_ports_it_is_not_offered(no_right: None) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read(tcp_ports=())
    assert caught.value.error is ReadError.UNSUPPORTED


def test_who_answers_no_echo_is_asked_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    silence(monkeypatch)
    told = read(tcp_ports=(free_port(),))
    assert told.conditions == {"reachable": True}
    assert told.facts == {"asked-by": "tcp"}
    assert "loss_ratio" not in told.metrics
    assert read(tcp_ports=()) == Told({"loss_ratio": 1.0}, {"reachable": False}, {"asked-by": "icmp"})


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64, "255.255.255.255"])
@pytest.mark.parametrize("right", [None, True])
def test_a_host_that_cannot_be_asked_is_not_silent(
    host: str, right: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if right:
        silence(monkeypatch)
    else:
        monkeypatch.setattr(echoes, "_right", [None])
    with pytest.raises(CouldNotRead) as caught:
        read(host)
    assert caught.value.error is ReadError.LOCAL


def test_a_silent_host_costs_its_time_limit(monkeypatch: pytest.MonkeyPatch, no_right: None) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(60)

    async def measure() -> tuple[list[Knock], float]:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "sock_connect", hang)
        began = loop.time()
        return await knock(Address(socket.AF_INET, LOOPBACK), (1, 2, 3), began + 0.2), loop.time() - began

    knocks, took_s = asyncio.run(measure())
    assert 0.15 < took_s < 1
    assert judge_knocks(knocks) == Told(conditions={"reachable": False}, facts={"asked-by": "tcp"})


@pytest.mark.e2e
def test_a_machine_without_network_calls_nobody_silent() -> None:
    command = [sys.executable, "-m", "hallwatch_agent", "probe", "ping", "host=192.0.2.1"]
    done = subprocess.run(["unshare", "--net", *command], capture_output=True, text=True, timeout=20, check=False)
    assert "could not be read: local: " in done.stdout, done.stderr


def test_what_echoes_tell() -> None:
    assert judge_echoes([0.1, None, 0.3, None]) == Told(
        {"round_trip_s": 0.2, "loss_ratio": 0.5}, {"reachable": True}, {"asked-by": "icmp"}
    )
    assert judge_echoes([None]) == Told({}, {"reachable": False}, {"asked-by": "icmp"})
    assert judge_echoes([0.5]) == Told({"round_trip_s": 0.5}, {"reachable": True}, {"asked-by": "icmp"})


def test_a_silence_counts_before_this_machines_own_trouble() -> None:
    local, silent = CouldNotRead(ReadError.LOCAL, "no sockets"), CouldNotRead(ReadError.TIMEOUT, "")
    assert judge_knocks([Knock(None, local), Knock(None, silent)]).conditions == {"reachable": False}
    with pytest.raises(CouldNotRead, match="no sockets"):
        judge_knocks([Knock(None, local), Knock(None, local)])
    assert judge_knocks([Knock(None, local), Knock(0.2), Knock(0.1)]).metrics == {"round_trip_s": 0.1}


@pytest.mark.parametrize("options", [{"count": 0}, {"tcp_ports": [0]}, {"host": ""}])
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "ping", "host": "h"} | options, AnyProbe)
