"""A collector that was killed gets again what it had worked out and not yet acknowledged: that is no news."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_agent.wire import ReadError, Reading
from hallwatch_collector.core.hall import Agent, Device
from parts.county import Bench, hall, printer, probe


def test_what_the_broker_sends_again_after_a_restart_decides_nothing() -> None:
    bench = Bench(hall([printer("prn-1")]))
    bench.born()
    jammed = Reading("prn-1", "tcp", bench.now + 1, conditions={"reachable": True, "jam": True})
    well = Reading("prn-1", "tcp", bench.now + 2, conditions={"reachable": True, "jam": False})
    bench.now += 2
    assert "fault-raised" in bench.names(bench.report(jammed, seq=1).events)
    assert "fault-cleared" in bench.names(bench.report(well, seq=2).events)

    bench.restart()
    for number, reading in ((1, jammed), (2, well)):
        again = bench.report(reading, seq=number)
        assert (again.events, again.accepted, again.late) == ([], [reading], 1)
    bench.now += 1
    anew = Reading("prn-1", "tcp", bench.now, conditions={"reachable": True, "jam": True})
    assert "fault-raised" in bench.names(bench.report(anew, seq=3).events)


def one_of_two_unread(agents: tuple[str, str] = ("gw", "gw")) -> Bench:
    """A queue machine that one probe reads every two seconds, and that another one cannot read, for so long already."""
    probes = [probe(agents[0]), probe(agents[1], interval_s=20, name="people")]
    machine = Device(id="queue-1", kind="queue-machine", name="叫号机", probes=probes)
    bench = Bench(hall([machine], agents=[Agent(id=agent) for agent in dict.fromkeys(agents)]))
    for agent in dict.fromkeys(agents):
        bench.born(agent)
    for _ in range(5):
        bench.report(people(bench, error=ReadError.GARBAGE), agent=agents[1])
        look(bench, 10, agents[0])
    assert standing(bench) == ["unread"]
    return bench


def people(bench: Bench, **told: Any) -> Reading:
    return Reading("queue-1", "people", bench.now, **told)


def look(bench: Bench, times: int, agent: str = "gw", *, reachable: bool = True) -> None:
    for _ in range(times):
        bench.wait(2)
        bench.report(Reading("queue-1", "tcp", bench.now, conditions={"reachable": reachable}), agent=agent)


def standing(bench: Bench) -> list[str]:
    return [fault.fault for fault in bench.engine.view(bench.key, bench.now).devices[0].faults]


def flips(bench: Bench) -> list[str]:
    return [name for name in bench.names() if name in ("fault-raised", "fault-cleared")]


@pytest.mark.parametrize("reachable", [True, False])
def test_what_another_probe_told_before_a_restart_stands_until_that_probe_speaks(reachable: bool) -> None:
    bench = one_of_two_unread()
    bench.restart()
    look(bench, 4, reachable=reachable)
    bench.report(people(bench, error=ReadError.GARBAGE))
    look(bench, 2)
    assert (standing(bench), flips(bench)) == (["unread"], ["fault-raised"])
    bench.report(people(bench))
    assert standing(bench) == []


def test_that_one_agent_reads_a_device_says_nothing_of_what_another_lost_agent_could_not_read() -> None:
    bench = one_of_two_unread(("gw", "other"))
    bench.dies("other")
    look(bench, 30)
    assert standing(bench) == ["unread"], "nobody said that it can be read now"
    bench.born("other", boot="b2")
    bench.report(people(bench), agent="other", boot="b2", seq=1)
    assert standing(bench) == []


def test_a_fault_passes_to_the_probe_that_upholds_it() -> None:
    bench = one_of_two_unread()
    for _ in range(40):
        bench.wait(2)
        bench.report(
            Reading("queue-1", "tcp", bench.now, error=ReadError.GARBAGE), people(bench, error=ReadError.DENIED)
        )
    bench.wait(2)
    bench.report(people(bench))
    assert [fault.evidence for fault in bench.engine.view(bench.key, bench.now).devices[0].faults] == ["error=garbage"]
    bench.restart()
    bench.wait(2)
    bench.report(people(bench))
    assert standing(bench) == ["unread"], "it is the other one now that cannot read it"


def test_a_jam_that_one_way_told_stands_after_a_restart_until_that_way_is_heard_or_is_silent_for_too_long() -> None:
    bench = Bench(hall([printer("prn-1", "w1", probes=[probe(), probe(interval_s=20, name="snmp")])]))
    bench.born()

    def tell(way: str, *, jam: bool) -> None:
        bench.report(Reading("prn-1", way, bench.now, conditions={"reachable": True, "jam": jam}))

    tell("snmp", jam=True)
    for _ in range(5):
        bench.wait(2)
        tell("tcp", jam=False)
    bench.restart()
    for _ in range(5):
        bench.wait(2)
        tell("tcp", jam=False)
    assert standing(bench) == ["jam"]
    for _ in range(40):
        bench.wait(2)
        tell("tcp", jam=False)
    assert standing(bench) == []


def test_a_machine_that_answered_a_slow_probe_before_a_restart_is_not_down_before_that_probe_says_so() -> None:
    probes = [probe(interval_s=30, name="web"), probe()]
    machine = Device(id="queue-1", kind="queue-machine", name="叫号机", probes=probes)
    bench = Bench(hall([machine]))
    bench.born()
    bench.report(Reading("queue-1", "web", bench.now, conditions={"reachable": True}))
    look(bench, 10, reachable=False)
    bench.restart()
    look(bench, 8, reachable=False)
    assert (standing(bench), bench.state_of("queue-1")) == ([], "ok")
    bench.report(Reading("queue-1", "web", bench.now, conditions={"reachable": False}))
    look(bench, 8, reachable=False)
    assert standing(bench) == ["no-answer"]


def test_a_machine_that_is_silent_since_a_restart_is_down_soon() -> None:
    bench = one_of_two_unread()
    bench.restart()
    look(bench, 8, reachable=False)
    assert "no-answer" in standing(bench)
    look(bench, 60, reachable=False)
    assert standing(bench) == ["no-answer"]
