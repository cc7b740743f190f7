"""Must hold: the uplink router down with 40 devices behind it is one incident, and its return is no burst.

The agents are simulated, on a real Mosquitto; the collector is ``hallwatch run`` with the catalogue and the plan as
they are shipped, so that the holds and the settling time are those of a hall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hallwatch_collector.plans import load
from parts.collector import CollectorProcess, run_collector
from parts.mosquitto import serve_mosquitto
from parts.simulation import SimulationProcess, run_simulation
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
simulated = true
agents = [{ id = "gw" }]
windows = [
  { id = "w1", number = 1, name = "1号窗口", classes = ["filing"] },
  { id = "w2", number = 2, name = "2号窗口", classes = ["filing", "certificates"] },
]
systems = [
  { id = "core-system", kind = "system", name = "核心征管系统", gives = ["core-system"], depends_on = ["rt-1"], \
probes = [{ kind = "tcp", interval_s = 1, host = "192.0.2.200", port = 443 }] },
]

[[devices]]
id = "rt-1"
kind = "router"
name = "上联路由器"
gives = ["network"]
# Looked at less often than what is behind it, so that those faults are ready first and must wait for their cause.
probes = [{ kind = "tcp", interval_s = 3, host = "192.0.2.1", port = 22 }]
"""
PROBES = {
    "pc": '{ kind = "tcp", interval_s = 1, host = "192.0.2.53", port = 445 }',
    "kiosk": '{ kind = "tcp", interval_s = 2, host = "192.0.2.53", port = 8080 }',
    "printer": '{ kind = "snmp-printer", interval_s = 1, host = "192.0.2.53" }',
}
DEVICES = [f"{kind}-{number}" for kind in PROBES for number in range(1, 14)]
BEHIND = {"core-system", *DEVICES}
LIMIT_S = 30
"""Ten seconds of hold, a look every three seconds, and a busy machine."""


def describe(device: str) -> str:
    """Return the part of the hall file for a device behind the switch at the end of the uplink."""
    kind = device.partition("-")[0]
    gives = {"pc": '["computer"]', "printer": '["print"]'}.get(kind, "[]")
    place = 'place = "w2"\n' if device in ("pc-2", "printer-2") else ""
    return (
        f'[[devices]]\nid = "{device}"\nkind = "{kind}"\nname = "{device}"\n{place}gives = {gives}\n'
        f'depends_on = ["rt-1"]\nprobes = [{PROBES[kind]}]\n'
    )


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[tuple[CollectorProcess, SimulationProcess]]:
    with (
        serve_mosquitto() as broker,
        run_collector(tmp_path, broker.port, "\n".join([HALL, *map(describe, DEVICES)])) as collector,
        run_simulation(tmp_path / "halls" / "xihu.toml", tmp_path, broker.port) as simulation,
    ):
        wait(lambda: set(states(collector).values()) == {"ok"}, "everything is seen and well")
        yield collector, simulation


def view(collector: CollectorProcess) -> dict[str, Any]:
    seen: dict[str, Any] = collector.get("/api/halls/330106/xihu")
    return seen


def states(collector: CollectorProcess) -> dict[str, str]:
    return {device["id"]: device["state"] for device in view(collector)["devices"]}


def faulty(collector: CollectorProcess) -> set[str]:
    return {device["id"] for device in view(collector)["devices"] if device["faults"]}


def explained(collector: CollectorProcess) -> int:
    return sum(incident["explained"] for incident in view(collector)["incidents"])


def wait(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, LIMIT_S, what, every_s=0.1)


def final_causes(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return by what each device's fault was explained in the end; a fault may be known before its cause is."""
    told = [event for event in events if event["event"] in ("fault-raised", "cause-changed")]
    return {event["device"]: event.get("cause", "") for event in told}


def test_forty_devices_behind_a_dead_router_are_one_incident_and_its_return_is_no_burst(
    hall: tuple[CollectorProcess, SimulationProcess],
) -> None:
    """One incident, one alert-worthy flip, 40 explained faults; router back before its dependents: no burst."""
    collector, simulation = hall
    assert len(BEHIND) == 40
    simulation.put("off", ["rt-1"])
    wait(lambda: faulty(collector) == BEHIND | {"rt-1"}, "the router and all 40 are down")
    wait(lambda: explained(collector) == 40, "the incident explains all 40")
    assert [each["device"] for each in view(collector)["incidents"]] == ["rt-1"], "and there is no other"
    incident = view(collector)["incidents"][0]["id"]

    # The router is back, and what is behind it still dark, as after a power cut.
    simulation.put("off", DEVICES)
    wait(lambda: "rt-1" not in faulty(collector), "the router is back")
    back_at = view(collector)["at"]
    wait(lambda: view(collector)["at"] > back_at + 6, "six seconds, in which each is looked at thrice")
    assert faulty(collector) == set(DEVICES), "shown, as long as they last"
    assert [each["device"] for each in view(collector)["incidents"]] == ["rt-1"], "no burst"
    simulation.put("off", [])
    wait(lambda: not faulty(collector), "all are back")
    wait(lambda: view(collector)["incidents"][0]["status"] == "recovered", "and so has the incident")

    events = [entry["event"] for entry in collector.journal() if entry["hall"] == "330106/xihu"]
    opened = [event for event in events if event["event"] == "incident-opened"]
    assert [(event["device"], event["incident"]) for event in opened] == [("rt-1", incident)]
    assert {event["incident"] for event in events if event["event"] == "measure-raised"} == {incident}
    unserved = {f"class:{name}" for name in ("filing", "certificates")}
    assert unserved == {event["device"] for event in events if event.get("fault") == "class-unserved"}
    events = [event for event in events if event.get("device") not in unserved]
    raised = [(event["device"], event["fault"]) for event in events if event["event"] == "fault-raised"]
    assert len(raised) == len(set(raised)) == 41, "each once"
    severity = {fault.id: fault.severity for fault in load()[1].faults}
    assert {severity[fault] for _, fault in raised} == {"fault"}, "each worth an alert, were it not explained"
    assert final_causes(events) == dict.fromkeys(BEHIND, "rt-1") | {"rt-1": ""}
    assert all(event.get("cause") for event in events if event["event"] == "cause-changed"), "none became its own cause"
    cleared = [(event["device"], event["fault"]) for event in events if event["event"] == "fault-cleared"]
    assert sorted(cleared) == sorted(raised)
