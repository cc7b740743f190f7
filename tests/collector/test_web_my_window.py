"""My window: how it is, the one next step, what can be pressed and by whom, and the way to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from hallwatch_collector.core import commands
from hallwatch_collector.core.views import HallView, RegisterView
from hallwatch_collector.web.my_window import WINDOW_COOKIE
from hallwatch_collector.web.naming import name_classes
from hallwatch_collector.web.texts import LANGUAGES, Words
from hallwatch_collector.web.window_desk import WindowDesk, find_step, look_at
from parts.fake_source import PLAN, FakeSource
from parts.hall_file import GOOD
from parts.hall_views import KEY, NOW, device, fault, hall, incident, measure, window
from parts.register_hall import RegisterHall
from parts.shown_halls import bad_morning, calm_hall
from parts.web import OWN, PAGE, browse

W3 = f"{PAGE}/windows/w3"


def busy() -> HallView:
    """Return the bad morning, with what it asks of window 3."""
    view = bad_morning(open_board=True)
    jam = structs.replace(
        view.incidents[0], takes={"w3": ("certificates", "invoices")}, status="repairing", owner="李工",
        acknowledged_by="李工", back_at=NOW + 1800,
    )  # fmt: skip
    posted = measure("m7", "H2", "show", "打印机", text="请张贴标识", text_en="post it", subject="prn-3", owner="guide")
    tell = measure("m8", "D1", "show", "打印机", text="请告知", text_en="tell", subject="prn-3", owner="staff")
    there = measure("m9", "D1", "show", "窗口", text="别的窗口", text_en="elsewhere", subject="w5", owner="staff")
    done = measure(
        "m10", "D4", "show", "窗口", text="请核对", text_en="check", subject="w3", owner="staff", status="done",
        decided_by="小陈", decided_at=NOW - 300,
    )  # fmt: skip
    register = RegisterView(
        incident="i1", register="by-hand", clause="D3", name="手工受理台帐", name_en="ledger", mark="应急使用",
        opened_at=NOW - 600, opened_by="王主任", accepted=2,
    )  # fmt: skip
    return structs.replace(
        view, incidents=(jam, *view.incidents[1:]), signs_due=("prn-3",), registers=(register,),
        measures=(*view.measures, structs.replace(posted, due_at=NOW + 120), tell, there, done),
    )  # fmt: skip


def desk(view: HallView, id_: str = "w3") -> WindowDesk:
    found = look_at(view, id_)
    assert found
    return found


def step(view: HallView, id_: str = "w3", language: Any = "zh-CN") -> str:
    words = Words(language, NOW)
    return find_step(desk(view, id_), words, name_classes(view, words)).text


def part(page: str, name: str) -> str:
    return page.partition(f'id="part-{name}"')[2].partition('<section id="part-')[0].partition("</main>")[0]


# -- what it says


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_window_says_how_it_is_what_it_takes_where_to_send_people_and_who_is_on_it(language: str) -> None:
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        page = client.get(f"{W3}?lang={language}").text
    now = part(page, "window-now")
    assert '<p class="number">3</p>' in now
    assert 'class="mark is-degraded"' in now
    assert ("部分业务不能办" if language == "zh-CN" else "limited").lower() in now.lower() or language == "en"
    assert re.search(r'class="can-takes">.*?</dd>', now, re.DOTALL)
    lost = re.search(r'class="can-lost">.*?</dd>', now, re.DOTALL)
    assert lost
    assert ("证明开具" if language == "zh-CN" else "certificates") in lost[0]
    ways = part(page, "window-ways")
    assert "1号窗口" in ways
    assert "5号窗口" in ways
    troubles = part(page, "window-troubles")
    assert "李工" in troubles
    assert "11:10" in troubles
    devices = part(page, "window-devices")
    assert devices.index("device-prn-3") < devices.index("device-pc-3"), "what needs looking at comes first"


def test_the_most_urgent_duty_is_the_next_step_and_duties_of_other_windows_are_not_here() -> None:
    here = desk(busy())
    assert [duty.measure.id for duty in here.duties] == ["m3", "m7", "m4", "m8"]
    assert [duty.deed for duty in here.duties] == ["checked", "sign_up", "done", "done"]
    assert [each.id for each in here.waiting] == ["m1"]
    assert [each.id for each in here.answered] == ["m10"]
    assert "核对故障前最后一笔业务" in step(busy())


def test_a_sign_that_is_left_is_taken_down() -> None:
    view = busy()
    over = structs.replace(view.incidents[0], status="recovered", recovered_at=NOW)
    here = desk(structs.replace(view, incidents=(over, *view.incidents[1:]), signs_due=()))
    assert next(duty.deed for duty in here.duties if duty.measure.id == "m7") == "sign_down"


def _sick(effect: str, advice: str) -> HallView:
    jam = fault("p", "jam", "卡纸", "jam", effect=effect, first_step=advice, first_step_en="Do it")
    printer = device("p", "printer", "打印机", "w3", state=effect, faults=(jam,))
    return hall(
        windows=(window(3, ("filing",)),), devices=(printer,),
        incidents=(incident("i", "p", "打印机", fault_id="jam", zh="卡纸", en="jam"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (calm_hall(), "一切正常,照常办理。"),
        (hall(windows=(window(3, ("filing",), open=False),)), "本窗口现在不能办理。申报暂时没有窗口能办"),
        (
            hall(windows=(window(3, ("filing",), lost=("filing",)), window(4, ("filing",)))),
            "本窗口现在不能办理。申报请引导到4号窗口。",
        ),
        (
            hall(
                windows=(
                    window(3, ("filing", "invoices"), lost=("filing",)),
                    window(4, ("filing",), unknown=("filing",)),
                )
            ),
            "其余业务照常办理。申报请引导到4号窗口(如可用)。",
        ),
        (hall(windows=(window(3, ("filing",), open=False, rests=True),)), "本窗口是备用窗口"),
        (hall(windows=(window(3, ("filing",), unknown=("filing",)),)), "有设备看不到状态"),
        (_sick("degraded", "擦一擦"), "照常办理,同时:擦一擦。"),
        (_sick("hazard", "断电"), "打印机有危险:断电。"),
    ],
    ids=["well", "closed", "stuck", "limited", "reserve", "unsure", "degraded", "hazard"],
)
def test_where_nothing_is_asked_the_next_step_follows_from_how_it_is(view: HallView, said: str) -> None:
    assert step(view).startswith(said)
    assert step(view, language="en")


def test_a_hall_that_nobody_sees_says_so() -> None:
    view = busy()
    agents = tuple(structs.replace(each, alive=False, last_report_at=NOW - 9000) for each in view.agents)
    with browse(FakeSource(structs.replace(view, agents=agents)), "小陈", "staff") as client:
        page = client.get(W3).text
    assert "下面是最后知道的" in page


def test_names_are_only_names() -> None:
    evil = '<script>alert("1")</script>'
    view = hall(
        windows=(structs.replace(window(3, ("filing",)), name=evil),), devices=(device("x", "printer", evil, "w3"),),
        class_names={"filing": evil}, open_board=True,
    )  # fmt: skip
    with browse(FakeSource(view), "小陈", "staff") as client:
        for path in ("/windows", "/windows/w3"):
            assert evil not in client.get(f"{PAGE}{path}").text


# -- who may press what


def test_buttons_are_for_whose_step_it_is() -> None:
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        staff = part(client.get(W3).text, "window-step")
    assert 'value="m3"' in staff
    assert "✓ 已核对" in staff
    assert 'value="m8"' in staff
    assert 'value="m7"' not in staff
    assert "由导税台完成" in staff
    with browse(FakeSource(busy()), "小王", "guide") as client:
        guide = part(client.get(W3).text, "window-step")
    assert 'value="m7"' in guide
    assert "✓ 标识已挂好" in guide
    assert 'value="m3"' not in guide


def test_who_helps_has_the_button_too_and_sees_first_what_is_asked_of_themselves() -> None:
    view = busy()
    helped = tuple(structs.replace(each, helpers=("staff",)) if each.id == "m7" else each for each in view.measures)
    view = structs.replace(view, measures=tuple(each for each in helped if each.clause != "D4"))
    for role, sentence in (("staff", "请告知"), ("guide", "请张贴标识")):
        with browse(FakeSource(view), "小陈", role) as client:
            shown = part(client.get(W3).text, "window-step")
        assert f'<p class="sentence">{sentence}</p>' in shown, role
        assert 'value="m7"' in shown, role
        assert shown.count('value="m8"') == (role == "staff")


def test_an_onlooker_sees_no_buttons_and_no_names() -> None:
    with browse(FakeSource(busy()), "") as client:
        page = client.get(W3).text
    assert "部分业务不能办" in page
    assert f'action="{PAGE}/commands"' not in page
    for secret in ("李工", "小陈", "手工受理台帐", 'id="broken"', "/report?"):
        assert secret not in page


def test_registers_are_for_who_may_see_what_stands_there() -> None:
    link = f'href="{PAGE}/registers/i1/by-hand#form"'
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        assert link in client.get(W3).text
        assert link not in client.get(f"{PAGE}/windows/w5").text, "it is open for what window 3 cannot do"
    with browse(FakeSource(busy()), "李工", "technician") as client:
        assert link not in client.get(W3).text


def test_works_again_is_only_for_what_a_person_reported() -> None:
    view = busy()
    reported = structs.replace(view.incidents[0], faults=("reported-unusable",))
    with browse(FakeSource(view), "小陈", "staff") as client:
        assert "report-over" not in client.get(W3).text
    source = FakeSource(structs.replace(view, incidents=(reported, *view.incidents[1:])))
    with browse(source, "小陈", "staff") as client:
        assert 'value="report-over"><input type="hidden" name="thing" value="prn-3"' in client.get(W3).text


# -- the way to it


def test_the_choice_shows_every_window_and_is_remembered() -> None:
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        assert client.get(f"{PAGE}/my-window", follow_redirects=False).headers["location"] == f"{PAGE}/windows"
        page = client.get(f"{PAGE}/windows").text
        assert re.findall(r'name="window" value="(w\d)"', page) == [f"w{n}" for n in range(1, 7)]
        assert "暂停服务" in page
        chosen = client.post(f"{PAGE}/my-window", data={"window": "w3"}, headers=OWN, follow_redirects=False)
        assert chosen.headers["location"] == W3
        assert "httponly" in chosen.headers["set-cookie"].lower()
        assert client.get(f"{PAGE}/my-window", follow_redirects=False).headers["location"] == W3


@pytest.mark.parametrize("kept", ["330106%2Fxihu%2Fw9", "330106%2Fwest%2Fw3", "nonsense", "%2F%2F", ""])
def test_a_window_that_is_not_here_is_chosen_anew(kept: str) -> None:
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        client.cookies.set(WINDOW_COOKIE, kept)
        assert client.get(f"{PAGE}/my-window", follow_redirects=False).headers["location"] == f"{PAGE}/windows"


def test_a_choice_of_no_window_or_from_elsewhere_is_refused() -> None:
    with browse(FakeSource(busy()), "小陈", "staff") as client:
        assert client.post(f"{PAGE}/my-window", data={"window": "w9"}, headers=OWN).status_code == 400
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert client.post(f"{PAGE}/my-window", data={"window": "w3"}, headers=foreign).status_code == 403
        assert client.get(f"{PAGE}/windows/w9").status_code == 404


def test_a_hall_whose_board_is_closed_has_closed_windows_too() -> None:
    with browse(FakeSource(bad_morning(open_board=False)), "") as client:
        for path in ("/windows", "/windows/w3", "/my-window"):
            answer = client.get(f"{PAGE}{path}", follow_redirects=False)
            assert answer.headers["location"].startswith("/sign-in")


# -- in a real collector


@pytest.fixture
def there(tmp_path: Path) -> Iterator[RegisterHall]:
    there = RegisterHall(tmp_path, text="open_reports = true\nopen_board = true\n" + GOOD)
    yield there
    there.stop()


def test_a_fault_goes_from_the_window_to_its_end_by_the_windows_own_buttons(there: RegisterHall) -> None:
    def press(page: str, button: str, **more: str) -> str:
        """Press a button of the page as a browser would; return the page as it is then."""
        form = next(each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if button in each)
        fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)) | more
        action = re.search(r'action="([^"]+)"', form)
        assert action
        answer = client.post(action[1], data=fields, headers=OWN)
        assert answer.status_code == 200
        assert answer.url.path == W3, "and comes back to it"
        return str(answer.text)

    with browse(there.source, "小陈", "staff", "guide") as client:  # type: ignore[arg-type]
        assert "一切正常" in client.get(W3).text or "看不到状态" in client.get(W3).text
        form = client.get(f"{PAGE}/report?thing=prn-3").text
        hidden = dict(re.findall(r'<input type="hidden" name="(csrf|ticket)" value="([^"]+)"', form))
        client.post(f"{PAGE}/reports", data=hidden | {"thing": "prn-3", "what": "no-print"}, headers=OWN)
        page = client.get(W3).text
        assert "无法办理" in part(page, "window-now")
        page = press(page, "已恢复正常")
        assert "核对" in part(page, "window-step")
        page = press(page, "✓ 已核对")
        assert "✓ 已核对" not in page
        page = press(page, "撤回")
        assert "✓ 已核对" in part(page, "window-step"), "the question is open again"
        page = press(page, "✓ 已核对")
    view = there.collector.view(KEY)
    assert view
    assert [each.status for each in view.incidents] == ["closed"]
    assert [each.by for each in view.checks] == ["小陈"]
    there.wait(PLAN.reopen_within_s + 1)
    later = there.collector.view(KEY)
    assert later
    assert later.checks == (), "after that it stays"


def test_a_sign_is_posted_by_its_button(there: RegisterHall) -> None:
    there.do(commands.ReportFault, thing="prn-3", effect="hazard", text="冒烟")
    with browse(there.source, "小王", "guide") as client:  # type: ignore[arg-type]
        page = client.get(W3).text
        assert "有危险:先断电" in part(page, "window-step")
        assert "✓ 标识已挂好" in part(page, "window-step")
