"""Codes to stick on devices (R3): each leads to the report by hand about that device."""

from __future__ import annotations

import pytest
import segno

from hallwatch_collector.core.things import HALL
from hallwatch_collector.web.codes import make_codes
from hallwatch_collector.web.texts import Words
from parts.fake_source import FakeSource
from parts.hall_views import KEY
from parts.shown_halls import bad_morning
from parts.web import PAGE, browse


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning())


def test_there_is_a_code_for_each_thing_that_can_have_one(source: FakeSource) -> None:
    view = source.views[KEY]
    codes = list(make_codes(view, Words("zh-CN", 0.0, view.timezone), "http://hall.example:8080"))
    addresses = [code.address for code in codes]
    stuck = {device.id for device in view.devices if device.kind != "system"}
    assert {f"http://hall.example:8080{PAGE}/report?thing={device}" for device in stuck} < set(addresses)
    assert f"http://hall.example:8080{PAGE}/report?thing={HALL.replace(':', '%3A')}" in addresses
    assert any("window%3Aw3" in address for address in addresses)
    assert len(set(addresses)) == len(addresses)
    for code in codes:
        drawn = segno.make_qr(code.address, error="m").svg_inline(border=4, omitsize=True, svgclass="code-picture")
        assert code.picture == drawn


def test_the_page_prints_them_and_what_a_code_leads_to_is_the_form_for_that_device(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        page = client.get(f"{PAGE}/codes").text
        assert page.count('class="code-picture"') == page.count('<figure class="code">') > 3
        assert "二维码指向 http://testserver.local" in page
        assert "扫码报障" in page
        form = client.get(f"{PAGE}/report?thing=prn-3")
        assert form.status_code == 200
    with browse(source, person="小陈") as client:
        form = client.get(f"{PAGE}/report?thing=prn-3").text
        assert 'name="thing" value="prn-3"' in form
        assert f'href="{PAGE}/codes"' in client.get(f"{PAGE}/report").text


@pytest.mark.parametrize(("host", "warned"), [("localhost:8080", True), ("testserver.local", False)])
def test_an_address_that_no_phone_reaches_is_warned_of(source: FakeSource, host: str, warned: bool) -> None:
    with browse(source, "李工") as client:
        page = client.get(f"{PAGE}/codes", headers={"Host": host}).text
    assert ("手机扫码打不开" in page) is warned
