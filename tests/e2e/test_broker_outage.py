"""Must hold: the broker is stopped while the agent reads, and nothing is lost, invented or late when it is back.

Real parts: Mosquitto, ``hallwatch-agent run`` that looks at real ports, ``hallwatch run``, VictoriaMetrics.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hallwatch_agent.wire import Reading
from parts.agent import AgentProcess, run_agent
from parts.collector import CollectorProcess, run_collector, wall_clock
from parts.listener import Listener, listen
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.port import Port, open_ports
from parts.victoriametrics import VictoriaMetrics, serve_victoriametrics
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

OUTAGE_S = 60.0
INTERVAL_S = 0.5
SLACK_S = 0.3
"""By which a reading may come later than its interval says, on a busy machine."""
KNOWN_WITHIN_S = 2.0

STEADY, BLIPPED, STILL_BROKEN, BROKE, MENDED = (f"kiosk-{number}" for number in range(5))
"""What happens to each during the outage: nothing; closes and opens again; opens and closes again; closes; opens."""
KIOSKS = (STEADY, BLIPPED, STILL_BROKEN, BROKE, MENDED)
BROKEN_BEFORE = {STILL_BROKEN, MENDED}
BROKEN_AFTER = {STILL_BROKEN, BROKE}

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
faults = [{ fault = "port-closed", hold_s = 0 }]
"""


class Setting(NamedTuple):
    """A hall at work."""

    broker: Mosquitto
    collector: CollectorProcess
    agent: AgentProcess
    listener: Listener
    history: VictoriaMetrics
    ports: dict[str, Port]


def describe(ports: dict[str, Port]) -> str:
    return HALL + "".join(
        f'[[devices]]\nid = "{device}"\nkind = "kiosk"\nname = "自助终端"\n'
        f'probes = [{{ kind = "tcp", interval_s = {INTERVAL_S}, host = "127.0.0.1", port = {port.number} }}]\n'
        for device, port in ports.items()
    )


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        history = stack.enter_context(serve_victoriametrics(tmp_path / "history"))
        ports = dict(zip(KIOSKS, stack.enter_context(open_ports(len(KIOSKS))), strict=True))
        more = f'[history]\nurl = "{history.url}"\n'
        collector = stack.enter_context(run_collector(tmp_path, broker.port, describe(ports), more))
        listener = stack.enter_context(listen(broker.host, broker.port))
        agent = stack.enter_context(run_agent(tmp_path / "gw", "gw", (broker.host, broker.port)))
        yield Setting(broker, collector, agent, listener, history, ports)


def change(setting: Setting, *devices: str) -> None:
    """Open what is closed, and close what is open."""
    for device in devices:
        port = setting.ports[device]
        port.close() if port.is_open else port.open()


def states(setting: Setting) -> dict[str, str]:
    return {device["id"]: device["state"] for device in setting.collector.get("/api/halls/330106/xihu")["devices"]}


def are(setting: Setting, broken: set[str]) -> bool:
    """Tell whether every kiosk is seen, and these are the broken ones."""
    return states(setting) == {device: "unusable" if device in broken else "ok" for device in KIOSKS}


def suffer_outage(setting: Setting) -> tuple[float, float]:
    """Stop the broker and start it again, while ports open and close; return when it was stopped and was back."""
    pause = threading.Event()
    stopped_at = wall_clock()
    setting.broker.stop()
    pause.wait(OUTAGE_S * 0.2)
    change(setting, BLIPPED, STILL_BROKEN, BROKE)
    pause.wait(OUTAGE_S * 0.4)
    change(setting, BLIPPED, STILL_BROKEN, MENDED)
    pause.wait(OUTAGE_S * 0.4)
    assert set(states(setting).values()) == {"unknown"}, "nobody sees them meanwhile"
    setting.broker.start()
    return stopped_at, wall_clock()


@pytest.mark.timeout(240)
def test_the_broker_is_stopped_while_the_agent_reads(setting: Setting) -> None:
    """After its return: present state within 2 s, no flip from old readings, every reading in the history."""
    change(setting, *BROKEN_BEFORE)
    wait_until(lambda: are(setting, BROKEN_BEFORE), 20, "all is known before")
    stopped_at, back_at = suffer_outage(setting)
    wait_until(lambda: are(setting, BROKEN_AFTER), KNOWN_WITHIN_S, "all is known again")
    wait_until(lambda: backlog_is_in(setting), 10, "the backlog is in")
    assert (setting.collector.metric("hallwatch_readings_late_total") or 0) > 0.8 * len(KIOSKS) * OUTAGE_S / INTERVAL_S
    check_flips(setting, stopped_at, back_at)
    setting.agent.stop()
    check_reports(setting.listener, stopped_at, back_at)
    check_history(setting)


def backlog_is_in(setting: Setting) -> bool:
    [agent] = setting.collector.get("/api/halls/330106/xihu")["agents"]
    return bool(agent["spooled"] == 0 and agent["gaps"] == 0)


def check_flips(setting: Setting, stopped_at: float, back_at: float) -> None:
    """Only what the present shows was raised and cleared; that a port opened or closed in between left no flip."""
    journal = [entry for entry in setting.collector.journal() if entry["at"] > stopped_at]
    flips = [entry for entry in journal if entry["kind"] in ("fault-raised", "fault-cleared")]
    mine = [entry for entry in flips if entry["hall"] == "330106/xihu"]
    assert sorted((entry["kind"], entry["event"]["device"]) for entry in mine) == [
        ("fault-cleared", MENDED),
        ("fault-raised", BROKE),
    ]
    assert all(entry["at"] > back_at - INTERVAL_S - SLACK_S for entry in mine), "at the moment of a present reading"
    kinds = Counter(entry["kind"] for entry in journal if entry["hall"] == "330106/xihu")
    assert (kinds["sight-lost"], kinds["sight-regained"]) == (len(KIOSKS), len(KIOSKS))


def moments(readings: list[Reading], device: str) -> dict[int, float]:
    """Return what the agent read of a device: milliseconds → whether its port was open."""
    return {round(r.at * 1000): float(r.conditions["port-open"]) for r in readings if r.device == device}


def check_reports(listener: Listener, stopped_at: float, back_at: float) -> None:
    """The agent read on at its interval, and every report came (one that the end interrupted may have come twice)."""
    seqs = {report.seq for report in listener.reports}
    assert seqs == set(range(1, max(seqs) + 1))
    for device in KIOSKS:
        taken = sorted(moments(listener.readings, device))
        gaps = [(after - before) / 1000 for before, after in itertools.pairwise(taken)]
        assert max(gaps) < INTERVAL_S + SLACK_S
        assert sum(stopped_at < at / 1000 < back_at for at in taken) > 0.9 * OUTAGE_S / INTERVAL_S
    assert {report.late for report in listener.reports} == {False, True}


def check_history(setting: Setting) -> None:
    """Every reading is found with its own time and what it told."""
    for device in KIOSKS:
        told = moments(setting.listener.readings, device)
        wait_until(lambda device=device, told=told: recall(setting, device) == told, 10, f"history of {device}", 0.2)


def recall(setting: Setting, device: str) -> dict[int, float]:
    """Return what the history holds of a device, as :func:`moments`."""
    [series] = setting.history.query(f'hallwatch_condition_port_open{{device="{device}"}}[5m]') or [{"values": []}]
    values: list[Any] = series["values"]
    return {round(at * 1000): float(value) for at, value in values}
