"""A window is checked once for all incidents that took it; one that takes it later calls for another check (D4)."""

from __future__ import annotations

from hallwatch_collector.core import commands
from hallwatch_collector.core.events import IncidentMoved
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.state import Incident, Measure
from parts.county import Bench, hall, pc

WHO = {"by": "王主任", "roles": ["*"]}
FINE, DOWN = {"reachable": True}, {"reachable": False}


def two_windows() -> Hall:
    return hall([pc("pc-1", "w1"), pc("pc-2", "w2")])


def started() -> Bench:
    bench = Bench(two_windows())
    bench.born()
    bench.tell(pc_1=FINE, pc_2=FINE)
    return bench


def report(bench: Bench, thing: str = "hall:") -> Incident:
    bench.events += bench.engine.on_command(
        bench.key, commands.ReportFault(**WHO, thing=thing, effect="hazard", text="冒烟"), bench.now
    )
    return next(each for each in bench.engine.state(bench.key).incidents if each.device == thing)


def report_over(bench: Bench, thing: str = "hall:") -> None:
    bench.events += bench.engine.on_command(bench.key, commands.ReportOver(**WHO, thing=thing, text="好了"), bench.now)


def checks(bench: Bench) -> list[Measure]:
    return [each for each in bench.engine.state(bench.key).measures if each.clause == "D4" and each.status == "open"]


def tick(bench: Bench) -> None:
    for check in checks(bench):
        bench.events += bench.engine.on_command(bench.key, commands.Tick(**WHO, measure=check.id), bench.now)


def fail(bench: Bench) -> Incident:
    for _ in range(12):
        bench.tell(pc_1=DOWN, pc_2=FINE)
        bench.wait(2)
    return next(each for each in bench.engine.state(bench.key).incidents if each.device == "pc-1")


def recover(bench: Bench) -> None:
    for _ in range(30):
        bench.tell(pc_1=FINE, pc_2=FINE)
        bench.wait(2)


def closed(bench: Bench) -> list[str]:
    return [each.incident for each in bench.events if isinstance(each, IncidentMoved) and each.status == "closed"]


def held_open(bench: Bench, incident: Incident) -> None:
    """Have an incident wait for the end of the response (R7), so that it is open though all is checked."""
    level = commands.SetLevel(**WHO, incident=incident.id, level="Ⅲ", reason="实情")
    bench.events += bench.engine.on_command(bench.key, level, bench.now)


def test_a_later_loss_is_checked_for_the_incident_that_caused_it() -> None:
    bench = started()
    first = fail(bench)
    held_open(bench, first)
    recover(bench)
    tick(bench)
    assert checks(bench) == []
    second = report(bench)
    report_over(bench)
    assert {(each.incident, each.subject) for each in checks(bench)} == {(second.id, "w1"), (second.id, "w2")}
    bench.restart()
    assert {each.incident for each in checks(bench)} == {second.id}


def test_one_check_holds_open_all_that_took_the_window() -> None:
    bench = started()
    first = fail(bench)
    recover(bench)
    (check,) = checks(bench)
    assert (check.incident, check.subject) == (first.id, "w1")
    second = report(bench)
    assert checks(bench) == [], "nobody can check a window that another incident has now"
    assert closed(bench) == [], "and its first incident waits for that"
    report_over(bench)
    assert sorted(each.subject for each in checks(bench)) == ["w1", "w2"]
    assert closed(bench) == []
    tick(bench)
    assert first.id in closed(bench), "one tick was for both"
    assert checks(bench) == []
    assert second.id not in closed(bench), "its level asks for more"
