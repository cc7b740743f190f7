"""Hall files that say when the hall is open, what a part of a device costs, and which limits are its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.arrangement import ArrangementRules
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.problems import FileRefused
from parts.documents import blocks

HEAD = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
"""
KIOSK = """
[[devices]]
id = "kiosk-1"
kind = "kiosk"
name = "自助办税终端1"
gives = ["self-filing", "self-registration"]
"""


def read(folder: Path, text: str, head: str = HEAD) -> object:
    plan, catalogue = plans.load()
    path = folder / "xihu.toml"
    path.write_text(head + text, encoding="utf-8")
    return read_hall(path, Known.of(plan, catalogue)).hall


def refusal(folder: Path, text: str, head: str = HEAD) -> str:
    with pytest.raises(FileRefused) as refused:
        read(folder, text, head)
    return str(refused.value)


def hours(days: str = '"mon", "tue"', start: str = '"09:00"', end: str = '"17:00"') -> str:
    return f"[[hours]]\ndays = [{days}]\nfrom = {start}\nto = {end}\n"


def test_opening_hours_holidays_and_make_up_days(tmp_path: Path) -> None:
    head = HEAD + 'closed = ["2027-02-16", 2027-02-17]\nopen = ["2027-02-20"]\n'
    hall = read(tmp_path, hours() + hours(start='"18:00"', end='"24:00"'), head)
    opening = Hours.of(hall)  # type: ignore[arg-type]
    monday = 1_804_467_600.0  # 2027-03-08 09:00 in Shanghai
    assert [opening.is_open(monday + offset) for offset in (-1, 0, 8 * 3600, 9 * 3600, 15 * 3600 - 1, 15 * 3600)] == [
        False, True, False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (hours(days='"monday"'), "hours[1].days"),
        (hours(start='"9:00"'), "hours[1].from: '9:00'"),
        (hours(start='"17:00"', end='"09:00"'), "hours[1].to: '09:00' is not after from = '17:00'"),
        (hours().replace("from", "form"), "unknown key 'form'; did you mean 'from'?"),
        (
            KIOSK + "parts = { card-reader = ['self-registratoin'] }",
            "parts.card-reader: 'self-registratoin' is unknown",
        ),
        (KIOSK + "parts = { 'Card Reader' = [] }", "parts: 'Card Reader': give lower-case letters"),
        (
            "[[faults]]\nfault = 'people-waiting'\nbelow = 3",
            "faults[1].below: 'people-waiting' has no such limit to change; it has above, clear_at",
        ),
        ("[[faults]]\nfault = 'jam'\nabove = 3", "'jam' has no such limit to change; it has none"),
        (
            "[[faults]]\nfault = 'disk-full'\nabove = 0.5",
            "faults[1]: threshold on disk_used_ratio: clear_at lies beyond",
        ),
        ("[[faults]]\nfault = 'slow'\nfactor = 0.5", "factor is above 1"),
        (
            "[[faults]]\nfault = 'disk-full'\nclear_at = 0.9\n"
            "[[faults]]\nfault = 'disk-full'\ndevice = 'kiosk-1'\nabove = 0.85\n" + KIOSK,
            "faults[2]: threshold on disk_used_ratio: clear_at lies beyond the limit",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


def test_days_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    both = HEAD + "closed = [2027-02-17]\nopen = [2027-02-17]\n"
    assert "open: 2027-02-17 also stands under closed" in refusal(tmp_path, hours(), both)
    assert "there are no [[hours]]" in refusal(tmp_path, "", HEAD + "open = [2027-02-20]\n")
    assert "closed" in refusal(tmp_path, "", HEAD + 'closed = ["2027-02-30"]\n')


def test_holidays_are_those_of_the_country_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    thursday = 1_790_816_400.0  # 2026-10-01 09:00 in Shanghai, National Day
    weekdays = hours(days='"mon", "tue", "wed", "thu", "fri"')
    usual = read(tmp_path, weekdays)
    by_hand = read(tmp_path, weekdays, HEAD + 'calendar = "none"\n')
    open_all_the_same = read(tmp_path, weekdays, HEAD + "open = [2026-10-01]\n")
    halls = (usual, by_hand, open_all_the_same)
    assert [Hours.of(hall).is_open(thursday) for hall in halls] == [False, True, True]  # type: ignore[arg-type]
    assert "calendar: 'CH' is unknown; there are CN, none" in refusal(tmp_path, "", HEAD + 'calendar = "CH"\n')


def test_filing_periods(tmp_path: Path) -> None:
    filing = "[[filing]]\nname = '增值税申报'\n"
    hall = read(tmp_path, filing + "last_days = [2026-10-26, '2026-11-16']\n")
    assert [day.isoformat() for day in hall.filing[0].last_days] == ["2026-10-26", "2026-11-16"]  # type: ignore[attr-defined]
    assert "filing[1]: key 'last_days' is missing" in refusal(tmp_path, filing)
    assert "filing[1].last_days" in refusal(tmp_path, filing + "last_days = []\n")
    assert "filing[1].last_days" in refusal(tmp_path, filing + "last_days = ['2026-02-30']\n")


def test_a_hall_may_change_what_a_rule_has(tmp_path: Path) -> None:
    changes = (
        "[[faults]]\nfault = 'people-waiting'\nabove = 60\n"
        "[[faults]]\nfault = 'no-transactions'\ndevice = 'kiosk-1'\nfor_s = 3600\n"
        "[[faults]]\nfault = 'toner-runs-out'\nwarn_within_s = 432000\n"
        "[[faults]]\nfault = 'slow'\nfactor = 5\n"
        "[[faults]]\nfault = 'no-answer'\nonly_open = true\n"
    )
    activity = "probes = [{ kind = 'activity', counter_file = '/srv/count' }]\n"
    read(tmp_path, changes + KIOSK + activity + hours())


def test_the_examples_of_the_guide_are_right(tmp_path: Path) -> None:
    examples = [block.text for block in blocks("docs/faults.md") if block.language == "toml"]
    assert len(examples) >= 4
    top, tables = examples[0].split("\n[[hours]]", 1)
    read(tmp_path, "\n[[hours]]" + tables + "\n".join(examples[1:]), HEAD + top)


def test_windows_that_borrow_and_windows_in_reserve(tmp_path: Path) -> None:
    guide, rules, *changes = [block.text for block in blocks("docs/windows.md") if block.language == "toml"]
    assert msgspec.convert(tomllib.loads(rules)["arrangement"], ArrangementRules) == plans.load()[0].arrangement
    devices = (
        "[[devices]]\nid = 'all'\nkind = 'pc'\nname = '电脑'\n"
        "gives = ['computer', 'print', 'network', 'core-system', 'certify', 'tax-copy']\n"
    )
    hall = read(tmp_path, guide + devices + "".join(changes))
    found = [(each.may, each.reserve) for each in hall.windows]  # type: ignore[attr-defined]
    assert found == [(["certificates"], False), ([], False), ([], True)]
    both = guide.replace('may = ["certificates"]', 'may = ["filing"]')
    assert "windows[1] (w1).may: 'filing' also stands under classes" in refusal(tmp_path, both + devices)
    odd = guide.replace('may = ["certificates"]', 'may = ["certificate"]')
    assert "windows[1] (w1).may: 'certificate' is unknown" in refusal(tmp_path, odd + devices)
    lacking = refusal(tmp_path, guide + devices.replace("'print', ", ""))
    assert "windows[1] (w1).may: 'certificates' needs 'print', which no device gives this window" in lacking
