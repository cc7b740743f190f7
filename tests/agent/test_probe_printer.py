"""What a printer says, decoded by the standards, and what its half-truths amount to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes.printer_mib import (
    Alert,
    Status,
    Supply,
    Tray,
    parse_alerts,
    parse_error_state,
    parse_pages,
    parse_stopped,
    parse_supplies,
    parse_trays,
)
from hallwatch_agent.probes.printer_verdict import Stock, judge
from hallwatch_agent.probes.snmp_printer import Memory, SnmpPrinterProbe, pick_device

IDLE = Status(2, 3, frozenset())
BLACK = Supply(1, "toner", "black", 50, 0.5)
CYAN = Supply(2, "toner", "cyan", 50, 0.5)
TRAY_1 = Tray(1, "tray-1", 100, 0.4)
TRAY_2 = Tray(2, "tray-2", -3)
MANUAL = Tray(3, "bypass", 0, None, manual=True)
STOCK = Stock(supplies=(BLACK, CYAN), trays=(TRAY_1, TRAY_2, MANUAL))


def faults(*said: Any, has_alert_table: bool = False) -> set[str]:
    conditions = judge(*said, has_alert_table=has_alert_table).conditions
    return {key for key, value in conditions.items() if value} - {"reachable"}


def alert(code: int, group: int = 5, row: int = -1, severity: int = 3, words: str = "") -> Alert:
    return Alert(severity, group, row, code, words)


@pytest.mark.parametrize(
    ("octets", "errors"),
    [
        (b"", set()),
        (b"\x00", set()),
        (b"\x04", {"jam"}),
        (b"\x40\x00", {"input-empty"}),
        (b"\x80", {"input-low"}),
        (b"\x20", {"toner-low"}),
        (b"\x10", {"toner-empty"}),
        (b"\x08", {"cover-open"}),
        (b"\x02", {"offline"}),
        (b"\x01", {"service-needed"}),
        (b"\x00\x80", {"input-missing"}),
        (b"\x00\x20", {"marker-missing"}),
        (b"\x00\x10", set()),  # nearly full is not full
        (b"\x00\x08", {"output-full"}),
        (b"\x00\x02", {"service-needed"}),
        (b"\x0c\x08\xff", {"jam", "cover-open", "output-full"}),
    ],
)
def test_error_state_is_read_from_the_most_significant_bit(octets: bytes, errors: set[str]) -> None:
    assert parse_error_state(octets) == errors


@pytest.mark.parametrize("value", [None, 4, (1, 3)])
def test_an_error_state_that_is_no_octet_string_is_not_known(value: Any) -> None:
    assert parse_error_state(value) is None


@pytest.mark.parametrize(
    ("device", "printer", "stopped"),
    [
        (2, 3, False), (2, 4, False), (2, 5, False), (2, 1, False), (3, 3, False), (3, 4, False), (5, 1, True),
        (5, 5, False), (5, None, True), (2, None, False), (None, 3, False), (None, 1, None), (None, None, None),
        (1, 2, None),
    ],
)  # fmt: skip
def test_the_pair_of_states(device: int | None, printer: int | None, stopped: bool | None) -> None:
    assert parse_stopped(Status(device, printer)) is stopped


@pytest.mark.parametrize(
    ("row", "symptoms"),
    [
        (alert(8, 13), {"jam"}),
        (alert(3, 6), {"cover-open"}),
        (alert(501, 6), {"cover-open"}),
        (alert(808, 8, 2, 4), {"input-low[tray-2]"}),
        (alert(808, 8, 2, 3), {"input-empty[tray-2]", "input-empty"}),
        (alert(807, 8, 1, 4), {"input-low[tray-1]"}),
        (alert(807, 8, 9, 4), {"input-low"}),  # of a tray that the table does not know
        (alert(801, 8, 1, 4), {"input-missing[tray-1]"}),
        (alert(13, 8, 1, 4), {"input-low[tray-1]"}),
        (alert(1101, 11, 2), {"toner-empty[cyan]"}),
        (alert(1104, 11, 1, 4), {"toner-low[black]"}),
        (alert(12, 11, 1, 4), {"toner-low[black]"}),
        (alert(1104, 10, 1, 4), {"toner-low"}),  # of a marker, not of a supply
        (alert(1109, 11, 3), {"waste-full"}),
        (alert(1115, 11, 1), {"marker-missing"}),
        (alert(1112, 10), {"service-needed"}),
        (alert(903, 9), {"output-full"}),
        (alert(22), {"offline"}),
        (alert(30), {"service-needed"}),
    ],
)
def test_alerts(row: Alert, symptoms: set[str]) -> None:
    assert faults(IDLE, [row], STOCK) == symptoms


@pytest.mark.parametrize("code", [4, 7, 20, 23, 24, 25, 502, 503, 507, 1801, 1, 2])
def test_alerts_that_are_no_faults(code: int) -> None:
    assert faults(IDLE, [alert(code, words="Ready")], STOCK) == set()


def test_an_alert_without_a_meaning_counts_when_the_printer_does_not_run() -> None:
    assert faults(Status(5, 1, frozenset()), [alert(1)], STOCK) == {"stopped"}
    assert faults(Status(3, 3, frozenset()), [alert(1, severity=4)], STOCK) == set()


def test_a_vanished_alert_clears_what_it_raised() -> None:
    before = judge(IDLE, [alert(1104, 11, 1)], STOCK, has_alert_table=True).conditions
    after = judge(IDLE, [], STOCK, has_alert_table=True).conditions
    assert before["toner-low[black]"] is True
    assert after["toner-low[black]"] is False
    assert before.keys() == after.keys()


def test_what_cannot_be_read_is_absent_and_not_fine() -> None:
    said = judge(Status(), None, None, has_alert_table=True)
    assert said.conditions == {"reachable": True}
    assert said.metrics == {}
    only_levels = judge(Status(), [], STOCK, has_alert_table=False).conditions
    assert "jam" not in only_levels
    assert only_levels["input-empty"] is False


def test_toner_is_told_by_colour_where_it_is_known_and_as_a_whole_where_not() -> None:
    low = Status(3, 3, frozenset({"toner-low"}))
    assert faults(low, [], STOCK) == {"toner-low"}
    unnamed = judge(low, [], STOCK, has_alert_table=False).conditions
    assert "toner-low[black]" not in unnamed  # one of them is
    named = judge(low, [alert(1104, 11, 2, 4)], STOCK, has_alert_table=True).conditions
    assert named["toner-low[cyan]"] is True
    assert named["toner-low[black]"] is False
    assert named["toner-low"] is False


def test_an_empty_cartridge_counts_though_every_status_is_fine() -> None:
    stock = Stock(supplies=(BLACK, Supply(2, "toner", "cyan", 0, 0.0)))
    assert faults(IDLE, [], stock) == {"toner-empty[cyan]"}


def test_one_empty_tray_is_not_an_empty_printer() -> None:
    one_empty = parse_error_state(b"\x00\x04")
    assert faults(Status(3, 3, one_empty), [], STOCK) == {"input-low"}
    assert faults(Status(3, 3, one_empty), [], None) == {"input-empty", "input-low"}
    trays = (Tray(1, "tray-1", 0, 0.0), MANUAL)
    assert faults(IDLE, [], Stock(trays=trays)) == {"input-empty", "input-empty[tray-1]"}
    assert faults(IDLE, [], Stock(trays=(*trays, TRAY_2))) == {"input-low[tray-1]"}
    assert faults(IDLE, [], Stock(trays=(MANUAL,))) == set()


def test_a_waste_box_at_zero_counts_only_when_the_printer_complains() -> None:
    stock = Stock(supplies=(Supply(3, "waste", "waste-toner", 0, 0.0),))
    assert "waste-full" not in judge(IDLE, [], stock, has_alert_table=False).conditions
    assert faults(Status(3, 3, frozenset()), [], stock) == {"waste-full"}


@pytest.mark.parametrize(
    ("level", "maximum", "ratio"),
    [
        (63, 100, 0.63),
        (-3, 100, None),
        (-2, 100, None),
        (-1, 100, None),
        (50, -2, None),
        (5, 0, None),
        (120, 100, None),
    ],
)
def test_levels_that_are_no_quantities_are_no_ratios(level: int, maximum: int, ratio: float | None) -> None:
    row = (1, 1)
    table = {5: {row: 3}, 6: {row: b"Black Toner"}, 8: {row: maximum}, 9: {row: level}}
    assert parse_supplies(table, {}) == [Supply(1, "toner", "black", level, ratio)]
    tray = {9: {row: maximum}, 10: {row: level}, 13: {row: b"TRAY1"}}
    assert parse_trays(tray) == [Tray(1, "tray-1", level, ratio)]


def test_supplies_are_named_by_what_the_device_says() -> None:
    said = [
        "黑色碳粉盒".encode("gb18030"),
        b"Tinte",
        "Boîte".encode("latin-1"),
        b"Waste Toner",
        b"Drum Unit",
        b"Drum Unit",
    ]
    kinds = [3, 5, 3, 4, 9, 9]
    table: dict[int, dict[tuple[int, ...], Any]] = {
        3: {(1, 2): 7},
        5: {(1, row): kind for row, kind in enumerate(kinds, 1)},
        6: {(1, row): words for row, words in enumerate(said, 1)},
        9: {(1, row): 5 for row in range(1, 7)},
    }
    supplies = parse_supplies(table, {(1, 7): b"magenta"})
    assert [(supply.kind, supply.part) for supply in supplies][:2] == [("toner", "black"), ("toner", "magenta")]
    assert [supply.kind for supply in supplies][2:] == ["toner", "waste", "other", "other"]
    assert len({supply.part for supply in supplies}) == 6


@pytest.mark.parametrize(
    ("kind", "maximum", "name", "manual"),
    [
        (5, 100, b"Tray 1", True),
        (4, 1, b"Tray 1", True),
        (None, 100, "手送纸盘".encode(), True),
        (3, 250, b"Tray 1", False),
    ],
)
def test_a_tray_that_is_fed_by_hand(kind: int | None, maximum: int, name: bytes, manual: bool) -> None:
    row = (1, 1)
    table: dict[int, dict[tuple[int, ...], Any]] = {9: {row: maximum}, 10: {row: 0}, 13: {row: name}}
    table[2] = {row: kind} if kind else {}
    (tray,) = parse_trays(table)
    assert tray.manual is manual


def test_pages_are_impressions_of_the_busiest_marker() -> None:
    assert parse_pages({3: {(1, 1): 7, (1, 2): 7}, 4: {(1, 1): 400, (1, 2): 90}}) == 400.0
    assert parse_pages({3: {(1, 1): 11}, 4: {(1, 1): 3600}}) is None  # hours


@pytest.mark.parametrize(
    ("states", "types", "supplied", "device"),
    [
        ([(0,)], {}, [(0, 1)], 0),
        ([(1280,), (1281,)], {(768,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 3)}, [], 1280),
        ([(1,), (2,)], {}, [(2, 1)], 2),
        ([], {(3,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 5)}, [], 3),
        ([], {}, [(1, 4)], 1),
        ([], {(1,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 4)}, [], None),
    ],
)
def test_no_device_index_is_taken_for_granted(states: Any, types: Any, supplied: Any, device: int | None) -> None:
    assert pick_device(states, types, supplied) == device


def test_stock_is_read_again_when_it_is_old_or_the_status_changes_or_something_ran_out() -> None:
    probe = SnmpPrinterProbe(host="p", supplies_interval_s=300)
    memory = Memory(device=1, stock=STOCK, stock_read_at_s=1000.0, shown=(IDLE, []))
    assert not probe._stock_is_due(memory, 1299.0, (IDLE, []))
    assert probe._stock_is_due(memory, 1300.0, (IDLE, []))
    assert probe._stock_is_due(memory, 1001.0, (IDLE, [alert(8)]))
    memory.stock = Stock(trays=(Tray(1, "tray-1", 0, 0.0),))
    assert probe._stock_is_due(memory, 1001.0, (IDLE, []))


values = st.integers(-(2**33), 2**33) | st.binary(max_size=12) | st.tuples(st.integers(0, 9))
tables = st.dictionaries(
    st.integers(2, 18),
    st.dictionaries(st.lists(st.integers(0, 9), max_size=3).map(tuple), values, max_size=4),
    max_size=9,
)


@given(tables, tables, tables, st.tuples(st.none() | st.integers(), st.none() | st.integers(), st.none() | values))
def test_whatever_the_tables_hold_is_decoded(alerts: Any, supplies: Any, trays: Any, states: Any) -> None:
    device, printer, errors = states
    stock = Stock(parse_supplies(supplies, supplies.get(4, {})), parse_trays(trays), parse_pages(trays))
    status = Status(device, printer, parse_error_state(errors))
    told = judge(status, parse_alerts(alerts), stock, has_alert_table=bool(alerts))
    assert all(0 <= value <= 1 for key, value in told.metrics.items() if "ratio" in key)
    assert all(type(key) is str and isinstance(value, bool) for key, value in told.conditions.items())
