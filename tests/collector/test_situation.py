"""How a hall is as a whole, in figures."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hallwatch_collector.core.views import HallView
from hallwatch_collector.export.exposition import FAMILIES, render_hall
from hallwatch_collector.export.situation import find_level, find_unserved, judge_hall, measure_capacity
from parts.documents import ROOT
from parts.hall_views import NOW, agent, device, hall, incident, window

BOTH = ("filing", "certificates")
LEVELS = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ")
JAM = incident("inc-1", "prn-3", "3号窗口打印机", fault_id="jam", zh="卡纸", en="jam", began_at=NOW - 60)


@pytest.mark.parametrize(
    ("state", "made"),
    [
        (0, hall(windows=(window(1, BOTH),))),
        (0, hall()),
        (0, hall(windows=(window(1, BOTH, open=False, rests=True),))),
        (1, hall(devices=(device("pc-1", "pc", "电脑", state="warning"),))),
        (1, hall(devices=(device("pc-1", "pc", "电脑", state="unusable"),), windows=(window(1, BOTH),))),
        (2, hall(windows=(window(1, BOTH, lost=("filing",)), window(2, BOTH)))),
        (3, hall(windows=(window(1, BOTH, lost=BOTH), window(2, BOTH, lost=("filing",))))),
        (3, hall(windows=(window(1, BOTH, open=False),))),
        (4, hall(windows=(window(1, BOTH, lost=BOTH),), agents=(agent("gw", "网关", alive=False),))),
        (0, hall(agents=(agent("gw", "网关", alive=False), agent("g2", "网关"))))
    ],
)  # fmt: skip
def test_the_worst_that_is_known(state: int, made: HallView) -> None:
    assert judge_hall(made) == state


@pytest.mark.parametrize(
    ("capacity", "unserved", "changes"),
    [
        (1.0, set(), [{}, {}]),
        (0.75, set(), [{"lost": ("filing",)}, {}]),
        (0.5, {"filing"}, [{"lost": ("filing",)}, {"lost": ("filing",)}]),
        (0.5, set(), [{"open": False}, {}]),
        (2 / 3, set(), [{"unknown": ("filing",)}, {"lost": ("filing",)}]),
        (0.0, set(BOTH), [{"open": False}, {"lost": BOTH}]),
        (None, set(), [{"unknown": BOTH}, {"unknown": BOTH}]),
    ],
)
def test_what_the_windows_can_take(capacity: float | None, unserved: set[str], changes: list[dict[str, Any]]) -> None:
    windows = [window(number, BOTH, **each) for number, each in enumerate(changes, 1)]
    assert measure_capacity(windows) == (None if capacity is None else pytest.approx(capacity))
    assert find_unserved(windows) == unserved


def test_business_that_was_lent_makes_up_for_what_was_lost() -> None:
    broken, helps = window(1, ("filing",), lost=("filing",)), window(2, ("certificates", "filing"), lent=("filing",))
    assert measure_capacity([broken, helps]) == pytest.approx(2 / 3)
    failing = replace(helps, lost=("filing",))
    assert measure_capacity([broken, failing]) == pytest.approx(1 / 2), "a loan that fails was no offer of its own"


def test_the_gravest_level_that_is_not_closed() -> None:
    grave, closed = replace(JAM, level="Ⅱ"), replace(JAM, level="Ⅰ", status="closed")
    assert find_level(hall(incidents=(JAM, grave, closed)), LEVELS) == 2
    assert find_level(hall(incidents=(closed, replace(JAM, level=""))), LEVELS) == 0
    assert find_level(hall(incidents=(replace(JAM, level="二级"),)), ("一级", "二级")) == 2


def test_incidents_are_marked_while_they_stand() -> None:
    family = "hallwatch_incident_began_timestamp_seconds"
    recovered = replace(JAM, id="inc-2", status="recovered")
    (line,) = render_hall(hall(incidents=(JAM, recovered)), levels=LEVELS)[family]
    assert line.endswith(f" {NOW - 60!r}")
    for pair in ('incident="inc-1"', 'name="3号窗口打印机"', 'fault="jam"', 'fault_name="卡纸"', 'level="Ⅳ"'):
        assert pair in line


def test_hostile_names_stay_in_their_labels() -> None:
    nasty = replace(JAM, device_name='<script>"\\\n', fault_names=('a"} 1',))
    (line,) = render_hall(hall(incidents=(nasty,)))["hallwatch_incident_began_timestamp_seconds"]
    assert 'name="<script>\\"\\\\\\n"' in line
    assert 'fault_name="a\\"} 1"' in line


def test_every_family_is_documented() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [family.name for family in FAMILIES if f"`{family.name}`" not in text] == []
