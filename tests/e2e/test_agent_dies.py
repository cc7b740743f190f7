"""Must hold: the death of an agent is known at once, and what it means is decided by a second view.

Each agent runs on a machine of its own, a network namespace; ``gw`` beside the collector looks at some of them from
outside. Every agent also watches a printer that nobody else looks at.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from parts.agent import AgentProcess, run_agent
from parts.collector import CollectorProcess, run_collector, wall_clock
from parts.machine import Machine, run_machines
from parts.mosquitto import free_port, serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

KEEPALIVE_S = 8
KILLED_KNOWN_S = 2.0
CUT_KNOWN_S = 1.5 * KEEPALIVE_S
LIMIT_S = 30
HOLD_S = 2
UNWATCHED = 3
"""The PC that nobody but its own agent looks at."""
MACHINES = (1, 2, UNWATCHED, 4)

HALL = f"""\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
faults = [{{ fault = "no-answer", hold_s = {HOLD_S} }}, {{ fault = "not-monitored", hold_s = {HOLD_S} }}]
systems = [{{ id = "core-system", kind = "system", name = "核心征管系统", gives = ["core-system"] }}]

[[agents]]
id = "gw"
"""


class Setting(NamedTuple):
    """The hall, with the machine and agent of each number."""

    collector: CollectorProcess
    machines: dict[int, Machine]
    agents: dict[int, AgentProcess]


def describe(number: int, machine: Machine, port: int) -> str:
    """Return the part of the hall file for a PC with an agent, and for the printer beside it."""
    from_outside = f'{{ kind = "tcp", agent = "gw", interval_s = 1, host = "{machine.address}", port = 445 }}'
    return f"""
[[agents]]
id = "gw-{number}"
host = "pc-{number}"

[[windows]]
id = "w{number}"
number = {number}
name = "{number}号窗口"
classes = ["filing", "certificates"]

[[devices]]
id = "pc-{number}"
kind = "pc"
name = "{number}号窗口电脑"
place = "w{number}"
gives = ["computer"]
probes = [{{ kind = "host", agent = "gw-{number}", interval_s = 1 }}, {"" if number == UNWATCHED else from_outside}]

[[devices]]
id = "prn-{number}"
kind = "printer"
name = "{number}号窗口打印机"
place = "w{number}"
gives = ["print"]
probes = [{{ kind = "tcp", agent = "gw-{number}", interval_s = 1, host = "{machine.our_address}", port = {port} }}]
"""


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder, port = tmp_path_factory.mktemp("agents"), free_port()
    with ExitStack() as stack:
        machines = dict(zip(MACHINES, stack.enter_context(run_machines(len(MACHINES))), strict=True))
        listeners = "\n".join(f"listener {port} {machine.our_address}" for machine in machines.values())
        broker = stack.enter_context(serve_mosquitto(listeners))
        hall = HALL + "".join(describe(number, machine, port) for number, machine in machines.items())
        collector = stack.enter_context(run_collector(folder, broker.port, hall))
        stack.enter_context(run_agent(folder / "gw", "gw", (broker.host, broker.port)))
        agents = {}
        for number, machine in machines.items():
            address = (machine.our_address, port)
            running = run_agent(folder / str(number), f"gw-{number}", address, KEEPALIVE_S, machine.prefix)
            agents[number] = stack.enter_context(running)
        setting = Setting(collector, machines, agents)
        wait(lambda: all(state == "ok" for state in watched_states(setting)), "everything is seen and well")
        yield setting


def view(setting: Setting) -> dict[str, Any]:
    seen: dict[str, Any] = setting.collector.get("/api/halls/330106/xihu")
    return seen


def watched_states(setting: Setting) -> list[str]:
    return [device["state"] for device in view(setting)["devices"] if device["kind"] != "system"]


def one(setting: Setting, what: str, which: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in view(setting)[what] if each["id"] == which)
    return found


def faults(setting: Setting, device: str) -> set[str]:
    return {fault["fault"] for fault in one(setting, "devices", device)["faults"]}


def wait(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    wait_until(condition, limit_s, what, every_s=0.05)


def events(setting: Setting, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in setting.collector.journal() if entry["kind"] == kind]


def wait_until_lost(setting: Setting, number: int, since: float) -> float:
    """Wait until the death of an agent is known; return how long that took, by the journal."""
    wait(lambda: not one(setting, "agents", f"gw-{number}")["alive"], "its death is known")
    [lost] = [entry for entry in events(setting, "agent-lost") if entry["event"]["agent"] == f"gw-{number}"]
    return float(lost["written_at"]) - since


def kill(setting: Setting, number: int) -> float:
    """Kill an agent with -9; return how long it took until that was known."""
    killed_at = wall_clock()
    setting.agents[number].stop(signal.SIGKILL)
    return wait_until_lost(setting, number, killed_at)


def check_printer_is_unknown(setting: Setting, number: int) -> None:
    """What only the dead agent watched is unknown, and was at no moment faulty or fine since."""
    printer = one(setting, "devices", f"prn-{number}")
    assert (printer["state"], printer["up"], printer["faults"]) == ("unknown", None, [])
    assert printer["unknown_because"] in ("agent-lost", "overdue"), "a cut is first seen by what does not come any more"
    told = [entry["kind"] for entry in setting.collector.journal() if entry["event"].get("device") == printer["id"]]
    assert told == ["sight-lost"]


def test_killed_while_its_pc_answers_others_is_only_not_monitored(setting: Setting) -> None:
    """Death known within 2 s; the host answers → the PC is *not monitored*: a warning, its window stays open."""
    assert kill(setting, 1) < KILLED_KNOWN_S
    wait(lambda: faults(setting, "pc-1") == {"not-monitored"}, "it is not monitored")
    assert one(setting, "devices", "pc-1")["state"] == "warning"
    window = one(setting, "windows", "w1")
    assert (window["open"], window["lost"], window["unknown"]) == (True, [], ["certificates"])
    check_printer_is_unknown(setting, 1)
    assert not [incident for incident in view(setting)["incidents"] if incident["device"] == "pc-1"]


def test_a_cut_network_is_known_within_one_and_a_half_keepalives(setting: Setting) -> None:
    """Death known within 1.5 × keepalive without a close; host silent too → the PC is down: a fault."""
    cut_at = wall_clock()
    setting.machines[2].pull_cable()
    assert wait_until_lost(setting, 2, cut_at) < CUT_KNOWN_S
    check_pc_is_down(setting, 2)


def test_killed_with_its_pc_is_down(setting: Setting) -> None:
    """Death known within 2 s; the host is silent too → the PC is down: a fault, not merely unmonitored."""
    assert kill(setting, 4) < KILLED_KNOWN_S
    setting.machines[4].pull_cable()
    check_pc_is_down(setting, 4)


def check_pc_is_down(setting: Setting, number: int) -> None:
    wait(lambda: faults(setting, f"pc-{number}") == {"no-answer"}, "the PC is down, and nothing else")
    assert one(setting, "devices", f"pc-{number}")["state"] == "unusable"
    assert one(setting, "windows", f"w{number}")["lost"] == ["filing", "certificates"]
    assert [each["device"] for each in view(setting)["incidents"] if each["device"] == f"pc-{number}"]
    check_printer_is_unknown(setting, number)


def test_killed_while_nobody_else_looks_leaves_its_pc_unknown(setting: Setting) -> None:
    """Death known within 2 s; nobody else looks → *unknown*, said as such, however long one waits."""
    assert kill(setting, UNWATCHED) < KILLED_KNOWN_S
    lost_at = view(setting)["at"]
    wait(lambda: view(setting)["at"] > lost_at + 3 * HOLD_S, "any hold is over")
    pc = one(setting, "devices", f"pc-{UNWATCHED}")
    assert (pc["state"], pc["unknown_because"], pc["faults"]) == ("unknown", "agent-lost", [])
    window = one(setting, "windows", f"w{UNWATCHED}")
    assert (window["open"], window["lost"], window["unknown"]) == (True, [], ["filing", "certificates"])
    check_printer_is_unknown(setting, UNWATCHED)
