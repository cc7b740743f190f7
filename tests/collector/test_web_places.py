"""Every page of a hall leads to the others, keeps what it was asked for, and says what came of a form."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from msgspec import structs

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.public_state import Extension
from hallwatch_collector.core.views import DeadlineView
from parts.fake_source import FakeSource
from parts.hall_views import NOW
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, WORK, browse

PLACES = ("", "/my-window", "/work", "/head", "/queue", "/registers", "/readiness", "/report")
NAV = (*PLACES[:7], "/lists", "/screens", "/agents", "/report")
QUALITY = "/quality?hall=330106/xihu"
INCIDENT = bad_morning().incidents[0].id


@pytest.mark.parametrize("path", [*PLACES, f"/incidents/{INCIDENT}"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_page_leads_to_the_others(path: str, language: str) -> None:
    with browse(FakeSource(bad_morning()), "李工") as client:
        page = client.get(f"{PAGE}{path}?lang={language}").text
    nav = page.split('<nav class="places"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', nav) == [*(f"{PAGE}{place}" for place in NAV), QUALITY]
    here = re.findall(r'href="([^"]+)" aria-current="page"', nav)
    assert here == ([f"{PAGE}{path}"] if path in PLACES else [])


@pytest.mark.parametrize("path", [*PLACES, f"/incidents/{INCIDENT}"])
@pytest.mark.parametrize(("mark", "said"), [({"drill": True}, "演练"), ({"simulated": True}, "模拟")])
def test_each_page_says_that_it_is_not_real(path: str, mark: dict[str, bool], said: str) -> None:
    with browse(FakeSource(bad_morning(**mark)), "李工") as client:
        page = client.get(f"{PAGE}{path}").text
    assert f'<p class="simulated-banner">{said}' in page
    assert f'<span class="tag tag-simulated">{said}</span>' in page


@pytest.mark.parametrize("path", ["/readiness/commands", "/commands"])
def test_our_script_is_told_that_it_was_done_and_browsers_go_on(path: str) -> None:
    source = FakeSource(bad_morning())
    body = {"command": "return-spare", "spare": "prn-9"}
    with browse(source, person="李工") as client:
        scripted = client.post(f"{PAGE}{path}", data=body, headers={**OWN, "Accept": "application/json"})
        plain = client.post(f"{PAGE}{path}", data=body, headers=OWN, follow_redirects=False)
    assert (scripted.status_code, plain.status_code) == (204, 303)
    assert len(source.commands) == 2


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/readiness/commands", "/readiness"),
        ("/commands", ""),
        ("/registers/inc-1/by-hand/steps", "/registers/inc-1/by-hand"),
    ],
)
def test_a_refusal_leads_back_to_where_the_form_was(path: str, back: str) -> None:
    source = FakeSource(bad_morning())
    source.refuse_with = CommandRefused("not-lent", spare="prn-9", waiting="-")
    body = (
        {"command": "enter-entry", "number": "SG-1"}
        if "registers" in path
        else {"command": "return-spare", "spare": "x"}
    )
    with browse(source, person="李工") as client:
        page = client.post(f"{PAGE}{path}", data=body, headers=OWN)
    assert page.status_code == 409
    assert f'<a href="{PAGE}{back}">' in page.text


def test_what_is_not_there_leads_back_to_the_hall() -> None:
    with browse(FakeSource(bad_morning()), "李工") as client:
        assert f'<a href="{PAGE}">' in client.get(f"{PAGE}/incidents/inc-999").text
        assert '<a href="/">' in client.get("/halls/1/2").text


def test_deadlines_are_shown_with_what_became_of_them() -> None:
    old, new = dt.date(2026, 10, 26), dt.date(2026, 10, 29)
    moved = Extension(
        filing="增值税", clause="O4", old=old, new=new, not_before=new, surety="over", incident=INCIDENT, measure="m-9",
        by="王主任", at=NOW,
    )  # fmt: skip
    deadlines = (
        DeadlineView(filing="增值税", last_day=old, days_left=2, near=True, extension=moved),
        DeadlineView(filing="个人所得税", last_day=old, days_left=2, near=True),
    )
    with browse(FakeSource(bad_morning(deadlines=deadlines)), "李工") as client:
        hall, incident = client.get(WORK).text, client.get(f"{PAGE}/incidents/{INCIDENT}").text
    assert "<s>2026-10-26(周一)</s> → <strong>2026-10-29(周四)</strong>" in hall
    assert f'href="{PAGE}/why/measure/m-9"' in hall
    assert "还有 2 天" in hall
    assert "2026-10-29(周四)" in incident
    assert "个人所得税" not in incident, "nothing was decided about it because of this incident"


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ("class:registration", "由大厅负责人调整窗口,或按预案手工受理。"),
        ("window:w3", "到现场查看并核实。"),
        ("hall:", "到现场查看并核实。"),
    ],
)
def test_what_is_wrong_with_no_device_says_what_to_do(thing: str, said: str) -> None:
    view = bad_morning()
    odd = structs.replace(
        view.incidents[0], id="inc-77", device=thing, device_name="某处", faults=("unserved",), takes={}
    )
    with browse(FakeSource(structs.replace(view, incidents=(odd,))), "李工") as client:
        page = client.get(WORK).text
    card = page.split('id="incident-inc-77"')[1].split("</article>")[0]
    assert said in card
    assert "状态不明" not in card
    assert ("没有其他窗口能办" in card) == thing.startswith("class:")


def test_people_in_a_crowd_are_led_to_the_kiosks_that_work() -> None:
    view = bad_morning()
    crowd = structs.replace(
        view.incidents[0], id="inc-78", device="queue-1", faults=("people-waiting",), windows=(), takes={}
    )
    with browse(FakeSource(structs.replace(view, incidents=(crowd,), signs=())), "李工") as client:
        page = client.get(WORK).text
    card = page.split('id="incident-inc-78"')[1].split("</article>")[0]
    assert "自助终端3" in card
    assert "自助终端1" not in card, "it does not answer"
    assert "不需要引导" not in card
