"""What a printer says, decoded by the standards, and what its half-truths amount to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes.printers.printer import Stock, Supply, Tray, metrics_of
from hallwatch_agent.probes.printers.printer_mib import (
    Alert,
    Status,
    parse_alerts,
    parse_error_state,
    parse_stopped,
    said_over_snmp,
)
from hallwatch_agent.probes.printers.printer_supplies import parse_marks_with, parse_pages, parse_supplies, parse_trays
from hallwatch_agent.probes.printers.printer_verdict import judge
from hallwatch_agent.probes.printers.snmp_printer import Memory, Place, SnmpPrinterProbe, pick_place

IDLE = Status(2, 3, frozenset())
BLACK = Supply(1, "toner", "black", 50, 0.5)
CYAN = Supply(2, "toner", "cyan", 50, 0.5)
TRAY_1 = Tray(1, "tray-1", 100, 0.4)
TRAY_2 = Tray(2, "tray-2", -3)
MANUAL = Tray(3, "bypass", 0, None, manual=True)
WASTE = Supply(4, "waste", "waste-toner", -3)
DRUM = Supply(5, "drum", "drum-unit", 9000, 0.75)
FUSER = Supply(6, "other", "fuser", 9000, 0.75)
STOCK = Stock(supplies=(BLACK, CYAN, WASTE, DRUM, FUSER), trays=(TRAY_1, TRAY_2, MANUAL))


def conditions(status: Status, alerts: Any, stock: Stock, has_alert_table: bool = False) -> dict[str, bool]:
    return judge(said_over_snmp(status, alerts, stock, has_alert_table))


def faults(status: Status, alerts: Any, stock: Stock, has_alert_table: bool = False) -> set[str]:
    return {key for key, value in conditions(status, alerts, stock, has_alert_table).items() if value}


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
        (b"\x20", {"low"}),
        (b"\x10", {"empty"}),
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
        (1, 2, None), (0, 3, None), (4, 3, None), (7, None, None),
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
        (alert(808, 8, 9, 4), {"input-low"}),  # a tray that the table does not know, beside others that hold paper
        (alert(1107, 11, 4, 4), {"waste-low-room"}),
        (alert(14, 11, 4, 4), {"waste-low-room"}),
        (alert(1111, 10, 1, 4), {"drum-low"}),
        (alert(10, 11, 5, 4), {"drum-low[drum-unit]"}),  # the drum's life, not the toner's
        (alert(11, 11, 5), {"service-needed"}),
        (alert(10, 11, 6, 4), set()),  # a fuser may go on for weeks
        (alert(22, 14), set()),  # a channel is offline, not the printer
        (alert(34), set()),  # a page too large for its memory
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
    before = conditions(IDLE, [alert(1104, 11, 1)], STOCK, has_alert_table=True)
    after = conditions(IDLE, [], STOCK, has_alert_table=True)
    assert before["toner-low[black]"] is True
    assert after["toner-low[black]"] is False
    assert before.keys() == after.keys()


def test_what_cannot_be_read_is_absent_and_not_fine() -> None:
    assert conditions(Status(), None, Stock(), has_alert_table=True) == {}
    assert metrics_of(Stock(), may_be_worn=False) == {}
    only_levels = conditions(Status(), [], STOCK)
    assert "jam" not in only_levels
    assert only_levels["input-empty"] is False


def test_a_printer_that_warns_and_does_not_say_of_what_may_warn_of_anything() -> None:
    warned = conditions(Status(3, 3, frozenset()), [], STOCK)
    assert warned["jam"] is False  # with a jam it would not work
    assert warned["input-empty"] is False
    assert not {"toner-low", "toner-low[black]", "input-low", "input-low[tray-2]", "service-needed"} & warned.keys()
    down = conditions(Status(5, 1, frozenset()), [], STOCK)
    assert down["stopped"] is True
    assert "jam" not in down
    named = conditions(Status(5, 1, parse_error_state(b"\x08")), [], STOCK)
    assert named["cover-open"] is True
    assert named["jam"] is False


def test_toner_is_told_by_colour_where_it_is_known_and_as_a_whole_where_not() -> None:
    low = Status(3, 3, parse_error_state(b"\x20"))
    assert faults(low, [], STOCK) == {"toner-low"}
    unnamed = conditions(low, [], STOCK)
    assert "toner-low[black]" not in unnamed  # one of them is
    named = conditions(low, [alert(1104, 11, 2, 4)], STOCK, has_alert_table=True)
    assert named["toner-low[cyan]"] is True
    assert named["toner-low[black]"] is False
    assert named["toner-low"] is False


def test_an_empty_cartridge_counts_though_every_status_is_fine() -> None:
    stock = Stock(supplies=(BLACK, Supply(2, "toner", "cyan", 0, 0.0)))
    assert faults(IDLE, [], stock) == {"toner-empty[cyan]"}


@pytest.mark.parametrize(
    ("kind", "part", "condition"),
    [("ink", "black", "ink-low"), ("ribbon", "", "ribbon-low"), ("toner", "black", "toner-low")],
)
def test_what_is_low_is_called_by_what_marks_the_paper(kind: str, part: str, condition: str) -> None:
    stock = Stock(supplies=(Supply(1, kind, part, 50, 0.5),))
    assert faults(Status(3, 3, parse_error_state(b"\x20")), [], stock) == {condition}
    assert faults(IDLE, [alert(1104, 10)], stock) == {condition}  # "toner almost empty", says the ribbon printer
    key = f"{condition}[{part}]" if part else condition
    assert faults(IDLE, [alert(12, 11, 1, 4)], stock) == {key}
    assert conditions(IDLE, [], stock)[key] is False


def test_a_printer_without_supplies_is_called_by_how_it_prints() -> None:
    low = Status(3, 3, parse_error_state(b"\x10"))
    assert faults(low, [], Stock(marks_with="ribbon")) == {"ribbon-empty"}
    assert faults(low, [], Stock()) == {"toner-empty"}
    assert faults(IDLE, [alert(1102, 10)], Stock()) == {"ink-empty"}


def test_the_only_ribbon_used_up() -> None:
    assert faults(IDLE, [], Stock(supplies=(Supply(1, "ribbon", "", 0, 0.0),))) == {"ribbon-empty"}


def test_the_only_tray_that_is_said_to_be_empty_is_all_the_paper() -> None:
    stock = Stock(trays=(Tray(1, "tray-1", -2), MANUAL))
    assert faults(IDLE, [alert(808, 8, 1, 4)], stock) == {"input-empty", "input-empty[tray-1]"}


def test_nothing_is_said_of_a_tray_that_nothing_is_known_of() -> None:
    assert conditions(Status(), None, Stock(trays=(Tray(1, "tray-1", -2),))) == {}


def test_one_empty_tray_is_not_an_empty_printer() -> None:
    one_empty = parse_error_state(b"\x00\x04")
    assert faults(Status(3, 3, one_empty), [], STOCK) == {"input-low"}
    assert faults(Status(3, 3, one_empty), [], Stock()) == {"input-empty", "input-low"}
    trays = (Tray(1, "tray-1", 0, 0.0), MANUAL)
    assert faults(IDLE, [], Stock(trays=trays)) == {"input-empty", "input-empty[tray-1]"}
    assert faults(IDLE, [], Stock(trays=(*trays, TRAY_2))) == {"input-low[tray-1]"}
    assert faults(IDLE, [], Stock(trays=(MANUAL,))) == set()


def test_a_worn_part_at_zero_counts_only_when_it_may_be_what_the_printer_complains_of() -> None:
    waste = Supply(3, "waste", "waste-toner", 0, 0.0)
    stock = Stock(supplies=(BLACK, waste, Supply(4, "other", "fuser", 0, 0.0), Supply(5, "drum", "drum", 0, 0.0)))
    worn = {"waste_free_ratio": 0.0, "supply_ratio[fuser]": 0.0, "supply_ratio[drum]": 0.0}

    def levels(status: Status) -> dict[str, float]:
        said = said_over_snmp(status, [], stock, has_alert_table=False)
        return metrics_of(stock, may_be_worn=said.may_be_worn)

    for complaint in (b"\x00", b"\x01"):  # of nothing that it names; service needed
        complains = Status(3, 3, parse_error_state(complaint))
        assert "waste-full" in faults(complains, [], stock)
        assert levels(complains) == {"toner_ratio[black]": 0.5, **worn}
    for fine in (IDLE, Status(3, 3, parse_error_state(b"\x80"))):  # low on paper: that is what it complains of
        assert "waste-full" not in conditions(fine, [], stock)
        assert levels(fine) == {"toner_ratio[black]": 0.5}


def test_silence_about_a_supply_near_its_end_proves_nothing() -> None:
    nearly_out = Supply(2, "toner", "cyan", 8, 0.08)
    told = conditions(IDLE, [], Stock(supplies=(BLACK, nearly_out)))
    assert told["toner-low[black]"] is False
    assert not {"toner-low", "toner-low[cyan]"} & told.keys()
    assert told["toner-empty[cyan]"] is False
    limited = conditions(IDLE, [], Stock(supplies=(nearly_out, Supply(3, "toner", "black", 4, 0.04, low=False))))
    assert limited["toner-low[black]"] is False  # above the limit that the printer itself names


def test_nothing_left_of_no_known_capacity_may_also_be_nothing_measured() -> None:
    stock = Stock(supplies=(Supply(1, "toner", "black", 0),), trays=(Tray(1, "tractor", 0),))
    told = conditions(IDLE, [], stock)
    assert not {key for key in told if key.startswith("toner") or key == "input-empty[tractor]"}
    assert faults(Status(5, 1, parse_error_state(b"\x50")), [], stock) >= {"toner-empty", "input-empty"}


@pytest.mark.parametrize(
    ("states", "types", "supplied", "place"),
    [
        ([(0,)], {}, [(0, 1)], Place(0, 0)),
        ([(1280,), (1281,)], {(768,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 3)}, [], Place(1280, 1280)),
        ([(1,), (2,)], {}, [(2, 1)], Place(2, 2)),
        ([], {(3,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 5)}, [], Place(3, 3)),
        ([], {}, [(1, 4)], Place(1, 1)),
        ([], {(1,): (1, 3, 6, 1, 2, 1, 25, 3, 1, 4)}, [], None),
        ([(1280,)], {}, [(1, 1)], Place(1280, 1)),  # its only printer
        ([(1280,), (1281,)], {}, [(1, 1)], Place(1280, None)),  # of two it cannot be told which
    ],
)
def test_no_device_index_is_taken_for_granted(states: Any, types: Any, supplied: Any, place: Place | None) -> None:
    assert pick_place(states, types, supplied) == place


def test_a_printer_that_is_asked_for_is_the_one_that_is_read() -> None:
    assert pick_place([(1,), (2,)], {}, [(1, 1), (2, 1)], wanted=2) == Place(2, 2)
    assert pick_place([(1,), (2,)], {}, [(1, 1), (3, 1)], wanted=2) == Place(2, None)


def test_stock_is_read_again_when_it_is_old_or_the_status_changes_or_something_ran_out() -> None:
    probe = SnmpPrinterProbe(host="p", supplies_interval_s=300)
    memory = Memory(place=Place(1, 1), stock=STOCK, stock_read_at_s=1000.0, shown=(IDLE, []))
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
    stock = Stock(
        parse_supplies(supplies, supplies.get(4, {}), parse_marks_with(supplies)),
        parse_trays(trays),
        parse_pages(trays),
        parse_marks_with(trays),
    )
    status = Status(device, printer, parse_error_state(errors))
    said = judge(said_over_snmp(status, parse_alerts(alerts), stock, has_alert_table=bool(alerts)))
    assert all(0 <= value <= 1 for key, value in metrics_of(stock, may_be_worn=False).items() if "ratio" in key)
    assert all(type(key) is str and isinstance(value, bool) for key, value in said.items())
