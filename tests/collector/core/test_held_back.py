"""A lesser fault that a greater one of its device brings along: no news meanwhile, no second incident afterwards."""

from __future__ import annotations

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.events import AnyEvent, FaultRaised, IncidentOpened
from hallwatch_collector.core.hall import Device
from parts.county import Bench, hall, printer, probe


def raised(events: list[AnyEvent]) -> list[str]:
    return [event.fault for event in events if isinstance(event, FaultRaised)]


def jammed(*more: Device) -> Bench:
    """Return a printer that is jammed, and whose cover has been open for longer than its hold."""
    bench = Bench(hall([printer("prn-1", "w1"), *more]))
    bench.born()
    for _ in range(60):
        bench.wait(1.5)
        bench.tell(prn_1={"reachable": True, "jam": True, "cover-open": True})
    assert raised(bench.events) == ["jam"]
    return bench


def test_it_is_raised_in_the_reading_that_ends_the_greater_one_and_in_the_same_incident() -> None:
    bench = jammed()
    events: list[AnyEvent] = []
    for _ in range(10):
        bench.wait(1.5)
        events += bench.tell(prn_1={"reachable": True, "jam": False, "cover-open": True})
    assert raised(bench.events) == ["jam", "cover-open"]
    assert sum(isinstance(event, IncidentOpened) for event in bench.events) == 1
    (incident,) = bench.engine.state(bench.key).incidents
    assert incident.stands
    (late,) = [event for event in bench.events if isinstance(event, FaultRaised) and event.fault == "cover-open"]
    assert late.known_at - late.since <= 61, "that it was held back is no delay of its detection"


def test_both_end_in_one_reading_and_nothing_is_raised() -> None:
    bench = jammed()
    for _ in range(60):
        bench.wait(1.5)
        bench.tell(prn_1={"reachable": True, "jam": False, "cover-open": False})
    assert raised(bench.events) == ["jam"]
    assert bench.state_of("prn-1") == "ok"


def test_what_was_told_before_the_greater_one_ended_waits_for_the_next_word() -> None:
    """Two probes: one tells that the jam is over, the other one last spoke of the cover before that."""
    both = [probe(), probe(name="slow", interval_s=20)]
    bench = Bench(hall([printer("prn-1", "w1", probes=both)]))
    bench.born()

    def tell(name: str, **conditions: bool) -> None:
        told = {key.replace("_", "-"): value for key, value in conditions.items()}
        bench.report(Reading("prn-1", name, bench.now, conditions=told))

    for second in range(100):
        bench.wait(1)
        tell("tcp", reachable=True, jam=True)
        if second % 20 == 0:
            tell("slow", cover_open=True)
    bench.wait(1)
    tell("tcp", reachable=True, jam=False)
    for _ in range(5):
        bench.wait(1)
        tell("tcp", reachable=True, jam=False)
    assert raised(bench.events) == ["jam"]
    tell("slow", cover_open=True)
    assert raised(bench.events) == ["jam", "cover-open"]


def test_what_nobody_tells_any_more_while_it_is_held_back_lapses() -> None:
    bench = jammed()
    for _ in range(400):
        bench.wait(1.5)
        bench.tell(prn_1={"reachable": True, "jam": True})
    assert [alarm.fault for alarm in bench.engine.state(bench.key).alarms] == ["jam"]


def test_a_restart_proves_nothing_of_what_was_held_back() -> None:
    bench = jammed()
    bench.restart()
    bench.born(boot="b1", session=2)
    bench.wait(1)
    bench.tell(prn_1={"reachable": True, "jam": False, "cover-open": True})
    bench.wait(20)
    assert raised(bench.events) == ["jam"]
    for _ in range(60):
        bench.wait(1.5)
        bench.tell(prn_1={"reachable": True, "jam": False, "cover-open": True})
    (late,) = [event for event in bench.events if isinstance(event, FaultRaised) and event.fault == "cover-open"]
    assert late.known_at == late.at, "nor is it known from when its hold ended before"
