"""The collector's clock is set while things stand: no span changes, nothing is asked twice, and the record says so."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.commands import Decline, Estimate, ReportFault, ReportOver, Retract
from hallwatch_collector.core.commands.readiness import ExtendMaintenance, StartMaintenance
from hallwatch_collector.core.events import ClockSet, FaultCleared, FaultRaised, LevelChanged, MeasureRaised
from hallwatch_collector.core.hall import Device, OpeningHours
from hallwatch_collector.report.clock import by_last_clock
from parts.answers import say_yes
from parts.county import Bench, hall, pc, probe

NINE = 1_773_104_400.0
HOUR = 3600.0
WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}
steps = pytest.mark.parametrize("step_s", [-5 * HOUR, 7 * HOUR])


def start() -> Bench:
    core = Device(id="core", kind="system", name="核心征管系统", gives=["core-system"], probes=[probe()])
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2")], systems=[core]), NINE)
    bench.born()
    return bench


def order(bench: Bench, command: Any) -> None:
    bench._note(bench.engine.on_command(bench.key, command, bench.now))


def set_clock(bench: Bench, step_s: float) -> None:
    bench.engine.shift_clock(step_s)
    bench.now += step_s
    bench.wait(0.5)


def fail(bench: Bench, thing: str = "core") -> None:
    order(bench, ReportFault(**WHO, thing=thing, effect="unusable", text="不能用"))


@steps
def test_a_level_that_hangs_on_how_long_it_lasts_comes_when_it_lasted_so_long(step_s: float) -> None:
    bench = start()
    fail(bench)
    bench.wait(600)
    level = bench.engine.view(bench.key, bench.now).incidents[0].level
    set_clock(bench, step_s)
    assert bench.engine.view(bench.key, bench.now).incidents[0].level == level
    began = bench.now - 600.5
    bench.now = began + 2 * HOUR - 5
    bench.wait(4)
    assert bench.engine.view(bench.key, bench.now).incidents[0].level == level
    bench.wait(4)
    assert bench.engine.view(bench.key, bench.now).incidents[0].level != level
    changed = [event for event in bench.events if isinstance(event, LevelChanged)]
    assert changed[-1].at == pytest.approx(began + 2 * HOUR, abs=1)


@steps
def test_a_repair_took_as_long_as_it_took(step_s: float) -> None:
    bench = start()
    fail(bench)
    bench.wait(300)
    set_clock(bench, step_s)
    bench.wait(300)
    order(bench, ReportOver(**WHO, thing="core", text="好了"))
    assert bench.engine.state(bench.key).repairs["system/reported-unusable"] == [pytest.approx(600.5)]
    (cleared,) = [event for event in bench.events if isinstance(event, FaultCleared) and event.device == "core"]
    assert cleared.at - cleared.since == pytest.approx(600.5)


@steps
def test_a_failure_counts_for_the_time_it_lasted(step_s: float) -> None:
    bench = start()
    bench.tell(core={"reachable": True})
    for _ in range(2):
        bench.wait(2)
        bench.tell(core={"reachable": False})
    set_clock(bench, step_s)  # the fault has begun to show, and is not raised yet
    for _ in range(8):
        bench.wait(2)
        at = bench.now - step_s
        bench.report(Reading("core", "tcp", at, conditions={"reachable": False}), sent_at=at)
    (raised,) = [event for event in bench.events if isinstance(event, FaultRaised) and event.device == "core"]
    assert 5 < raised.known_at - raised.since < 30, "the delay of the detection is what it was (A3)"
    (failure,) = bench.engine.state(bench.key).failures
    assert 0 < bench.now - failure.since < 60


@steps
def test_what_was_answered_is_not_asked_again(step_s: float) -> None:
    bench = start()
    fail(bench)
    order(bench, Estimate(**WHO, incident="inc-1", minutes=5))
    bench.wait(400)  # the time passes: it is told anew, and a new estimate asked for
    model = bench.engine._models[bench.key]
    work = StartMaintenance(**WHO, devices=["pc-2"], text="检修", minutes=1)
    order(bench, ReportFault(**WHO, thing="pc-2", effect="hazard", text="冒烟"))
    order(bench, work)
    bench.wait(100)
    for measure in list(model.measures.values()):
        if measure.status == "open" and measure.mode == "show":
            order(bench, say_yes(measure, "小陈", "*"))
    before = len(bench.events)
    set_clock(bench, step_s)
    raised = [event for event in bench.events[before:] if isinstance(event, MeasureRaised) and not event.updated]
    assert raised == []


@steps
def test_work_that_was_begun_for_so_long_ends_after_so_long(step_s: float) -> None:
    bench = start()
    order(bench, StartMaintenance(**WHO, devices=["pc-1"], text="检修", minutes=30))
    (name,) = bench.engine._models[bench.key].readiness.maintenance
    order(bench, ExtendMaintenance(**WHO, maintenance=name, minutes=40))
    bench.wait(600)
    set_clock(bench, step_s)
    bench.wait(29 * 60)
    assert bench.engine._models[bench.key].readiness.maintenance[name].status == "running"
    bench.wait(2 * 60)
    assert bench.engine._models[bench.key].readiness.maintenance.get(name) is None or (
        bench.engine._models[bench.key].readiness.maintenance[name].status == "over"
    )


@steps
def test_the_record_notes_the_step_and_a_report_tells_all_by_one_clock(step_s: float) -> None:
    bench = start()
    fail(bench)
    bench.wait(600)
    set_clock(bench, step_s)
    bench.wait(600)
    order(bench, ReportOver(**WHO, thing="core", text="好了"))
    (noted,) = [event for event in bench.events if isinstance(event, ClockSet)]
    assert noted.step_s == step_s
    told = by_last_clock(bench.events)
    assert len(told) == len(bench.events)
    raised = next(event for event in told if isinstance(event, FaultRaised) and event.device == "core")
    cleared = next(event for event in told if isinstance(event, FaultCleared) and event.device == "core")
    assert cleared.at - raised.at == pytest.approx(1200.5)
    assert raised.since == pytest.approx(cleared.since)
    assert [event.at for event in told] == sorted(event.at for event in told)


def test_two_steps_are_told_by_the_last_clock() -> None:
    bench = start()
    fail(bench)
    first = bench.now
    set_clock(bench, 2 * HOUR)
    set_clock(bench, -HOUR)
    raised = next(event for event in by_last_clock(bench.events) if isinstance(event, FaultRaised))
    assert raised.at == first + HOUR


def test_the_hall_opens_by_the_clock_that_was_set() -> None:
    """A clock that is set over the opening leaves nothing behind that happens at the moment it jumped over."""
    core = Device(id="core", kind="system", name="核心征管系统", gives=["core-system"])
    week = OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="10:00", to="17:00")
    bench = Bench(hall([pc("pc-1", "w1")], systems=[core], hours=[week]), NINE)
    bench.born()
    fail(bench)
    set_clock(bench, 2 * HOUR)
    assert [event.at for event in bench.events[-3:]] == sorted(event.at for event in bench.events[-3:])
    assert bench.engine.next_due() > bench.now


@steps
def test_what_was_told_of_an_incident_moves_with_the_rest_of_its_course(step_s: float) -> None:
    bench = start()
    fail(bench)
    order(bench, Estimate(**WHO, incident="inc-1", minutes=5))
    bench.wait(400)
    asked = next(each for each in bench.engine.view(bench.key, bench.now).measures if each.mode == "ask")
    order(bench, Decline(**WHO, measure=asked.id, reason="不用"))
    order(bench, Retract(**WHO, measure=asked.id, reason="点错"))

    def told() -> list[float | None]:
        (incident,) = bench.engine.view(bench.key, bench.now).incidents
        moments = [(each.at, each.back_at, each.passed_at) for each in incident.estimates]
        moments += [(each.at, each.answered_at, None) for each in incident.taken]
        return [moment - incident.opened_at if moment is not None else None for row in moments for moment in row]

    before = told()
    assert len(before) >= 9
    set_clock(bench, step_s)
    assert told() == pytest.approx(before)
