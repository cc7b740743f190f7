"""Each drill that ships, played in virtual time: by a staff that does everything in time, and with nobody there."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hallwatch_collector import plans
from hallwatch_collector.drills.scenario import shipped
from hallwatch_collector.drills.score import Score
from parts.drill import rehearser

PROGRAM = {"alert", "sign", "calm"}
"""What the program does by itself; the windows' signs wait for somebody who closes the windows."""
LEFT = {
    "certification-devices": {
        "acknowledge", "sign", "printed-signs", "tell-people", "by-hand", "check",
    },
    "core-system-at-deadline": {
        "acknowledge", "windows", "sign", "tell-people", "notices", "registers", "extension", "check",
    },
    "fibre-cut": {"acknowledge", "estimate", "windows", "sign", "tell-people", "by-hand", "notices", "check"},
    "flapping-switch": {"acknowledge", "estimate", "decisions", "tell-people", "check"},
    "power-cut": {"acknowledge", "estimate", "decisions", "shut-down"},
    "queue-machine-on-a-peak-day": {"acknowledge", "notice", "lead-people", "sign", "printed-signs"},
}  # fmt: skip
"""What is left undone by the county plan when nobody acts."""


def verdicts(score: Score) -> dict[str, str]:
    return {line.id: line.verdict for line in score.lines}


def test_there_are_the_drills_that_were_asked_for() -> None:
    assert shipped().keys() == LEFT.keys()
    for scenario in shipped().values():
        assert scenario.title.isascii() is False
        assert scenario.title_en.isascii()


@pytest.mark.parametrize("plan", sorted(plans.shipped()))
@pytest.mark.parametrize("name", sorted(LEFT))
def test_a_staff_that_does_everything_in_time_has_the_full_score(name: str, plan: str, tmp_path: Path) -> None:
    score = rehearser(tmp_path, plans.find_plan(plan))((name, shipped()[name]), True).score
    assert score.percent == 100.0
    assert set(verdicts(score).values()) <= {"kept", "lapsed", "not-asked"}
    for line in score.lines:
        assert line.earned == (line.points if line.verdict == "kept" else 0.0)
    assert score.times.alert_s is not None
    assert score.times.alert_s < 500, "seconds after the trouble of which it tells"


@pytest.mark.parametrize("name", sorted(LEFT))
def test_when_nobody_acts_the_score_says_what_was_left_undone(name: str, tmp_path: Path) -> None:
    score = rehearser(tmp_path)((name, shipped()[name]), False).score
    told = verdicts(score)
    assert {line for line, verdict in told.items() if verdict == "missed"} == LEFT[name]
    kept = {line.id for line in score.lines if line.verdict == "kept"}
    assert kept == {line.id for line in score.lines if line.act in PROGRAM} - LEFT[name]
    assert (score.percent, score.nobody_acted) == (None, True)
    assert (score.times.acknowledge_s, score.times.decision_s, score.times.check_s) == (None, None, None)
    for line in score.lines:
        if line.verdict == "missed" and line.act not in PROGRAM:
            assert line.left, "it says for what"


def test_the_record_says_when_each_trouble_began(tmp_path: Path) -> None:
    played = rehearser(tmp_path)(("fibre-cut", shipped()["fibre-cut"]), False)
    steps = [line for line in played.told if "  drill  " in line]
    assert [line.split()[2:5] for line in steps] == [["start", "fibre-cut", "uplink"], ["end", "fibre-cut", "uplink"]]


def test_no_public_text_leaves_a_drill(tmp_path: Path) -> None:
    drill = ("core-system-at-deadline", shipped()["core-system-at-deadline"])
    told = [line for line in rehearser(tmp_path)(drill, True).told if "notice released" in line]
    assert told
    assert not any("on portal" in line or "on sms" in line for line in told)
    assert any("held back: portal, sms" in line for line in told)


def test_the_information_centre_makes_the_deadline_a_question(tmp_path: Path) -> None:
    """What is expected back in an hour moves no deadline; that it takes two days is news in the course of the drill."""
    name = "core-system-at-deadline"
    played = rehearser(tmp_path)((name, shipped()[name]), True)
    told = {line.id: line for line in played.score.lines}
    assert (told["extension"].verdict, told["tell-public"].verdict) == ("kept", "kept")
    assert told["extension"].by == ("演练人员",), "people decide; only the estimate is the information centre's"
    said = "\n".join(played.told)
    assert "note taken         inc-1 by 信息中心 通知:核心征管系统数据库损坏,预计两天后恢复。" in said
    assert "O4 演练申报 2026-03-10 → 2026-03-13" in said
    assert "(person)" in said


def test_news_waits_for_the_incident_it_is_about(tmp_path: Path) -> None:
    scenario = shipped()["fibre-cut"]
    early = replace(scenario, news=[replace(scenario.news[0], at=0.0, back_in_s=1800.0)])
    told = rehearser(tmp_path)(("fibre-cut", early), False).told
    opened = next(number for number, line in enumerate(told) if "incident opened" in line)
    notes = [number for number, line in enumerate(told) if "note taken" in line]
    assert len(notes) == 1, "each piece once"
    assert notes[0] > opened
    assert sum("(person)" in line for line in told) == 1
