"""Steps of a scenario: figures that a device tells, answers that wait for the question, series of one act."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hallwatch_collector.problems import FileRefused
from hallwatch_collector.replay import replay_case
from hallwatch_collector.simulate.steps import Act

HALLS = Path(__file__).parents[1] / "halls"
ENTRY = (
    'order = "take-entry", thing = "core-system", by = "小陈", say = { register = "by-hand", '
    'fields = { name = "测试{n}", contact = "甲", phone = "138000000{n:02}", business = "申报" } }'
)


def play(folder: Path, case: str, *steps: str, until: str = "09:20:00") -> list[str]:
    """Play these steps in the hall of a case, from nine o'clock on."""
    shutil.copy(HALLS / case / "hall.toml", folder / "hall.toml")
    lines = "".join(f"  {{ {step} }},\n" for step in steps)
    text = f"start = 2026-03-10T09:00:00\nuntil = {until}\nsteps = [\n{lines}]\n"
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return replay_case(folder)


def test_a_device_tells_other_figures_until_it_tells_its_usual_ones(tmp_path: Path) -> None:
    told = play(
        tmp_path, "crowd-waiting",
        'at = 09:01:00, do = "tell", thing = "queue-1", figures = { people_waiting = 33 }',
        'at = 09:05:00, do = "tell", thing = "queue-1", figures = {}',
    )  # fmt: skip
    assert "09:01:00  --                 queue-1 tells people_waiting 33" in told
    assert any(line.startswith("09:02:00  fault raised       queue-1 people-waiting") for line in told)
    assert not any("[" in line and "raised" in line for line in told), "its two classes share them: 17 and 16"
    assert "09:05:00  --                 queue-1 tells its usual figures" in told
    assert any(line.startswith("09:06:00  fault cleared      queue-1 people-waiting") for line in told)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ('thing = "queue-1", figures = { tickets = 3 }', "queue-1 tells no 'tickets'.*people_waiting"),
        ('thing = "queue-9", figures = { people_waiting = 3 }', "this hall has no 'queue-9'.*queue-1"),
    ],
)
def test_what_no_device_tells_is_refused(tmp_path: Path, step: str, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        play(tmp_path, "crowd-waiting", f'at = 09:01:00, do = "tell", {step}')


def test_an_answer_waits_for_its_question(tmp_path: Path) -> None:
    told = play(
        tmp_path, "by-hand-until-told",
        'at = 09:00:30, do = "confirm", waits = true, clause = "D2", subject = "core-system", by = "王主任"',
        'at = 09:00:30, do = "confirm", clause = "W1", subject = "core-system", by = "王主任"',
        'at = 09:00:40, do = "tick", waits = true, clause = "B4", subject = "core-system", by = "王主任"',
        'at = 09:01:00, do = "start", thing = "core-system", fault = "http-error"',
        until="09:05:00",
    )  # fmt: skip
    asked = next(number for number, line in enumerate(told) if " D2 ask " in line)
    answered = next(number for number, line in enumerate(told) if "confirm D2 core-system" in line)
    assert answered > asked
    assert any("refused: unknown-measure (measure: W1 of core-system" in line for line in told), "it does not wait"
    never = "this plan never asked for what the scenario answers under others"
    assert told[-1] == f"09:05:00  --                 {never}: 王主任: tick B4 core-system"


def test_a_series_is_one_step_and_waits_too(tmp_path: Path) -> None:
    told = play(
        tmp_path, "by-hand-until-told",
        'at = 09:01:00, do = "start", thing = "core-system", fault = "http-error"',
        f'at = 09:02:00, do = "act", waits = true, count = 3, every_s = 30, {ENTRY}',
        'at = 09:05:00, do = "confirm", clause = "D2", subject = "core-system", by = "王主任"',
    )  # fmt: skip
    assert [line for line in told if "take-entry" in line] == [
        "09:05:01  --                 小陈: take-entry core-system (3 times)"
    ]
    taken = [line[:8] for line in told if "entry taken" in line]
    assert taken == ["09:05:01", "09:05:31", "09:06:01"]
    assert not any("测试" in line or "138000000" in line for line in told)


def test_a_series_counts_in_what_is_said() -> None:
    act = Act(at=0, order="enter-entry", by="小陈", say={"number": "SG-20260310-{n:03}"}, count=2, first=9)
    assert act.command("none").number == "SG-20260310-009"  # type: ignore[union-attr]
    rest = act.next()
    assert rest is not None
    assert rest.command("none").number == "SG-20260310-010"  # type: ignore[union-attr]
    assert rest.next() is None


def test_what_cannot_count_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="enter-entry"):
        play(
            tmp_path,
            "by-hand-until-told",
            'at = 1, do = "act", order = "enter-entry", by = "甲", say = { number = "{n.x}" }',
        )
