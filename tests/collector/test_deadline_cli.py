"""``hallwatch deadline``: the proposal, its rule and its calendar, from a hall file or from nothing but a date."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from hallwatch_collector import plans
from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.cli import main
from hallwatch_collector.core.deadlines import DeadlineRules
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from parts.documents import blocks

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"

[[filing]]
name = "增值税申报"
last_days = [2026-09-30, 2026-10-26]
"""


@pytest.fixture
def hall(tmp_path: Path) -> str:
    path = tmp_path / "xihu.toml"
    path.write_text(HALL, encoding="utf-8")
    return str(path)


def test_the_online_bureau_down_before_the_national_day(hall: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", hall, "--down-from", "2026-09-30T09:00", "--up-at", "2026-10-01T08:00"]) == 0
    out = capsys.readouterr().out
    assert "[O3] 增值税申报  申报期最后一日: 2026-09-30(周三)\n  建议新期限: 2026-10-08(周四)\n" in out
    assert "次一工作日" in out
    assert "    2026-10-01(周四)  休息日  国庆节\n" in out
    assert "2026-10-26" not in out  # the next period is not touched
    assert out.endswith("仅为建议,由有权人员决定。\n")


def test_both_down_and_nobody_knows_how_long(hall: str, capsys: pytest.CaptureFixture[str]) -> None:
    both = ["--systems", "online-bureau,core-system", "--language", "en"]
    when = ["--down-from", "2026-10-23T09:00", "--now", "2026-10-23T10:00"]
    assert main(["deadline", hall, *when, *both]) == 0
    out = capsys.readouterr().out
    assert "[O2] 增值税申报  last day of the period: 2026-10-26 (Mon)\n" in out
    assert "[O4] 增值税申报" in out
    assert "proposed deadline: not known yet; at the earliest 2026-10-27 (Tue)" in out
    assert "hangs on: when the core system and the online bureau will be back" in out


def test_without_a_hall_file(capsys: pytest.CaptureFixture[str]) -> None:
    year = find_calendar("CN").last_year + 1
    when = ["--down-from", f"{year}-03-11T09:00", "--expected", f"{year}-03-12T23:30"]
    assert main(["deadline", "--last-day", f"{year}-03-12", *when, "--now", f"{year}-03-11T10:00"]) == 0
    out = capsys.readouterr().out
    assert "取决于: 网上税务局按预计时间恢复" in out
    assert f"?: {year}年放假安排尚未公布" in out


def test_an_outage_that_moves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    when = ["--down-from", "2026-10-20T09:00", "--up-at", "2026-10-20T18:00"]
    assert main(["deadline", "--last-day", "2026-10-26", *when, "--language", "en"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("[O3, O4] the period given  last day of the period: 2026-10-26 (Mon)\n")
    assert "  not extended: it was back before the last day began\n" in out
    assert "rule O3: " in out
    assert "    2026-10-26 (Mon)  working day" in out
    assert out.endswith("The plan extends no deadline.\n")


def test_a_broken_device_is_no_reason_not_to_count(hall: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Path(hall).open("a", encoding="utf-8") as file:
        file.write('[[devices]]\nid = "Nonsense"\nkind = 5\n')
    assert main(["deadline", hall, "--down-from", "2026-09-30T09:00", "--up-at", "2026-10-01T08:00"]) == 0
    assert "[O3] 增值税申报" in capsys.readouterr().out
    Path(hall).write_text(HALL.replace("2026-09-30", '"soon"'), encoding="utf-8")
    assert main(["deadline", hall, "--down-from", "2026-09-30T09:00"]) == 1
    assert "filing[1].last_days" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["2027-10-08", "--down-from", "2027-10-08T10:00", "--now", "2026-11-22T10:00"], "more than 3 days away"),
        (["2026-10-26", "--down-from", "2026-10-27T09:00"], "began after the last day was over"),
        (["2026-10-26", "--down-from", "2026-10-26T09:00", "--up-at", "2026-10-26T10:00"], "less than 2 h of the last"),
        (["2026-10-26", "--down-from", "2026-10-20T09:00", "--systems", "core-system"], "online bureau is not down"),
    ],
)
def test_why_nothing_is_moved(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", "--language", "en", "--last-day", *words]) == 0
    assert told in capsys.readouterr().out


def test_the_plan_has_the_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    county = (files(plans) / "county.toml").read_text(encoding="utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(f"deadlines = {{ long_extension_days = 5 }}\n{county}", encoding="utf-8")
    when = ["--down-from", "2026-10-20T09:00", "--up-at", "2026-10-26T18:00", "--systems", "online-bureau,core-system"]
    assert main(["deadline", "--last-day", "2026-10-26", *when, "--plan", str(plan)]) == 0
    assert "建议新期限: 2026-11-02(周一)" in capsys.readouterr().out  # the 31st is a Saturday


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--down-from", "2026-10-26T09:00"], "there is no filing period"),
        (["--down-from", "yesterday", "--last-day", "2026-10-26"], "--down-from: 'yesterday' is no moment"),
        (["--down-from", "9026-10-26", "--last-day", "2026-10-26"], "is the year right?"),
        (["--down-from", "2026-10-26", "--last-day", "26.10."], "--last-day: Invalid isoformat"),
        (["--down-from", "2026-10-26", "--up-at", "2026-10-25", "--last-day", "2026-10-26"], "--up-at is not after"),
        (
            ["--down-from", "2026-10-26", "--last-day", "2026-10-26", "--systems", "online"],
            "--systems: 'online' is unknown",
        ),
    ],
)
def test_wrong_arguments_say_what_is_right(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_the_examples_of_the_guide_are_right(tmp_path: Path) -> None:
    filing, _, rules = [block.text for block in blocks("docs/deadlines.md") if block.language == "toml"]
    path = tmp_path / "xihu.toml"
    path.write_text(HALL.partition("[[")[0] + filing, encoding="utf-8")
    plan, catalogue = plans.load()
    assert read_hall(path, Known.of(plan, catalogue)).hall.filing
    assert msgspec.convert(tomllib.loads(rules)["deadlines"], DeadlineRules) == DeadlineRules()  # and all are named
    assert set(tomllib.loads(rules)["deadlines"]) == {field.name for field in structs.fields(DeadlineRules)}
