"""People waiting, out of any rows: right, or refused with row and column, never invented."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import CouldNotRead, Told
from hallwatch_agent.probes.queues.waiting import QueueMap, judge
from hallwatch_agent.probes.queues.waiting_cells import parse_code, parse_moment, parse_people, parse_wait, parse_zone
from hallwatch_agent.probes.queues.waiting_rows import MAX_ROWS, decode_text, parse_csv, parse_json
from hallwatch_agent.wire import ReadError

NOW = datetime.datetime(2027, 3, 1, 10, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8))).timestamp()
CHINA = parse_zone("+08:00")
CLASSES = {"01": "filing", "1": "filing", "02": "registration"}


def mapped(**options: Any) -> QueueMap:
    return msgspec.convert(options, QueueMap)


COUNTS = mapped(**{"class": "code", "waiting": "n", "longest_wait": "wait", "unit": "min", "classes": CLASSES})
TICKETS = mapped(**{"class": "code", "issued": "at", "classes": CLASSES})


def garbage(rows: Any, mapping: QueueMap) -> str:
    with pytest.raises(CouldNotRead) as caught:
        judge(rows, mapping, NOW)
    assert caught.value.error is ReadError.GARBAGE
    return caught.value.note


def attempt(call: Callable[[], Any]) -> Any:
    """Return what *call* does, or why it refuses."""
    try:
        return call()
    except CouldNotRead as error:
        return error.error


def test_a_row_for_each_class() -> None:
    told = judge(
        [
            {"code": "01", "n": 12, "wait": 7.5},
            {"code": 1, "n": "3", "wait": "20"},
            {"code": "02", "n": 0, "wait": ""},
            {"code": "09", "n": 4.0, "wait": 1},
        ],
        COUNTS,
        NOW,
    )
    assert told == Told(
        {
            "people_waiting": 19.0,
            "longest_wait_s": 1200.0,
            "people_waiting[filing]": 15.0,
            "longest_wait_s[filing]": 1200.0,
            "people_waiting[registration]": 0.0,
            "longest_wait_s[registration]": 0.0,
        },
        {},
        {"unmapped-classes": "09: 4"},
    )


def test_a_row_for_each_ticket() -> None:
    told = judge(
        [
            {"code": "01", "at": "2027-03-01 10:20:00"},
            {"code": "01", "at": "2027-03-01T02:00:00Z"},
            {"code": "09", "at": "2027-03-01 10:29:30"},
            {"code": "02", "at": "2027-02-28 09:00:00"},
        ],
        TICKETS,
        NOW,
    )
    assert told.metrics == {
        "people_waiting": 3.0,
        "longest_wait_s": 1800.0,
        "people_waiting[filing]": 2.0,
        "longest_wait_s[filing]": 1800.0,
        "people_waiting[registration]": 0.0,
        "longest_wait_s[registration]": 0.0,
    }
    assert told.facts == {"unmapped-classes": "09: 1", "left-out": "1 tickets older than 12 h"}


def test_nobody_waits() -> None:
    assert judge([], TICKETS, NOW).metrics["people_waiting"] == 0.0
    assert judge([], TICKETS, NOW).metrics["longest_wait_s[filing]"] == 0.0
    assert judge([], mapped(waiting="n"), NOW) == Told({"people_waiting": 0.0})


def test_a_wait_that_is_not_known_is_not_told() -> None:
    told = judge([{"code": "01", "n": 2, "wait": None}, {"code": "02", "n": 1, "wait": 3}], COUNTS, NOW)
    assert "longest_wait_s" not in told.metrics
    assert "longest_wait_s[filing]" not in told.metrics
    assert told.metrics["longest_wait_s[registration]"] == 180.0
    assert told.metrics["people_waiting"] == 3.0


def test_rows_are_picked() -> None:
    mapping = mapped(**{"class": "code", "only": {"state": ["0", "waiting"]}, "ignore": ["sum"], "classes": CLASSES})
    rows = [
        {"code": "01", "state": 0},
        {"code": "01", "state": "waiting"},
        {"code": "01", "state": "called"},
        {"code": "sum", "state": 0},
    ]
    assert judge(rows, mapping, NOW).metrics["people_waiting"] == 2.0


def test_columns_go_deeper() -> None:
    mapping = mapped(**{"class": "biz.code", "waiting": "n.now", "classes": CLASSES})
    assert judge([{"biz": {"code": "01"}, "n.now": 3}], mapping, NOW).metrics["people_waiting[filing]"] == 3.0
    assert garbage([{"biz": {"code": "01"}, "n": 3}], mapping) == "row 1: column n.now: missing"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"code": "01", "n": -1, "wait": 1}, "row 2: column n: not a number from 0 up"),
        ({"code": "01", "n": "-1", "wait": 1}, "row 2: column n: not a number from 0 up"),
        ({"code": "01", "n": "many", "wait": 1}, "row 2: column n: not a number from 0 up"),
        ({"code": "01", "n": "１２", "wait": 1}, "row 2: column n: not a number from 0 up"),
        ({"code": "01", "n": 10**400, "wait": 1}, "row 2: column n: not a number from 0 up"),
        ({"code": "01", "n": 10_001, "wait": 1}, "row 2: column n: more than 10000 people"),
        ({"code": "01", "n": 1.5, "wait": 1}, "row 2: column n: not a whole number"),
        ({"code": "01", "n": None, "wait": 1}, "row 2: column n: empty, not a number"),
        ({"code": "01", "n": True, "wait": 1}, "row 2: column n: bool, not a number"),
        ({"code": "01", "n": [1], "wait": 1}, "row 2: column n: list, not a number"),
        ({"code": "01", "wait": 1}, "row 2: column n: missing"),
        ({"n": 1, "wait": 1}, "row 2: column code: missing"),
        ({"code": {}, "n": 1, "wait": 1}, "row 2: column code: dict, not a word"),
        ({"code": "01", "n": 1}, "row 2: column wait: missing"),
        ({"code": "01", "n": 1, "wait": 721}, "row 2: column wait: not a wait from 0 to 12 h; is the unit min?"),
        ({"code": "01", "n": 1, "wait": "soon"}, "row 2: column wait: not a number from 0 up"),
        ("01,1,1", "row 2: str, not a table of columns"),
    ],
)
def test_a_bad_row_is_named_and_costs_the_reading(row: Any, why: str) -> None:
    assert garbage([{"code": "02", "n": 1, "wait": 1}, row], COUNTS) == why


def test_a_class_that_waits_since_yesterday_is_garbage() -> None:
    mapping = mapped(waiting="n", issued="at")
    assert garbage([{"n": 1, "at": NOW - 50_000}], mapping) == "row 1: column at: more than 12 h ago"
    assert judge([{"n": 0, "at": NOW - 50_000}], mapping, NOW).metrics == {"people_waiting": 0.0, "longest_wait_s": 0.0}


# -- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "form", "ago_s"),
    [
        ("2027-03-01 10:29:00", "", 60.0),
        ("2027-03-01T10:29:00+08:00", "", 60.0),
        ("20270301T102900", "", 60.0),
        ("2027/03/01 10:29", "%Y/%m/%d %H:%M", 60.0),
        ("10:29:00", "%H:%M:%S", 60.0),
        ("20270301102900", "%Y%m%d%H%M%S", 60.0),
        (NOW - 60, "", 60.0),
        (int(NOW - 60) * 1000, "", 60.0),
        (str(int(NOW - 60)), "", 60.0),
        (Decimal(int(NOW - 60)), "", 60.0),
        (datetime.datetime(2027, 3, 1, 10, 29), "", 60.0),  # noqa: DTZ001 - as databases give it
        (datetime.datetime(2027, 3, 1, 2, 29, tzinfo=datetime.UTC), "", 60.0),
        (NOW + 100, "", 0.0),  # clocks differ
    ],
)
def test_moments(cell: Any, form: str, ago_s: float) -> None:
    at = parse_moment(cell, form, CHINA, NOW)
    assert at is not None
    assert NOW - at == pytest.approx(ago_s)


@pytest.mark.parametrize(
    ("cell", "form", "why"),
    [
        ("2027-03-01 18:00:00", "", "lies in the future"),
        ("20270301102900", "", "lies in the future"),
        ("yesterday", "", "not a moment as in ISO 8601"),
        ("10:29", "%H:%M:%S", "not a moment as %H:%M:%S"),
        (True, "", "bool, not a number"),
        (-5, "", "not a number from 0 up"),
        (datetime.timedelta(1), "", "timedelta, not a number"),
    ],
)
def test_what_is_no_moment(cell: Any, form: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_moment(cell, form, CHINA, NOW)


@pytest.mark.parametrize(
    ("cell", "unit", "wait_s"),
    [
        (90, "s", 90.0), ("1.5", "min", 90.0), ("00:01:30", "hh:mm:ss", 90.0), (90, "hh:mm:ss", 90.0), ("", "s", None),
        (None, "min", None), (datetime.timedelta(seconds=90), "min", 90.0), (Decimal(90), "s", 90.0),
    ],
)  # fmt: skip
def test_waits(cell: Any, unit: str, wait_s: float | None) -> None:
    assert parse_wait(cell, unit) == wait_s


@pytest.mark.parametrize(("cell", "unit"), [("1:2", "hh:mm:ss"), (datetime.timedelta(-1), "s"), (43_201, "s")])
def test_what_is_no_wait(cell: Any, unit: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_wait(cell, unit)


CELLS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary() | st.datetimes()
    | st.timedeltas() | st.datetimes(timezones=st.just(datetime.UTC)) | st.lists(st.integers(), max_size=2)
    | st.integers(0, 9).map(str) | st.from_regex(r"[0-9]{1,14}(\.[0-9]{1,3})?", fullmatch=True)
)  # fmt: skip


@given(CELLS, st.sampled_from(["s", "min", "hh:mm:ss"]), st.sampled_from(["", "%H:%M", "%d.%m.%Y", "%y%j"]))
def test_any_cell_is_read_or_refused(cell: Any, unit: str, form: str) -> None:
    for parse in (
        parse_code,
        parse_people,
        lambda value: parse_wait(value, unit),
        lambda value: parse_moment(value, form, CHINA, NOW),
    ):
        try:
            read = parse(cell)
        except ValueError:
            continue
        if isinstance(read, int | float):
            assert read <= NOW


@given(st.lists(st.dictionaries(st.sampled_from(["code", "n", "wait", "at"]), CELLS) | CELLS, max_size=4))
def test_any_rows_are_added_up_or_refused(rows: list[Any]) -> None:
    for mapping in (COUNTS, TICKETS):
        told = attempt(lambda mapping=mapping: judge(rows, mapping, NOW))
        if told is not ReadError.GARBAGE:
            assert all(value >= 0 for value in told.metrics.values())
            msgspec.json.encode(told.facts)


@given(st.lists(st.tuples(st.sampled_from(["01", "1", "02", "x"]), st.integers(0, 50), st.integers(0, 700))))
def test_the_total_is_the_sum(rows: list[tuple[str, int, int]]) -> None:
    told = judge([{"code": code, "n": n, "wait": wait} for code, n, wait in rows], COUNTS, NOW)
    assert told.metrics["people_waiting"] == sum(n for _, n, _ in rows)
    assert told.metrics["longest_wait_s"] == max((wait * 60 for _, n, wait in rows if n), default=0)
    assert told.metrics["people_waiting[filing]"] == sum(n for code, n, _ in rows if code in ("01", "1"))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"longest_wait": "a", "issued": "b"}, "two ways"),
        ({"waiting": "n", "classes": {"1": "filing"}}, "`class`"),
        ({"class": "c", "classes": {"1": "no id!"}}, "classes"),
        ({"issued": "a", "issued_format": "%Y %Y"}, "issued_format"),
        ({"issued": "a", "issued_format": "%"}, "issued_format"),
        ({"issued": "a", "issued_format": "%m-%d %H:%M"}, "`issued_format` must have year, month and day"),
        ({"issued": "a", "time_zone": "Asia/Shanghai"}, "time_zone"),
        ({"column": "a"}, "column"),
    ],
)
def test_a_wrong_mapping_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(options, QueueMap)


# -- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "path", "entries", "rows"),
    [
        ([{"n": 1}], "", False, [{"n": 1}]),
        ({"data": {"queues": [{"n": 1}]}}, "data.queues", False, [{"n": 1}]),
        ({"data": [[1], [{"n": 1}]]}, "data.1", False, [{"n": 1}]),
        ({"n": 5}, "", False, [{"n": 5}]),
        ({"01": 5, "02": {"n": 3}}, "", True, [{"@key": "01", "@value": 5}, {"@key": "02", "n": 3}]),
        ({"data": []}, "data", True, []),
    ],
)
def test_json(document: Any, path: str, entries: bool, rows: list[Any]) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert parse_json(json.dumps(document).encode(encoding), path, entries=entries) == rows


@pytest.mark.parametrize(
    ("content", "path", "why"),
    [
        (b"", "", "not JSON"),
        (b"<html>", "", "not JSON"),
        (b'{"data": 1}', "", None),
        (b'{"code": 500, "msg": "error"}', "data.queues", "nothing at `data` of rows = 'data.queues'"),
        (b"[]", "0", "nothing at `0`"),
        (b'{"data": 1}', "data", "neither a list nor an object"),
        (b"[" * 100_000, "", "not JSON"),
        (b"[1" + b",1" * MAX_ROWS + b"]", "", "more than 10000 rows"),
    ],
)
def test_json_that_holds_no_rows(content: bytes, path: str, why: str | None) -> None:
    if why is None:
        assert parse_json(content, path, entries=False) == [{"data": 1}]
        return
    with pytest.raises(CouldNotRead, match=why) as caught:
        parse_json(content, path, entries=False)
    assert caught.value.error is ReadError.GARBAGE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv(encoding: str) -> None:
    content = '业务,等待人数\r\n"申报,纳税",12\r\n\r\n登记,3\r\n'.encode(encoding)
    assert parse_csv(content, ",", "", header=True) == [
        {"业务": "申报,纳税", "等待人数": "12"},
        {"业务": "登记", "等待人数": "3"},
    ]


def test_csv_without_a_header_and_with_another_delimiter() -> None:
    assert parse_csv(b"01;12\n02;3\n", ";", "", header=False) == [{"1": "01", "2": "12"}, {"1": "02", "2": "3"}]
    assert parse_csv("01\t12".encode("utf-16-le"), "\t", "utf-16-le", header=False) == [{"1": "01", "2": "12"}]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b'a,b\n"1,2', "not CSV"),
        (b"a,a\n1,2", "two columns are called 'a'"),
        (b"a\xff\xff", "not text"),
        (b"a\n" + b"1\n" * (MAX_ROWS + 1), "more than 10000 rows"),
    ],
)
def test_csv_that_is_none(content: bytes, why: str) -> None:
    with pytest.raises(CouldNotRead, match=why) as caught:
        parse_csv(content, ",", "", header=True)
    assert caught.value.error is ReadError.GARBAGE


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["", "a", "a.0.b"]), st.booleans())
def test_any_bytes_are_rows_or_refused(content: bytes, path: str, flag: bool) -> None:
    for parse in (
        lambda: parse_json(content, path, entries=flag),
        lambda: parse_csv(content, ",", "", header=flag),
        lambda: decode_text(content, "utf-16-le"),
    ):
        assert attempt(parse) is ReadError.GARBAGE or isinstance(parse(), list | str)


@given(
    st.recursive(
        CELLS.filter(lambda cell: isinstance(cell, int | str | None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab0"), inner),
    )
)
def test_any_json_document_is_rows_or_refused(document: Any) -> None:
    try:
        rows = parse_json(json.dumps(document).encode("utf-8", "surrogatepass"), "a.0", entries=True)
    except CouldNotRead:
        return
    assert isinstance(rows, list)
