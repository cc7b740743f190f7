"""A hall in which nearly everything fails at once: the page stays short, and nothing is hidden for good."""

from __future__ import annotations

import re

from hallwatch_collector.core.views import HallView, MeasureView
from hallwatch_collector.web.incident import at_most
from hallwatch_collector.web.render import CARDS_SHOWN, ROWS_AT_MOST, ROWS_SHOWN
from parts.fake_source import FakeSource
from parts.hall_views import device, fault, hall, incident, measure
from parts.web import PAGE, WORK, browse

MANY = 200


def failing_hall() -> HallView:
    """Return a hall of broken printers, each with two steps of its own, and two steps of the hall itself."""
    names = [f"prn-{number}" for number in range(MANY)]
    return hall(
        devices=tuple(
            device(name, "printer", f"打印机{name}", state="unusable", faults=(fault(name, "jam", "卡纸", "jam"),))
            for name in names
        ),
        incidents=tuple(
            incident(f"i-{name}", name, f"打印机{name}", fault_id="jam", zh="卡纸", en="jam") for name in names
        ),
        measures=(*(_step(f"i-{name}", kind) for kind in "ab" for name in names), _step("", "x"), _step("", "y")),
    )


def _step(of: str, kind: str) -> MeasureView:
    text = f"步骤{kind}{of or '大厅'}。"
    return measure(f"m-{kind}-{of}", "D1", "show", "打印机", text=text, text_en=text, incident=of)


def test_what_is_too_much_is_folded_and_each_incident_is_still_one_click_away() -> None:
    with browse(FakeSource(failing_hall()), person="李工") as client:
        page = client.get(WORK).text
    assert page.count('<article class="card trouble') == CARDS_SHOWN
    assert f"另有 {MANY - CARDS_SHOWN} 起" in page
    assert f"另有 {MANY - ROWS_SHOWN} 起" in page
    for number in range(MANY):
        assert f'href="{PAGE}/incidents/i-prn-{number}"' in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "步骤x大厅。" in page
    assert "步骤y大厅。" in page, "what no incident's page shows is always here"
    assert page.count("步骤") < ROWS_AT_MOST + 10
    assert re.search(r"还有 \d+ 项,见各事件的页面", page)


def test_at_most() -> None:
    steps = [_step("i1" if number % 10 else "", str(number)) for number in range(40)]
    shown = at_most(steps, 15)
    assert shown[:15] == steps[:15]
    assert [each.incident for each in shown[15:]] == [""] * 2
    assert at_most(steps, 40) == steps
