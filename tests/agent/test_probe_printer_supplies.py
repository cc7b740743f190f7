"""Supplies, trays and page counters of the Printer MIB, named and measured by what the device says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_agent.probes.printers.printer import Stock, Supply, Tray, metrics_of
from hallwatch_agent.probes.printers.printer_supplies import (
    MOST_ROWS,
    parse_marks_with,
    parse_pages,
    parse_supplies,
    parse_trays,
)


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
    assert [(supply.kind, supply.part) for supply in supplies][:2] == [("toner", "black"), ("ink", "magenta")]
    assert [supply.kind for supply in supplies][2:] == ["toner", "waste", "drum", "drum"]
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


@pytest.mark.parametrize(
    ("unit", "level", "maximum", "sheets"),
    [
        (8, 120, 250, 120.0),
        (8, 120, -2, 120.0),
        (8, 0, 250, 0.0),
        (8, 0, -2, None),  # it counts nothing
        (8, -3, 250, None),
        (8, 300, 250, None),
        (19, 50, 100, None),  # percent
        (None, 120, 250, None),
    ],
)
def test_sheets_are_told_where_they_are_counted(
    unit: int | None, level: int, maximum: int, sheets: float | None
) -> None:
    row = (1, 1)
    table: dict[int, dict[tuple[int, ...], Any]] = {9: {row: maximum}, 10: {row: level}, 13: {row: b"Tray 1"}}
    table[8] = {row: unit} if unit else {}
    assert metrics_of(Stock(trays=parse_trays(table)), may_be_worn=False).get("input_sheets[tray-1]") == sheets


@pytest.mark.parametrize(
    ("kind", "said", "marks_with", "expected"),
    [
        (3, "Black Toner", "", "toner"),
        (21, "CF400X", "", "toner"),
        (5, "Black Ink", "", "ink"),
        (6, "T9441", "", "ink"),
        (12, "Solid Ink", "", "ink"),
        (7, "Ribbon", "", "ribbon"),
        (9, "Photoconductor", "", "drum"),
        (4, "Waste Toner Box", "", "waste"),
        (3, "Waste Toner", "", "waste"),  # of the wrong type
        (15, "Fuser", "", "other"),
        (1, "墨粉盒", "", "toner"),
        (1, "黑色墨盒", "", "ink"),
        (1, "硒鼓", "", "toner"),
        (1, "感光鼓", "", "drum"),
        (1, "色带", "", "ribbon"),
        (1, "废粉盒", "", "waste"),
        (1, "碳粉收集装置", "", "waste"),
        (1, "Toner Collection Container", "", "waste"),
        (1, "Toner Filter", "", "other"),
        (1, "Black Ink Printhead", "", "other"),
        (None, "Cartridge 719", "", "toner"),
        (None, "Cartridge 719", "ink", "ink"),
        (None, "Link unit", "", "other"),
        (None, "", "", "other"),
    ],
)
def test_kinds_of_supplies(kind: int | None, said: str, marks_with: str, expected: str) -> None:
    row = (1, 1)
    table: dict[int, dict[tuple[int, ...], Any]] = {6: {row: said.encode()}, 9: {row: 5}}
    table[5] = {row: kind} if kind else {}
    assert [supply.kind for supply in parse_supplies(table, {}, marks_with)] == [expected]


def test_levels_are_called_by_what_they_are() -> None:
    rows = {(1, row): kind for row, kind in enumerate((7, 9, 4), 1)}
    table: dict[int, dict[tuple[int, ...], Any]] = {
        4: {(1, 3): 4},
        5: rows,
        6: {(1, 1): b"Ribbon", (1, 2): b"Drum", (1, 3): b"Waste"},
        8: dict.fromkeys(rows, 100),
        9: dict.fromkeys(rows, 40),
    }
    stock = Stock(parse_supplies(table, {}))
    assert metrics_of(stock, may_be_worn=False) == {
        "ribbon_ratio": 0.4,
        "supply_ratio[drum]": 0.4,
        "waste_free_ratio": 0.4,
    }
    table[4] = {(1, 3): 3}  # "consumed": what its level means cannot be told
    assert "waste_free_ratio" not in metrics_of(Stock(parse_supplies(table, {})), may_be_worn=False)


def test_a_cartridge_of_three_colours_is_none_of_them() -> None:
    table = {5: {(1, 1): 5}, 6: {(1, 1): b"Cyan Magenta Yellow"}, 9: {(1, 1): 5}}
    assert [supply.part for supply in parse_supplies(table, {})] == ["cyan-magenta-yellow"]


def test_more_rows_than_any_printer_has_are_not_looked_at() -> None:
    rows = {(1, row): 5 for row in range(1, 5000)}
    assert len(parse_supplies({5: rows, 9: rows}, {})) == MOST_ROWS
    assert len(parse_trays({9: rows, 10: rows})) == MOST_ROWS


def test_pages_are_impressions_of_the_busiest_marker() -> None:
    assert parse_pages({3: {(1, 1): 7, (1, 2): 7}, 4: {(1, 1): 400, (1, 2): 90}}) == 400.0
    assert parse_pages({3: {(1, 1): 11}, 4: {(1, 1): 3600}}) is None  # hours
    assert parse_pages({4: {(1, 1): 0}}) is None


@pytest.mark.parametrize(
    ("technologies", "kind"),
    [([4], "toner"), ([7], "ribbon"), ([12], "ink"), ([16], "ribbon"), ([17], ""), ([], ""), ([4, 12], ""), ([99], "")],
)
def test_how_it_prints_says_what_it_needs(technologies: list[int], kind: str) -> None:
    assert parse_marks_with({2: {(1, row): cell for row, cell in enumerate(technologies)}}) == kind
