"""What once went wrong in the core, each with the story that showed it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from hallwatch_agent.wire import ReadError, Reading
from hallwatch_collector.core.commands import Confirm, Tick
from hallwatch_collector.core.events import FaultCleared, IncidentOpened
from hallwatch_collector.core.hall import Agent, Device, Hall
from hallwatch_collector.core.judge import LAPSE_S, MOST_ALARMS
from parts.county import Bench, hall, pc, printer, probe


def told(bench: Bench, device: str, **conditions: bool) -> Reading:
    return Reading(
        device, "tcp", bench.now, conditions={name.replace("_", "-"): value for name, value in conditions.items()}
    )


def test_a_fault_on_a_part_that_is_no_longer_told_lapses() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    bench.born()
    bench.report(Reading("prn-1", "tcp", bench.now, conditions={"jam[tray-9]": True}))
    assert bench.state_of("prn-1") == "unusable"
    for _ in range(int(LAPSE_S / 5) + 5):
        bench.wait(5)
        bench.report(told(bench, "prn-1", reachable=True))
    assert bench.state_of("prn-1") == "ok"
    assert bench.engine.view(bench.key, bench.now).signs == ()


def test_a_probe_that_asks_for_something_else_takes_its_faults_along() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    bench.born()
    bench.report(told(bench, "prn-1", jam=True))
    slower = printer("prn-1", "w1", probes=[probe(interval_s=4)])
    assert reload(bench, hall([slower])) == ["hall-loaded"]
    moved = printer("prn-1", "w1", probes=[structs.replace(probe(), host="127.0.0.2")])
    assert reload(bench, hall([moved]))[:2] == ["hall-loaded", "fault-cleared"]
    assert bench.engine.view(bench.key, bench.now).signs == ()


def reload(bench: Bench, described: Hall) -> list[str]:
    bench.hall = described
    return bench.names(bench.engine.load_hall(described, "edited", None, bench.now))


def test_devices_cannot_invent_parts_without_end() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    bench.born()
    many = {f"jam[part-{number}]": True for number in range(MOST_ALARMS + 50)}
    outcome = bench.report(Reading("prn-1", "tcp", bench.now, conditions=many))
    assert outcome.refused == {"too-many-parts": 50}
    assert len(bench.engine.state(bench.key).alarms) == MOST_ALARMS


def closed_window(**more: Any) -> Bench:
    """Window 1 is closed because its computer is down; computer and printer hang on a router."""
    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    devices = [router, pc("pc-1", "w1", depends_on=["rt-1"]), pc("pc-2", "w2", depends_on=["rt-1"])]
    bench = Bench(hall(devices, **more))
    bench.born()
    say(bench, 8, rt_1=True, pc_1=False, pc_2=True)
    answer(bench, "W1")
    assert open_windows(bench) == {"w2"}
    return bench


def say(bench: Bench, times: int, **reachable: bool) -> None:
    for _ in range(times):
        bench.wait(2)
        bench.tell(**{device: {"reachable": value} for device, value in reachable.items()})


def answer(bench: Bench, clause: str) -> None:
    for measure in bench.engine.view(bench.key, bench.now).measures:
        if measure.clause == clause and measure.status == "open":
            command = (Tick if measure.mode == "show" else Confirm)(by="x", roles=["*"], measure=measure.id)
            bench.engine.on_command(bench.key, command, bench.now)


def open_windows(bench: Bench) -> set[str]:
    return {window.id for window in bench.engine.view(bench.key, bench.now).windows if window.open}


def test_a_window_closed_for_a_fault_that_turns_out_to_follow_another_is_not_forgotten() -> None:
    bench = closed_window()
    say(bench, 10, rt_1=False, pc_1=False, pc_2=False)
    view = bench.engine.view(bench.key, bench.now)
    assert "w1" in {sign.place for sign in view.signs}
    say(bench, 2, rt_1=True, pc_1=True, pc_2=True)
    for _ in range(3):
        answer(bench, "D4")
    assert open_windows(bench) == {"w1", "w2"}
    assert bench.engine.view(bench.key, bench.now).signs == ()


@pytest.mark.parametrize("reopening", ["ask", "auto"])
def test_a_window_whose_device_left_the_hall_file_reopens(reopening: str) -> None:
    bench = closed_window(reopening=reopening)
    renamed = [pc("pc-new", "w1"), pc("pc-2", "w2")]
    assert "window-reopened" in reload(bench, hall(renamed, reopening=reopening))
    assert open_windows(bench) == {"w1", "w2"}
    assert bench.engine.view(bench.key, bench.now).signs == ()


def test_a_restart_while_things_settle_makes_no_burst() -> None:
    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    bench = Bench(hall([router, pc("pc-1", depends_on=["rt-1"]), pc("pc-2", depends_on=["rt-1"])]))
    bench.born()
    say(bench, 1, rt_1=True, pc_1=True, pc_2=True)
    say(bench, 8, rt_1=False)
    say(bench, 3, rt_1=True, pc_1=False, pc_2=False)
    bench.restart()
    say(bench, 15, rt_1=True, pc_1=False, pc_2=False)
    opened = [event.device for event in bench.events if isinstance(event, IncidentOpened)]
    assert opened == ["rt-1"]


def test_an_agent_that_no_longer_runs_on_a_machine_leaves_no_fault_there() -> None:
    looked_at = pc("pc-1", "w1", probes=[probe("own", name="host"), probe("gw")])
    bench = Bench(hall([looked_at], agents=[Agent(id="own", host="pc-1"), Agent(id="gw")]))
    bench.born("own")
    bench.born("gw")
    bench.now += 1
    bench.dies("own")
    for _ in range(8):
        bench.wait(2)
        bench.tell("gw", pc_1={"reachable": True})
    assert bench.state_of("pc-1") == "warning"
    reload(bench, hall([looked_at], agents=[Agent(id="own"), Agent(id="gw")]))
    assert bench.state_of("pc-1") == "ok"


def timers(bench: Bench) -> int:
    return len(bench.engine._models[bench.key]._timers)


def test_reconnections_leave_no_timers_behind() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    for number in range(1, 200):
        bench.born(session=number)
        bench.now += 1
        bench.tell(prn_1={"jam": False})
        bench.dies(session=number)
    assert timers(bench) < 5


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
def test_a_step_of_the_collectors_clock_neither_stops_nor_hastens_what_is_under_way(step_s: float) -> None:
    bench = Bench(hall([pc("pc-1", "w1")]))
    bench.born()
    say(bench, 1, pc_1=True)
    say(bench, 2, pc_1=False)
    bench.engine.shift_clock(step_s)
    bench.now += step_s
    assert not any(isinstance(event, IncidentOpened) for event in bench.wait(1))
    for _ in range(6):  # the agent's clock was not set
        bench.wait(2)
        at = bench.now - step_s
        bench.report(Reading("pc-1", "tcp", at, conditions={"reachable": False}), sent_at=at)
    assert bench.state_of("pc-1") == "unusable"


def test_why_nothing_came_is_told_once_it_is_known() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    bench.born()
    bench.tell(prn_1={"jam": False})
    bench.wait(60)
    assert bench.engine.view(bench.key, bench.now).devices[0].unknown_because == "overdue"
    bench.dies()
    assert bench.engine.view(bench.key, bench.now).devices[0].unknown_because == "agent-lost"


def two_ways() -> Bench:
    both = Device(id="queue-1", kind="queue-machine", name="叫号机", probes=[probe(name="people"), probe()])
    bench = Bench(hall([both]))
    bench.born()
    return bench


def faults_of(bench: Bench) -> list[str]:
    return [fault.fault for fault in bench.engine.view(bench.key, bench.now).devices[0].faults]


def test_what_cannot_be_read_and_what_does_not_answer_exclude_each_other() -> None:
    bench = two_ways()

    def pass_time(seconds: int, error: ReadError, *, reachable: bool) -> None:
        for _ in range(seconds // 2):
            bench.wait(2)
            people = Reading("queue-1", "people", bench.now, error=error)
            bench.report(people, told(bench, "queue-1", reachable=reachable))

    pass_time(70, ReadError.TIMEOUT, reachable=True)
    assert faults_of(bench) == ["unread"]
    pass_time(20, ReadError.TIMEOUT, reachable=False)
    assert faults_of(bench) == ["no-answer"]
    pass_time(70, ReadError.TIMEOUT, reachable=True)
    assert faults_of(bench) == ["unread"]


def test_a_service_that_takes_the_connection_and_says_nothing_leaves_its_machine_alive() -> None:
    machine = Device(id="queue-1", kind="queue-machine", name="叫号机", probes=[probe()])
    bench = Bench(hall([machine]))
    bench.born()
    for _ in range(40):
        bench.wait(2)
        bench.report(Reading("queue-1", "tcp", bench.now, error=ReadError.GARBAGE))
    view = bench.engine.view(bench.key, bench.now)
    assert (view.devices[0].up, faults_of(bench), view.signs) == (True, ["unread"], ())


def test_when_it_was_last_read_is_known_through_failures_restarts_and_edits() -> None:
    bench = two_ways()
    assert bench.engine.view(bench.key, bench.now).devices[0].last_seen is None
    bench.wait(2)
    bench.report(told(bench, "queue-1", reachable=True))
    read_at = bench.now
    for error in (ReadError.TIMEOUT, ReadError.GARBAGE):
        bench.wait(2)
        bench.report(Reading("queue-1", "tcp", bench.now, error=error))
    bench.wait(2)
    bench.report(told(bench, "queue-1", reachable=False))
    assert bench.engine.view(bench.key, bench.now).devices[0].last_seen == read_at, "a silence is no look at it"
    bench.restart()
    assert bench.engine.view(bench.key, bench.now).devices[0].last_seen == read_at
    reload(bench, bench.hall)
    assert bench.engine.view(bench.key, bench.now).devices[0].last_seen == read_at


def system_bench() -> Bench:
    core = Device(id="core", kind="system", name="核心征管系统", gives=["core-system"], probes=[probe()])
    bench = Bench(hall([core]))
    bench.born()
    return bench


def test_a_greater_fault_neither_ends_nor_shows_what_stood_before_it() -> None:
    bench = system_bench()

    def look(times: int, **conditions: bool) -> None:
        for _ in range(times):
            bench.wait(2)
            bench.report(told(bench, "core", **conditions))

    look(8, reachable=True, port_open=False)
    assert faults_of(bench) == ["port-closed"]
    look(int(LAPSE_S / 2) + 60, reachable=False)
    assert faults_of(bench) == ["system-down"]
    look(1, reachable=True, port_open=False)
    assert faults_of(bench) == ["port-closed"]
    look(8, reachable=True, port_open=False)
    own = [event for event in bench.events if getattr(event, "device", "core") == "core"]  # not the class that it costs
    flips = [name for name in bench.names(own) if name.startswith(("fault-", "incident-"))]
    assert flips == ["fault-raised", "incident-opened", "fault-raised", "fault-cleared"]
    look(1, reachable=True, port_open=True)
    assert faults_of(bench) == []


def test_a_greater_fault_that_stands_lets_a_lesser_one_end_and_none_begin() -> None:
    bench = Bench(hall([printer("prn-1", "w1")]))
    bench.born()

    def look(times: int, **conditions: bool) -> None:
        for _ in range(times):
            bench.wait(5)
            bench.report(told(bench, "prn-1", **conditions))

    look(8, input_low=True)
    look(4, input_low=True, input_empty=True)
    look(8, input_low=False, input_empty=True)
    look(8, input_low=True, input_empty=True)
    assert faults_of(bench) == ["input-empty"]
    assert [event.fault for event in bench.events if isinstance(event, FaultCleared)] == ["input-low"]
