"""``hallwatch plan explain``: a case under one plan and under two."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector.cli import main
from hallwatch_collector.plan_explain import Key, compare, play_under, tell

CASES = Path(__file__).parents[2] / "halls"
CUT = CASES / "fibre-cut"


def test_each_firing_says_when_and_why() -> None:
    played = play_under(CASES / "printer-jam", "county")
    firing = played.firings[Key("ask-to-wait", "prn-1", 1)]
    assert (firing.clause, firing.mode, firing.ended) == ("D1", "show", "time-over")
    assert [link.station for link in firing.because] == ["fault", "occasion", "condition"]
    lines = list(tell(played, "en"))
    start = next(number for number, line in enumerate(lines) if "ask-to-wait" in line)
    assert lines[start].startswith("09:01:00  D1 ")
    assert lines[start + 1].strip().startswith("1号窗口打印机 should be back within 5 minutes")
    assert lines[start + 3].strip() == "if: 1号窗口打印机: expected to be over within 10 min."


def test_the_root_is_told_once_for_all_that_follows_from_it() -> None:
    lines = list(tell(play_under(CASES / "printer-jam", "county"), "en"))
    firings = [line for line in lines if line[:1].isdigit()]
    assert 0 < sum(line.strip().startswith("fault:") for line in lines) < len(firings)


def test_a_measure_that_is_raised_again_counts_anew() -> None:
    played = play_under(CASES / "fault-comes-back", "county")
    times = [key.time for key in played.firings if key.template == "inspect-and-spare"]
    assert times == list(range(1, len(times) + 1))
    assert len(times) > 1


def test_each_level_says_by_which_rule_what_that_saw_and_what_changed() -> None:
    played = play_under(CASES / "level-passed-on", "county")
    lines = [line for line in tell(played, "en") if "  R1  " in line]
    first, second, third = lines
    assert first.startswith("09:01:10  R1  Level Ⅲ by the rule: 50% of the windows lost classes; kinds: system, router")
    seen = "100% of the windows lost classes; it has just come up; lost: 核心征管系统; it reaches the county."
    assert first.endswith(f"Seen: the root cause is 核心征管系统 (system); {seen}")
    rule = "75% of the windows lost classes; after 2 h"
    assert second == (
        f"11:01:10  R1  Raised from level Ⅲ to Ⅱ by the rule: {rule}. Changed: it has just come up → after 2 h."
    )
    assert third == "11:31:00  R1  钱局 set level Ⅰ: 市局通知:全省受影响"
    assert any(
        line.endswith("由Ⅲ级升为Ⅱ级:75% 以上的窗口有业务不能办;已持续 2 小时。变化:刚发生 → 已持续 2 小时。")
        for line in tell(played, "zh")
    )


def test_two_plans_are_compared_measure_by_measure() -> None:
    county, handbook = play_under(CUT, "county"), play_under(CUT, "handbook")
    lines = list(compare(county, handbook, "en"))
    same = {key for key in county.firings if key in handbook.firings}
    assert lines[0] == "== county ↔ handbook =="
    assert any("by-hand-after-20-min" in line and "county: not at all; handbook: 10:07:10" in line for line in lines)
    assert any("accept-by-hand " in line and line.endswith("handbook: not at all") for line in lines)
    assert not any("inspect-and-spare" in line for line in lines[2:]), "what is alike is only counted"
    assert 0 < int(lines[1].rsplit(" ", 1)[1]) <= len(same)


def test_plans_are_compared_by_their_levels_and_by_what_their_texts_are_called() -> None:
    lines = list(compare(play_under(CUT, "county"), play_under(CUT, "provincial"), "en"))
    (level,) = (line for line in lines if line.startswith("R1 "))
    assert level.endswith("county: 09:47:10 Ⅲ; provincial: 09:47:10 三级")
    assert not any("R6" in line for line in lines), "the notice is the same, whatever number it has"
    (sign,) = (line for line in lines if "sign-report" in line)
    assert "13:30:00 → 03-14 13:30:00" in sign, "what is due on another day says which"


def test_a_plan_does_not_differ_from_itself() -> None:
    played = play_under(CASES / "printer-jam", "county")
    assert list(compare(played, played, "zh"))[1:] == [f"两个预案相同: {len(played.firings)}"]
    assert len(list(compare(played, played, "zh", whole=True))) == 2 + len(played.firings)


def test_a_due_time_that_differs_is_told(tmp_path: Path) -> None:
    plan = tmp_path / "quick.toml"
    plan.write_text(
        'name = "快"\nextends = "county"\n[[measures]]\nid = "inspect-and-spare"\nclause = "H1"\non = "incident"\n'
        'mode = "auto"\nowner = "fault-role"\ndue_s = 60\ntext = "检修{device}"\ntext_en = "inspect {device}"\n',
        encoding="utf-8",
    )
    county, quick = (play_under(CASES / "printer-jam", each) for each in ("county", str(plan)))
    told = [line for line in compare(county, quick, "en") if "inspect-and-spare" in line]
    assert len(told) == 1
    assert "09:01:00 → 09:11:00 (auto, technician)" in told[0]
    assert "09:01:00 → 09:02:00 (auto, technician)" in told[0]


def test_the_command_prints_both_plans_and_how_they_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "explain", str(CASES / "printer-jam"), "county", "handbook", "--language", "zh"]) == 0
    out = capsys.readouterr().out
    assert out.index("== county: ") < out.index("== handbook: ") < out.index("== county ↔ handbook ==")
    assert "时机: 1号窗口打印机: 设备有故障,还没有恢复。" in out


@pytest.mark.parametrize("words", [["nowhere"], [str(CASES / "printer-jam"), "no-such-plan"], [str(CASES)]])
def test_what_cannot_be_played_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "explain", *words]) == 1
    assert words[-1] in capsys.readouterr().err
