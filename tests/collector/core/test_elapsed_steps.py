"""Steps by elapsed time, by the clock and in business time; and repairs estimated by the hall's own past (D1, D2)."""

from __future__ import annotations

import pytest
from msgspec import structs

from hallwatch_collector.core import commands
from hallwatch_collector.core.events import EstimateChanged, MeasureRaised
from hallwatch_collector.core.plan import Plan, Template
from parts.bureau_hall import EVERYTHING, BureauBench, moment
from parts.county import PLAN

HOUR = 3600.0
MINUTE = 60.0


def plan_with(**step: object) -> Plan:
    """Return the county plan with one more step, owed while the online bureau's incident stands."""
    told: dict[str, object] = {
        "id": "ask-upward", "clause": "H1", "on": "incident", "mode": "show", "owner": "technician", "text": "求助",
        "text_en": "ask for help",
    } | step  # fmt: skip
    return structs.replace(PLAN, measures=[*PLAN.measures, Template(**told)])  # type: ignore[arg-type]


def asked_at(bench: BureauBench, template: str = "ask-upward") -> list[float]:
    return [event.at for event in bench.events if isinstance(event, MeasureRaised) and event.template == template]


@pytest.mark.parametrize(
    ("clock", "begins", "asked"),
    [
        # 2026-10-20 is a Tuesday, 2026-10-23 a Friday; business is from nine to five on working days.
        ("wall", "10-20 09:30", "10-20 11:30"),
        ("open", "10-20 09:30", "10-20 11:30"),
        ("open", "10-20 16:00", "10-21 10:00"),
        ("wall", "10-20 16:00", "10-20 18:00"),
        ("open", "10-23 16:30", "10-26 10:30"),
        ("open", "10-24 12:00", "10-26 11:00"),
    ],
)
def test_a_step_after_two_hours_counts_the_hours_that_the_plan_means(clock: str, begins: str, asked: str) -> None:
    bench = BureauBench(begins, plan=plan_with(after_s=2 * HOUR, clock=clock))
    bench.fails("bureau")
    bench.until(_after(asked, -1))
    assert asked_at(bench) == []
    bench.until(_after(asked, 1))
    assert asked_at(bench) == [moment(asked)]


def test_what_is_back_before_the_time_is_never_asked_for_and_counts_anew_when_it_returns() -> None:
    bench = BureauBench("10-20 16:00", plan=plan_with(after_s=2 * HOUR, clock="open"))
    bench.fails("bureau")
    bench.until("10-21 09:30")
    bench.is_back("bureau")
    bench.until("10-21 13:00")
    assert asked_at(bench) == []
    bench.fails("bureau")
    bench.until("10-21 16:00")
    assert asked_at(bench) == [moment("10-21 15:00")]


def test_a_step_in_business_time_survives_a_restart_over_night() -> None:
    bench = BureauBench("10-20 16:00", plan=plan_with(after_s=2 * HOUR, clock="open"))
    bench.fails("bureau")
    bench.until("10-20 23:00")
    bench.restart()
    bench.until("10-21 12:00")
    assert asked_at(bench) == [moment("10-21 10:00")]


@pytest.mark.parametrize(("clock", "due"), [("wall", "10-20 18:30"), ("open", "10-21 10:30")])
def test_a_due_time_runs_by_the_same_clock(clock: str, due: str) -> None:
    bench = BureauBench("10-20 16:30", plan=plan_with(due_s=2 * HOUR, clock=clock))
    bench.fails("bureau")
    (step,) = [each for each in bench.measures("H1") if each.text == "求助"]
    assert step.due_at == moment(due)


def repair(bench: BureauBench, begins: str, minutes: float) -> None:
    """Let the bureau fail and be repaired after so long."""
    bench.until(begins)
    bench.fails("bureau")
    bench.until(_after(begins, minutes))
    bench.is_back("bureau")
    bench.until(_after(begins, minutes + 90))


def _after(begins: str, minutes: float) -> str:
    day, clock = begins.split()
    hours, start = map(int, clock.split(":"))
    total = hours * 60 + start + int(minutes)
    return f"{day} {total // 60:02d}:{total % 60:02d}"


def standing(bench: BureauBench) -> tuple[str, float | None]:
    (incident,) = [each for each in bench.engine.view(bench.key, bench.now).incidents if each.status == "detected"]
    return incident.estimate_source, incident.back_at


def test_three_repairs_of_the_same_fault_are_a_history_and_two_are_none() -> None:
    bench = BureauBench("10-20 09:00")
    for begins, minutes in (("10-20 09:10", 20), ("10-20 12:00", 40)):
        repair(bench, begins, minutes)
    bench.until("10-20 15:00")
    bench.fails("bureau")
    assert standing(bench)[0] == "catalogue"
    bench.until("10-20 15:30")
    bench.is_back("bureau")
    bench.until("10-20 17:30")
    bench.fails("bureau")
    assert standing(bench) == ("history", moment("10-20 18:00")), "the middle of 20, 40 and 30 minutes"
    (name,) = [each.id for each in bench.engine.view(bench.key, bench.now).incidents if each.status == "detected"]
    why = bench.engine.explain(bench.key, "incident", name, bench.now)
    (said,) = [link for link in why.links if link.clause == "D1"]
    assert "多在 17:55:00 至 18:05:00 之间" in said.text, "how far such repairs differ is told"


def test_when_it_outlasts_its_past_the_estimate_slips_and_the_measures_are_decided_again() -> None:
    bench = BureauBench("10-20 09:00")
    for begins in ("10-20 09:10", "10-20 11:00", "10-20 13:00"):
        repair(bench, begins, 8)
    bench.until("10-20 15:00")
    bench.fails("bureau")
    assert standing(bench) == ("history", moment("10-20 15:08"))
    assert bench.measures("D1"), "it should be back soon: people are asked to wait"
    assert not bench.measures("O1"), "and nothing is made public"
    bench.until("10-20 15:09")
    changed = [
        event for event in bench.events if isinstance(event, EstimateChanged) and event.at >= moment("10-20 15:01")
    ]
    assert [(event.at, event.back_at, event.slipped) for event in changed] == [(moment("10-20 15:08"), None, True)]
    assert bench.measures("O1"), "it lasts longer than all before: now it is said in public"


def test_what_the_technician_says_comes_before_the_past_and_survives_a_restart() -> None:
    bench = BureauBench("10-20 09:00")
    for begins in ("10-20 09:10", "10-20 11:00", "10-20 13:00"):
        repair(bench, begins, 8)
    bench.until("10-20 15:00")
    bench.fails("bureau")
    bench.promise("bureau", 120)
    bench.restart()
    (incident,) = [each for each in bench.engine.view(bench.key, bench.now).incidents if each.status != "closed"]
    assert (incident.estimate_source, incident.back_at) == ("person", moment("10-20 17:00"))
    note = commands.TakeNote(by="乙", roles=EVERYTHING, incident=incident.id, text="仍在抢修")
    bench.order(note)
    assert bench.engine.state(bench.key).repairs, "the past of the hall is part of what a restart keeps"
