"""What differs between two versions of a hall file, in words."""

from __future__ import annotations

import pytest

from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.changes import Change, Value, compare_halls
from hallwatch_collector.halls.findings import Known
from hallwatch_collector.halls.read import parse_hall
from parts.county import CATALOGUE, PLAN
from parts.hall_file import GOOD

KNOWN = Known.of(PLAN, CATALOGUE)


def read(text: str) -> Hall:
    return parse_hall(text.encode(), "xihu.toml", KNOWN)


def test_the_same_text_and_another_comment_change_nothing() -> None:
    assert compare_halls(read(GOOD), read(GOOD)) == []
    assert compare_halls(read(GOOD), read(f"# 说明\n{GOOD}")) == []


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("西湖区办税服务厅", "西湖办税服务厅", ("changed", "hall", "330106/xihu", ("name",))),
        ("number = 3", "number = 13", ("changed", "window", "w3", ("number",))),
        ("3号窗口打印机", "<script>", ("changed", "device", "prn-3", ("name",))),
    ],
)
def test_a_thing_that_is_otherwise_says_in_which_key(
    before: str, after: str, change: tuple[str, str, str, tuple[str, ...]]
) -> None:
    assert before in GOOD
    [told] = compare_halls(read(GOOD), read(GOOD.replace(before, after, 1)))
    assert (told.how, told.what, told.id, tuple(value.key for value in told.values)) == change


def test_a_value_is_told_as_it_was_and_as_it_is() -> None:
    [told] = compare_halls(read(GOOD), read(GOOD.replace("number = 3", "number = 13", 1)))
    assert told.values == (Value("number", "3", "13"),)


def test_what_is_new_and_what_is_gone() -> None:
    device = '\n[[devices]]\nid = "ups-1"\nkind = "ups"\nname = "机房UPS"\n'
    assert compare_halls(read(GOOD), read(GOOD + device)) == [
        Change(how="added", what="device", id="ups-1", name="机房UPS")
    ]
    assert compare_halls(read(GOOD + device), read(GOOD)) == [
        Change(how="removed", what="device", id="ups-1", name="机房UPS")
    ]


def test_contacts_are_told_apart_by_role_and_name_also_when_two_are_alike() -> None:
    one = '\n[[contacts]]\nrole = "technician"\nname = "张工"\nphone = "0571-1"\n'
    two = one.replace("0571-1", "0571-2")
    [told] = compare_halls(read(GOOD + one), read(GOOD + two))
    assert (told.how, told.what, told.id) == ("changed", "contact", "technician 张工")
    [told] = compare_halls(read(GOOD + one + one), read(GOOD + one))
    assert (told.how, told.what) == ("removed", "contact")


def test_a_hall_that_is_new_or_goes_is_told_with_all_it_has() -> None:
    hall = read(GOOD)
    told = compare_halls(None, hall)
    assert {each.how for each in told} == {"added"}
    assert told[0] == Change(how="added", what="hall", id="330106/xihu", name=hall.name)
    assert len(told) == len(compare_halls(hall, None)) > 1
    assert compare_halls(None, None) == []
