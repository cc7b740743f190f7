"""The past of a hall, gathered out of its record."""

from __future__ import annotations

from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.events import (
    AlarmJudged,
    IncidentMoved,
    IncidentOpened,
    LevelChanged,
    ReportSigned,
    SignTaken,
)
from hallwatch_collector.core.past import Past, Signature
from hallwatch_collector.core.readiness.events import (
    MaintenanceBegun,
    MaintenanceEnded,
    MaintenanceOverdue,
    MaintenancePlanned,
    RoundDue,
    RoundEnded,
    RoundLineDone,
    SpareLent,
    StockChanged,
)
from hallwatch_collector.core.readiness.kept import RoundLine
from hallwatch_collector.core.register_events import (
    EntryMoved,
    EntryTaken,
    NumbersReserved,
    RegisterOpened,
    RegisterPurged,
    RegisterTakenBack,
)


def told(*events: Event) -> Past:
    """Return the past that these events tell."""
    past = Past()
    for event in events:
        past.take(event)
    return past


def test_an_incident_from_its_fault_to_its_signed_report() -> None:
    past = told(
        IncidentOpened(at=10, incident="inc-1", device="prn-3", fault="jam", waiting=7),
        LevelChanged(at=11, incident="inc-1", level="Ⅳ"),
        IncidentMoved(at=20, incident="inc-1", status="acknowledged", by="李敏"),
        LevelChanged(at=21, incident="inc-1", level="Ⅱ"),
        LevelChanged(at=22, incident="inc-1", level="Ⅳ"),
        IncidentMoved(at=30, incident="inc-1", status="repairing", by="李敏"),
        IncidentMoved(at=40, incident="inc-1", status="recovered"),
        IncidentMoved(at=50, incident="inc-1", status="closed", by="王主任"),
        ReportSigned(at=60, incident="inc-1", version=1, digest="d", by="王主任"),
        AlarmJudged(at=61, incident="inc-1", false=True, by="李敏"),
        SignTaken(at=62, place="w3"),
    )
    incident = past.incidents["inc-1"]
    assert (incident.level, incident.waiting) == ("Ⅱ", 7), "the gravest that it had"
    assert (incident.acknowledged_by, incident.acknowledged_at, incident.repairing_at) == ("李敏", 20, 30)
    assert (incident.recovered_at, incident.closed_at, incident.closed_by) == (40, 50, "王主任")
    assert incident.signatures == (Signature(version=1, by="王主任", at=60),)
    assert incident.false_by == "李敏"


def test_one_that_comes_back_is_open_again_and_keeps_when_it_began() -> None:
    past = told(
        IncidentOpened(at=10, incident="inc-1", device="prn-3", fault="jam"),
        IncidentMoved(at=40, incident="inc-1", status="recovered"),
        IncidentMoved(at=50, incident="inc-1", status="closed", by="automatic"),
        IncidentOpened(at=70, incident="inc-1", device="prn-3", fault="jam", reopened=True),
    )
    incident = past.incidents["inc-1"]
    assert (incident.opened_at, incident.reopened, incident.status) == (10, 1, "detected")
    assert (incident.recovered_at, incident.closed_at) == (None, None)


def test_one_that_was_merged_says_into_which() -> None:
    past = told(
        IncidentOpened(at=10, incident="inc-2", device="a", fault="no-answer"),
        IncidentMoved(at=11, incident="inc-2", status="closed", by="merged-into:inc-1"),
    )
    assert (past.incidents["inc-2"].merged_into, past.incidents["inc-2"].closed_by) == ("inc-1", "")


def test_a_register_counts_its_numbers_and_none_of_what_is_written() -> None:
    past = told(
        RegisterOpened(at=1, incident="i", register="dj", by="王"),
        NumbersReserved(at=2, incident="i", register="dj", numbers=["1", "2"], by="王"),
        EntryTaken(at=3, incident="i", register="dj", number="1", digest="d", by="李"),
        EntryTaken(at=3, incident="i", register="dj", number="3", digest="d", by="李"),
        EntryMoved(at=4, incident="i", register="dj", number="1", status="entered", by="李"),
        RegisterPurged(at=9, numbers=["3"], incident="i", register="dj"),
        RegisterPurged(at=9, numbers=["3"]),
        RegisterOpened(at=5, incident="i", register="fp", by="王"),
        RegisterTakenBack(at=6, incident="i", register="fp", by="王"),
    )
    assert past.registers["i", "dj"].entries == {"1": "entered", "2": "blank", "3": "purged"}
    assert past.registers["i", "fp"].taken_back


def test_rounds_work_and_the_store() -> None:
    lines = [RoundLine(item="queue"), RoundLine(item="lights")]
    past = told(
        RoundDue(at=1, round="r1", lines=lines),
        RoundLineDone(at=2, round="r1", line=RoundLine(item="lights", result="not-ok", note="灯坏", by="张")),
        RoundDue(at=3, round="r2", lines=lines),
        RoundEnded(at=4, round="r2", lines=[]),
        MaintenancePlanned(at=5, maintenance="m", devices=["a"], text="换", begins_at=6, ends_at=8, by="李"),
        MaintenanceBegun(at=6, maintenance="m", devices=["a"], text="换", ends_at=8, by="李"),
        MaintenanceOverdue(at=8, maintenance="m", devices=["a"]),
        MaintenanceEnded(at=9, maintenance="m", by="李"),
        StockChanged(at=10, supply="toner", how="taken", count=2, was=3, by="李"),
        SpareLent(at=11, spare="s", device="a", by="李"),
    )
    assert [line.note for line in past.rounds["r1"].lines] == ["", "灯坏"]
    assert (past.rounds["r2"].ended_at, past.rounds["r2"].by, len(past.rounds["r2"].lines)) == (4, "", 2)
    work = past.works["m"]
    assert (work.planned_at, work.began_at, work.ended_at, work.overdue) == (5, 6, 9, True)
    assert [(move.thing, move.how) for move in past.moves] == [("toner", "taken"), ("s", "lent")]


def test_a_drill_and_what_is_kept_by_others_does_not_change() -> None:
    past = told(DrillStepped(at=1, act="begin", scenario="fibre-cut", by="王"))
    before = past.copy()
    for act in ("start", "start", "stop"):
        past.take(DrillStepped(at=2, act=act, scenario="fibre-cut", by="王"))  # type: ignore[arg-type]
    assert (past.drills[0].troubles, past.drills[0].stopped_by, past.drills[0].over_at) == (2, "王", 2)
    assert before.drills[0].over_at is None
