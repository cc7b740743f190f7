"""The golden cases, told as reports."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.journal import Entry
from hallwatch_collector.replay import replay_case
from hallwatch_collector.report.archive import compile_report, read_record
from hallwatch_collector.report.document import Table
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.spans import length_s
from hallwatch_collector.report.story import Rules, Source, tell_story
from hallwatch_collector.report.timing import find_stages, unserved

HALLS = Path(__file__).parents[2] / "halls"
CASES = sorted(folder.name for folder in HALLS.iterdir() if (folder / "hall.toml").exists())


def play(case: str) -> tuple[Rules, Record, Source, float]:
    """Replay a case and read its journal."""
    plan, catalogue = plans.load()
    hall = read_hall(HALLS / case / "hall.toml", Known.of(plan, catalogue)).hall
    lines = [line for line in replay_case(HALLS / case, as_json=True) if not line.startswith('{"refused"')]
    events = [msgspec.json.decode(line, type=AnyEvent) for line in lines]
    entries = [
        Entry(seq, str(hall.key), event.at, event.at, event.__struct_config__.tag, event, "0" * 64)
        for seq, event in enumerate(events, 1)
    ]
    record, source = read_record(entries)
    return Rules(hall, plan, catalogue), record, source, max(event.at for event in events) + 60


@pytest.mark.parametrize("case", CASES)
def test_every_incident_of_a_case_has_its_report(case: str) -> None:
    rules, record, source, told_at = play(case)
    for incident in record.incidents:
        document = compile_report(record, source, incident, rules, told_at=told_at)
        course = next(block for block in document.blocks if isinstance(block, Table))
        assert len(course.rows) >= 3, "the first symptom, the fault, the incident"
        clocks = [row[0] for row in course.rows]
        assert clocks == sorted(clocks, key=lambda clock: clock.rpartition(" ")[::2])  # of later days with their date


def test_the_fibre_cut_is_told_as_it_was() -> None:
    rules, record, source, told_at = play("fibre-cut")
    assert [incident.device for incident in record.incidents.values()] == ["fibre"]
    story = tell_story(record, next(iter(record.incidents)), rules, source, told_at)
    words = {stage.name: (stage.at - story.began_at, stage.by) for stage in find_stages(story)}
    assert words["通知检修人员"][0] <= 15
    assert words["有人接手"] == (120, "李工")
    assert words["故障消除"][0] == 13_380
    assert story.windows == ["w1", "w2", "w3", "w4"]
    # from the cut to the emergency link, and for two or three minutes more the windows were being checked
    assert {name: length_s(spans) for name, spans in unserved(story).items()} == {
        "filing": 3590, "certificates": 3590, "registration": 3650,
    }  # fmt: skip
    assert {fault.device for fault in story.followed} == {"core-system", "bureau"}
