"""A twin: what is the hall's own, what is not; marked everywhere, in no statistics, each drill from the beginning."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import msgspec
import pytest

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.commands import CommandRefused, DrillStep
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import DrillWords
from hallwatch_collector.drills.rehearse import Rehearsal
from hallwatch_collector.drills.scenario import shipped
from hallwatch_collector.drills.twin import LEFT_OUT, make_twin, twin_key
from hallwatch_collector.effects.board import make_board
from hallwatch_collector.export.exposition import render_hall
from hallwatch_collector.report.sections import marks_of
from hallwatch_collector.simulate.cli import SHIPPED_HALL
from parts.county import CATALOGUE, PLAN, hall, pc
from parts.drill import DAY, make_twin_file, rehearser


def test_the_twin_has_the_halls_windows_devices_and_contacts(tmp_path: Path) -> None:
    twin = make_twin_file(tmp_path, shipped()["core-system-at-deadline"])
    real = tomllib.loads(SHIPPED_HALL.read_text(encoding="utf-8"))
    assert (twin.hall.key, twin.hall.drill, twin.hall.is_played) == (("330100", "county-drill"), True, True)
    assert [device.id for device in twin.hall.devices] == [device["id"] for device in real["devices"]]
    assert len(twin.hall.contacts) == len(real["contacts"])
    assert [filing.last_days for filing in twin.hall.filing] == [[DAY]], "the filing period ends today"


def test_the_twin_is_open_whenever_the_drill_is() -> None:
    table = tomllib.loads(SHIPPED_HALL.read_text(encoding="utf-8"))
    table |= {"hours": [{"days": ["mon"], "from": "09:00", "to": "17:00"}], "closed": [dt.date(2026, 3, 10)]}
    table |= {"filing": [{"name": "增值税", "last_days": [dt.date(2026, 3, 16)]}]}
    twin = tomllib.loads(make_twin(table, shipped()["fibre-cut"], DAY, "x"))
    assert not twin.keys() & set(LEFT_OUT)
    assert twin["filing"] == table["filing"], "as the hall's own where the scenario does not say"


def test_a_long_id_stays_an_id() -> None:
    key = twin_key(HallKey("330106", "x" * 63))
    assert (len(key.hall), key.hall[-7:]) == (63, "x-drill")


def test_signs_board_view_metrics_and_reports_are_marked(tmp_path: Path) -> None:
    signs: list[Sign] = []
    played = rehearser(tmp_path)(("certification-devices", shipped()["certification-devices"]), False)
    signs = [each.sign for each in played.evidence.record.signs]
    assert signs
    assert all(sign.drill for sign in signs)
    twin = make_twin_file(tmp_path, shipped()["fibre-cut"])
    engine = Engine(PLAN, CATALOGUE)
    engine.load_hall(twin.hall, twin.digest, None, 1e9)
    view = engine.view(twin.hall.key, 1e9)
    assert (view.drill, make_board(view, 1e9).drill, marks_of(twin.hall)) == (True, True, ["演练"])
    lines = render_hall(view)
    assert list(lines) == ["hallwatch_hall_info"], "no metric of a fault that is only practised"
    assert 'drill="true"' in lines["hallwatch_hall_info"][0]


def test_a_real_hall_has_no_steps_of_a_drill_in_its_record() -> None:
    engine = Engine(PLAN, CATALOGUE)
    real = hall([pc("pc-1")])
    engine.load_hall(real, "d", None, 1e9)
    step = DrillStep(by="王", roles=["*"], act="begin", scenario="fibre-cut")
    with pytest.raises(CommandRefused, match="no-drill"):
        engine.on_command(real.key, step, 1e9)
    with pytest.raises(CommandRefused, match="no-right"):
        engine.on_command(real.key, msgspec.structs.replace(step, roles=["staff"]), 1e9)


def test_the_rehearsal_can_be_told(tmp_path: Path) -> None:
    played: Rehearsal = rehearser(tmp_path)(("power-cut", shipped()["power-cut"]), True)
    assert any("acknowledged by 演练人员" in line for line in played.told)


def test_every_measure_of_a_drill_says_that_it_is_one_and_what_to_do_instead(tmp_path: Path) -> None:
    played = rehearser(tmp_path)(("fibre-cut", shipped()["fibre-cut"]), True)
    measures = played.evidence.record.measures
    assert {measure.mode for measure in measures} >= {"auto", "ask", "show"}
    assert all(measure.text.startswith("【演练】") for measure in measures)
    posting = [each for each in measures if each.clause == "H2" and each.mode == "show" and "张贴印好的" in each.text]
    assert posting
    assert all(each.text.endswith("(演练:把印好的标识拿给观察员看,不张贴,然后勾选。)") for each in posting)
    steps = [each for each in measures if each.mode == "show"]
    assert all("(演练:" in each.text for each in steps), (
        "a step for which the plan says nothing has the plan's own word"
    )


def test_a_plan_words_its_drills_itself() -> None:
    words = DrillWords(mark="应急演练", mark_en="EXERCISE")
    assert words.word("请核对。", "说明怎样核对", "zh") == "【应急演练】请核对。(演练:说明怎样核对。)"
    assert words.word("Check it.", "", "en") == "[EXERCISE] Check it."
