"""How fast incidents go through the plan's stages, as histograms: out of a real collector, and rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from hallwatch_collector.config import Config
from hallwatch_collector.config import Journal as JournalAt
from hallwatch_collector.core.alerts.events import AlertAccepted
from hallwatch_collector.core.commands import Acknowledge, StartRepair
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent, FaultRaised, IncidentMoved, IncidentOpened
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.export.course import BUCKETS_S, Course
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.export.week import WeekCount
from hallwatch_collector.records import Records
from hallwatch_collector.tally import MOST_AT_ONCE, Tally
from hallwatch_collector.weekcount import PAUSE_S, WeekCounter
from parts.county import CATALOGUE, PLAN, hall, printer
from parts.hall_views import KEY, NOW, incident
from parts.hall_views import hall as picture
from parts.moved_collector import MovedCollector
from parts.vendors.webhook import SECRET, Receiver
from parts.waiting import wait_until

ALERTS = """\
steps = [{{ to = ["technical"] }}]
channels = [{{ id = "hook", kind = "webhook", url = "{url}", secret_file = "secret" }}]
people = [{{ name = "张伟", roles = ["technician"], ways = [{{ channel = "hook" }}] }}]
"""
Log = pytest.LogCaptureFixture
HALL = hall([printer("prn-1", "w1"), printer("prn-2", "w2")])
JAM = incident("inc-1", "prn-1", "打印机", fault_id="jam", zh="卡纸", en="jam", began_at=NOW)
STAGE = "hallwatch_incident_stage_seconds"


def counted(page: str) -> dict[str, tuple[float, float]]:
    """Return how many incidents came to each stage, and after how long in all; those that none came to left out."""
    found: dict[str, dict[str, float]] = {"sum": {}, "count": {}}
    for line in page.splitlines():
        for part, samples in found.items():
            if line.startswith(f"{STAGE}_{part}{{"):
                samples[line.split('stage="')[1].split('"')[0]] = float(line.rsplit(" ", 1)[1])
    return {stage: (count, found["sum"][stage]) for stage, count in found["count"].items() if count}


def told(course: Course) -> dict[str, tuple[float, float]]:
    """Return the same of one course."""
    return counted(course.render(KEY)[STAGE].decode())


def begun(course: Course, key: HallKey = KEY) -> list[float]:
    """Return how many incidents began, and how many came back."""
    lines = course.render(key)["hallwatch_incidents_begun_total"].decode().splitlines()
    return [float(line.rsplit(" ", 1)[1]) for line in lines]


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[MovedCollector]:
    receiver = Receiver()
    receiver.start()
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "alerts.toml").write_text(ALERTS.format(url=receiver.url), encoding="utf-8")
    made = MovedCollector(tmp_path, [HALL])
    receiver.now = lambda: made.now
    made.tell(HALL, {"prn-1": {"jam": False}, "prn-2": {"jam": False}})
    made.move(1)
    yield made
    made.close()
    receiver.stop()


def test_from_the_jam_to_the_close(moved: MovedCollector) -> None:
    moved.tell(HALL, {"prn-1": {"jam": True}})
    moved.move(20)
    (standing,) = moved.view(HALL).incidents
    moved.move(100)
    for command in (Acknowledge, StartRepair):
        moved.collector.command(HALL.key, command(by="张伟", roles=["technician"], incident=standing.id))
        moved.move(60)
    moved.tell(HALL, {"prn-1": {"jam": False}})
    moved.move(30)
    stages = counted(moved.collector.scrape().decode())
    began = standing.began_at
    recovered = moved.view(HALL).incidents[0].recovered_at or 0.0
    assert {name: count for name, (count, _) in stages.items()} == dict.fromkeys(
        ("known", "told", "acknowledged", "repairing", "recovered"), 1
    )
    assert stages["told"][1] <= 5
    assert stages["acknowledged"][1] == pytest.approx(moved.now - 150 - began, abs=1)
    assert stages["repairing"][1] == pytest.approx(stages["acknowledged"][1] + 60, abs=1)
    assert stages["recovered"][1] == pytest.approx(recovered - began, abs=1)


def test_the_week_is_counted_in_the_background(moved: MovedCollector, tmp_path: Path) -> None:
    moved.tell(HALL, {"prn-1": {"jam": True}})
    moved.move(20)
    clock = [100.0]
    records = Records(Config(journal=JournalAt(url=f"sqlite:///{tmp_path / 'journal.sqlite'}")), PLAN, CATALOGUE)
    counter = WeekCounter(moved.collector, records, lambda: moved.now, lambda: clock[0])
    counter.tick()
    wait_until(lambda: alerted(moved) == 1, 5, "it is counted by its own thread")
    assert counter._thread
    counter._thread.join(5)
    moved.collector.metrics.take_week(WeekCount(at=0.0, halls={}, rules=()))
    counter.tick()
    counter._thread.join(5)
    assert alerted(moved) == 0, "not so soon again"
    clock[0] += PAUSE_S + 1
    counter.tick()
    wait_until(lambda: alerted(moved) == 1, 5, "it is counted again")


def test_more_halls_than_are_counted_at_once_are_all_counted(tmp_path: Path) -> None:
    engine, metrics = Engine(PLAN, CATALOGUE), Metrics()
    halls = [replace(HALL, hall=f"h{number}") for number in range(MOST_AT_ONCE + 5)]
    tally = Tally(engine, metrics, lambda _: False)
    for each in halls:
        engine.load_hall(each, "d1", None, NOW)
        tally.note(each.key, opened())
    tally.note(replace(HALL, hall="gone").key, opened())
    for count in (MOST_AT_ONCE, MOST_AT_ONCE + 5, MOST_AT_ONCE + 5):
        tally.settle(NOW + 1)
        assert sum(begun(metrics.course, each.key) == [1, 0] for each in halls) == count


def test_a_journal_that_cannot_be_read_stops_nothing(moved: MovedCollector, tmp_path: Path, caplog: Log) -> None:
    records = Records(Config(journal=JournalAt(url=f"sqlite:///{tmp_path / 'away' / 'j.sqlite'}")), PLAN, CATALOGUE)
    clock = [100.0]
    counter = WeekCounter(moved.collector, records, lambda: moved.now, lambda: clock[0])
    for _ in range(2):
        counter.tick()
        assert counter._thread
        counter._thread.join(5)
        clock[0] += 1000
    assert [record.levelname for record in caplog.records] == ["WARNING"], "it is said once"
    assert "hallwatch_week_" not in moved.collector.scrape().decode()


def alerted(moved: MovedCollector) -> float:
    """Return how many incidents people were told of, as the metrics have it."""
    lines = [line for line in moved.collector.scrape().decode().splitlines() if not line.startswith("#")]
    return sum(float(line.split()[-1]) for line in lines if line.startswith("hallwatch_week_alerted_incidents"))


def opened(**changes: object) -> list[AnyEvent]:
    """Return a fault and the incident that opened for it."""
    symptom = FaultRaised(at=NOW, device="prn-1", fault="jam", since=NOW - 8, known_at=NOW + 2)
    return [symptom, IncidentOpened(at=NOW, incident="inc-1", device="prn-1", fault="jam", **changes)]  # type: ignore[arg-type]


def test_it_is_known_when_the_program_knew() -> None:
    course = Course()
    course.note(picture(incidents=(JAM,)), opened())
    assert told(course) == {"known": (1, 10.0)}
    assert begun(course) == [1, 0]
    course.note(picture(incidents=(JAM,)), opened(reopened=True))
    assert begun(course) == [1, 1]


def test_the_first_message_counts_and_no_other() -> None:
    course = Course()
    course.note(picture(incidents=(JAM,)), opened())
    for at in (NOW + 4, NOW + 9):
        course.note(picture(incidents=(JAM,)), [AlertAccepted(at=at, alert="a", incident="inc-1", edition=1)])
    assert told(course)["told"] == (1, 4.0)


def test_a_message_about_what_began_before_the_start_is_not_taken_for_the_first() -> None:
    course = Course()
    course.note(picture(incidents=(JAM,)), [AlertAccepted(at=NOW + 9, alert="a", incident="inc-1", edition=3)])
    assert told(course) == {}


def test_what_is_handed_over_was_taken_on_once() -> None:
    course, taken = Course(), replace(JAM, acknowledged_at=NOW + 60, status="acknowledged")
    for at in (NOW + 60, NOW + 90):
        course.note(
            picture(incidents=(taken,)), [IncidentMoved(at=at, incident="inc-1", status="acknowledged", by="李")]
        )
    assert told(course) == {"acknowledged": (1, 60.0)}


@pytest.mark.parametrize("by", ["merged-into:inc-2", "explained-by:sw-1", "hall-file"])
def test_what_nobody_repaired_has_no_time_to_repair(by: str) -> None:
    course = Course()
    course.note(picture(incidents=(JAM,)), [IncidentMoved(at=NOW + 5, incident="inc-1", status="closed", by=by)])
    assert told(course) == {}


def test_drills_do_not_count() -> None:
    course = Course()
    course.note(picture(incidents=(JAM,), drill=True), opened())
    assert told(course) == {}


def test_buckets_add_up() -> None:
    course = Course()
    for seconds in (5, 10, 11, 4000, 1e6):
        closed = replace(JAM, status="closed")
        course.note(picture(incidents=(closed,)), [IncidentMoved(at=NOW + seconds, incident="inc-1", status="closed")])
    lines = [
        line
        for line in course.render(KEY)[STAGE].decode().splitlines()
        if 'stage="closed"' in line and "_bucket" in line
    ]
    assert [float(line.rsplit(" ", 1)[1]) for line in lines] == [2, 3, 3, 3, 3, 4, 4, 5]
    assert len(lines) == len(BUCKETS_S) + 1
