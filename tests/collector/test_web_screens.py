"""Screens over HTTP: who may say what is shown, what the public is told, and what is printed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from litestar.testing import TestClient

from hallwatch_collector.core.commands import PairScreen, RevokeScreen
from hallwatch_collector.screens import KnownScreen
from hallwatch_collector.web.display_page import (
    LONGEST_PIECE,
    count_waiting,
    list_windows,
    split_notice,
)
from hallwatch_collector.web.public_windows import find_ways, public_window
from hallwatch_collector.web.screen_key import SCREEN_COOKIE
from hallwatch_collector.web.sign_page import split_phrases
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.veil import veil
from parts.fake_source import FakeSource
from parts.hall_views import KEY, NOW, device, measure, window
from parts.screen_halls import FULL, notice, public_hall, screen, sign
from parts.shown_halls import own_health
from parts.web import OWN, browse

HALL = "/halls/330106/xihu"
SIGN = "/sign/330106/xihu"
DISPLAY = "/display/330106/xihu"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(public_hall(12), own_health())
    source.screens["k1"] = KnownScreen(KEY, "screen-1")
    return source


@pytest.fixture
def client(source: FakeSource) -> Iterator[TestClient]:
    with browse(source, "") as client:
        yield client


@pytest.fixture
def member(source: FakeSource) -> Iterator[TestClient]:
    """Somebody who is signed in."""
    with browse(source, "小陈", "guide") as client:
        yield client


def shown(client: TestClient, address: str, shows: str = "", **headers: str) -> int:
    answer = client.post("/screen/shown", json={"address": address, "shows": shows}, headers=OWN | headers)
    return answer.status_code


# -- the key of a screen ----------------------------------------------------------------------------------------------


def test_a_new_screen_shows_a_code_and_keeps_it_until_it_is_paired(source: FakeSource, client: TestClient) -> None:
    first = client.get("/screen")
    code = source.pairings.code_of(client.cookies[SCREEN_COOKIE], NOW)
    assert code in first.text
    assert code in client.get("/screen").text
    assert client.get("/screen/state").json()["code"] == code
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_who_only_asks_for_the_state_gets_no_code(client: TestClient) -> None:
    assert client.get("/screen/state").json() | {"stamp": ""} == {"address": "", "code": "", "stamp": ""}


def test_a_paired_screen_goes_where_it_belongs(client: TestClient) -> None:
    client.cookies[SCREEN_COOKIE] = "k1"
    assert client.get("/screen").status_code == 200
    assert client.get("/screen/state").json()["address"] == f"{SIGN}/kiosk-1"


def test_codes_are_not_drawn_without_end(client: TestClient) -> None:
    answers = []
    for _ in range(40):
        client.cookies.clear()
        answers.append(client.get("/screen").status_code)
    assert answers[0] == 200
    assert answers[-1] == 429


def test_only_the_screen_of_that_place_may_say_what_it_shows(source: FakeSource, client: TestClient) -> None:
    assert shown(client, f"{SIGN}/kiosk-1") == 403
    client.cookies[SCREEN_COOKIE] = "stranger"
    assert shown(client, f"{SIGN}/kiosk-1") == 403
    client.cookies[SCREEN_COOKIE] = "k1"
    assert shown(client, f"{SIGN}/w3", "e1") == 409
    assert source.shown == []
    assert shown(client, f"{SIGN}/kiosk-1", "e1") == 200
    assert source.shown == [("screen-1", "e1")]


def test_another_sites_page_cannot_speak_for_a_screen(source: FakeSource, client: TestClient) -> None:
    client.cookies[SCREEN_COOKIE] = "k1"
    assert shown(client, f"{SIGN}/kiosk-1", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert source.shown == []


def test_a_screen_may_nothing_else(source: FakeSource, client: TestClient) -> None:
    client.cookies[SCREEN_COOKIE] = "k1"
    answer = client.post(f"{HALL}/commands", data={"command": "tick", "measure": "m1"}, headers=OWN)
    assert answer.status_code == 401
    assert source.commands == []


def test_what_is_no_word_of_a_screen_is_refused(client: TestClient) -> None:
    client.cookies[SCREEN_COOKIE] = "k1"
    for body in ({"shows": "x"}, {"address": "/", "shows": "x" * 41}, {"address": "/", "more": 1}, []):
        assert client.post("/screen/shown", json=body, headers=OWN).status_code == 400


def test_people_pair_and_unpair_on_the_page(source: FakeSource) -> None:
    with browse(source, "李工", "technician") as client:
        page = client.get(f"{HALL}/screens").text
        assert "10:30 起没有消息" in page
        fields = {"command": "pair-screen", "code": "123456", "use": "sign", "place": "w1", "key_hash": ""}
        assert client.post(f"{HALL}/commands", data=fields, headers=OWN).status_code in (200, 303)
        fields = {"command": "revoke-screen", "screen": "screen-1"}
        client.post(f"{HALL}/commands", data=fields, headers=OWN)
        bad = {"command": "pair-screen", "code": "12", "use": "sign", "place": "w1"}
        assert client.post(f"{HALL}/commands", data=bad, headers=OWN).status_code == 400
    told = [command for _, command in source.commands]
    assert isinstance(told[0], PairScreen)
    assert (told[0].code, told[0].place, told[0].by) == ("123456", "w1", "李工")
    assert isinstance(told[1], RevokeScreen)


def test_the_worker_may_serve_from_the_root_and_nothing_is_inline(member: TestClient) -> None:
    worker = member.get("/screen-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    for path in ("/screen", f"{SIGN}/kiosk-1", DISPLAY, f"{HALL}/screens", f"{HALL}/signs/print"):
        page = member.get(path).text
        assert "style=" not in page
        assert "<script>" not in page


@pytest.mark.parametrize("path", [f"{SIGN}/kiosk-1", DISPLAY, f"{DISPLAY}/w3"])
def test_where_the_board_is_not_for_everybody_the_screens_of_the_hall_see_it_all_the_same(
    source: FakeSource, client: TestClient, path: str
) -> None:
    source.put(public_hall(12, open_board=False))
    source.put(public_hall(12, hall="gongshu", open_board=False))
    assert client.get(path, headers={"Accept": "text/html"}, follow_redirects=False).status_code != 200
    assert client.get(f"/events{path}").status_code == 401
    client.cookies[SCREEN_COOKIE] = "k1"
    assert client.get(path).status_code == 200
    elsewhere = path.replace("/xihu", "/gongshu")
    assert client.get(elsewhere, follow_redirects=False).status_code != 200
    assert client.get(HALL, follow_redirects=False).status_code != 200
    source.put(public_hall(12, open_board=False, screens=()))
    assert client.get(path, follow_redirects=False).status_code != 200


def test_who_is_not_signed_in_is_not_told_who_paired_a_screen() -> None:
    told = veil(public_hall(12), "有人").screens
    assert [each.by for each in told] == ["有人"] * 3


def test_only_who_manages_the_hall_is_offered_pairing(source: FakeSource, member: TestClient) -> None:
    assert "pair-code" not in member.get(f"{HALL}/screens").text
    with browse(source, "李工", "technician") as technician:
        assert "pair-code" in technician.get(f"{HALL}/screens").text


# -- signs ------------------------------------------------------------------------------------------------------------


def test_a_sign_is_there_to_the_letter_with_where_to_go(client: TestClient) -> None:
    page = client.get(f"{SIGN}/kiosk-1").text
    assert "暂停使用" in page
    assert "Out of use" in page
    assert "请到:自助办税终端2" in page
    danger = client.get(f"{SIGN}/ups-1").text
    assert "is-danger" in danger
    assert "请咨询导税台" in danger


def test_where_no_sign_is_called_for_only_what_is_seen_to_work_is_said_to(source: FakeSource) -> None:
    with browse(source) as client:
        assert "正常使用" in client.get(f"{SIGN}/kiosk-2").text
        source.put(public_hall(12, devices=(device("kiosk-2", "kiosk", "自助办税终端2", state="unknown"),), signs=()))
        assert "正常使用" not in client.get(f"{SIGN}/kiosk-2").text
        assert "1号窗口" in client.get(f"{SIGN}/w1").text


def test_there_is_no_sign_of_what_is_not_there(client: TestClient) -> None:
    for path in (f"{SIGN}/nothing", "/sign/330106/nowhere/w1", f"{DISPLAY}/nothing", "/display/330106/nowhere"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("暂停使用", ["暂停使用"]),
        ("危险!请勿触摸", ["危险!", "请勿触摸"]),
        ("!", ["!"]),
        ("停电,暂停服务", ["停电,", "暂停服务"]),
    ],
)
def test_a_sign_breaks_between_its_phrases(text: str, pieces: list[str]) -> None:
    assert split_phrases(text) == pieces


def test_a_name_is_only_a_name(source: FakeSource, member: TestClient) -> None:
    source.put(
        public_hall(
            2, name=HOSTILE, signs=(sign("kiosk-1", HOSTILE, about=HOSTILE, instead=HOSTILE),), signs_due=("kiosk-1",),
            place_names={"lobby": HOSTILE}, notices=(notice("n1", HOSTILE),),
            screens=(screen(1, "kiosk-1", by=HOSTILE),),
        )
    )  # fmt: skip
    for path in (f"{SIGN}/kiosk-1", DISPLAY, f"{DISPLAY}/lobby", f"{HALL}/screens", f"{HALL}/signs/print"):
        page = member.get(path).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


# -- what the public is told ------------------------------------------------------------------------------------------


def test_the_display_says_what_is_open_and_where_to_go(client: TestClient) -> None:
    page = client.get(DISPLAY).text
    for told in ("正常办理", "暂停服务", "部分业务", "暂不办理", "当前等候", "23", "敬请谅解", "Where to go"):
        assert told in page
    assert "李工" not in page
    assert "inc-" not in page


def test_no_window_is_claimed_to_be_open_when_nothing_is_heard_of_the_hall(source: FakeSource) -> None:
    source.clock = NOW + 3600
    with browse(source) as client:
        page = client.get(DISPLAY).text
    assert "正常办理" not in page
    assert "号窗口可办" not in page
    assert "暂未更新" in page
    assert "敬请谅解" in page


@pytest.mark.parametrize(
    ("changes", "state", "takes"),
    [
        ({}, "open", FULL),
        ({"open": False}, "closed", ()),
        ({"lost": FULL}, "closed", ()),
        ({"lost": FULL[:1]}, "partly", FULL[1:]),
        ({"unknown": FULL}, "unsure", ()),
        ({"lost": FULL[:2], "unknown": FULL[2:]}, "unsure", ()),
    ],
)
def test_a_window_is_claimed_to_take_only_what_it_surely_takes(
    changes: dict[str, object], state: str, takes: tuple[str, ...]
) -> None:
    told = public_window(window(1, FULL, **changes))
    assert (told.state, told.takes) == (state, takes)


@pytest.mark.parametrize(
    ("changes", "told", "lacks"),
    [
        ({}, ("申报", "证明开具"), ()),
        ({"lost": ("certificates",)}, ("申报",), ("证明开具",)),
        ({"lost": ("filing", "certificates")}, ("请咨询导税台",), ("申报", "证明开具")),
        ({"unknown": ("filing", "certificates")}, ("请咨询导税台",), ()),
        ({"open": False}, ("请咨询导税台",), ("申报", "证明开具")),
    ],
)
def test_a_screen_at_a_window_without_a_sign_claims_no_more_than_the_display(
    source: FakeSource, changes: dict[str, object], told: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    shown = window(1, ("filing", "certificates"), **changes)
    source.put(msgspec.structs.replace(public_hall(0), windows=(shown,), signs=(), notices=()))
    with browse(source) as client:
        page = client.get(f"{SIGN}/w1").text
    takes, _, other = page.partition("暂不办理:")
    assert all(word in takes for word in told) if told[0] == "申报" else told[0] in page
    assert [name for name in ("申报", "证明开具") if name in other] == list(lacks)
    assert all(name not in takes for name in lacks)


def test_a_screen_claims_nothing_to_work_when_nothing_is_heard_of_the_hall(source: FakeSource) -> None:
    source.put(msgspec.structs.replace(public_hall(0), windows=(window(1, ("filing",)),), signs=()))
    source.clock = NOW + 3600
    with browse(source) as client:
        assert "申报" not in client.get(f"{SIGN}/w1").text
        assert "正常使用" not in client.get(f"{SIGN}/kiosk-2").text


def test_each_class_is_led_to_the_windows_that_surely_take_it() -> None:
    view = msgspec.structs.replace(
        public_hall(0),
        windows=(
            window(1, ("filing",)), window(2, ("filing", "invoices"), unknown=("invoices",)),
            window(3, ("certificates",), open=False), window(4, ("filing",), rests=True),
        ),
    )  # fmt: skip
    ways = {way.business: way for way in find_ways(view)}
    assert ways["filing"].windows == (1, 2)
    assert (ways["invoices"].windows, ways["invoices"].unsure) == ((), True)
    assert (ways["certificates"].windows, ways["certificates"].unsure) == ((), False)
    assert "registration" not in ways


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1], "1 号窗口"),
        ([1, 2, 4], "1、2、4 号窗口"),
        ([1, 5, 6, 7, 9], "1、5–7、9 号窗口"),
        (list(range(1, 40, 2)), "20 个窗口可办"),
    ],
)
def test_windows_are_named_as_briefly_as_people_read(numbers: list[int], told: str) -> None:
    assert list_windows(Words("zh-CN", NOW), numbers) == told


def test_a_long_notice_comes_in_pieces_and_word_for_word() -> None:
    text = "因核心征管系统升级,本厅自3月14日18时至3月15日8时暂停办理各项业务。" * 8 + "长" * 300
    pieces = split_notice(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= LONGEST_PIECE
    assert split_notice("短公告") == ["短公告"]
    assert split_notice("") == []


def test_who_waits_is_told_only_where_somebody_counts() -> None:
    waiting = count_waiting(public_hall(4))
    assert waiting
    assert (waiting.people, waiting.longest_s) == (23, 1260.0)
    assert count_waiting(public_hall(4, devices=())) is None


# -- on paper ---------------------------------------------------------------------------------------------------------


def test_the_signs_that_are_due_are_printed_one_a_sheet(member: TestClient) -> None:
    page = member.get(f"{HALL}/signs/print").text
    assert page.count('class="poster ') == 2
    assert "自助办税终端1" not in page
    one = member.get(f"{HALL}/signs/print?place=kiosk-1").text
    assert one.count('class="poster ') == 1
    assert "自助办税终端1" in one


def test_a_stock_has_one_of_each_sign_of_the_plan(member: TestClient) -> None:
    page = member.get(f"{HALL}/signs/print?stock=1").text
    assert page.count('class="poster ') == 3


def test_who_posted_a_sheet_says_so_beside_it(source: FakeSource) -> None:
    step = measure(
        "m9",
        "H2",
        "show",
        "3号窗口",
        text="请张贴",
        text_en="post it",
        subject="window:w3",
        sign="暂停服务",
        owner="guide",
    )
    source.put(public_hall(12, measures=(step,)))
    with browse(source, "小陈", "guide") as client:
        page = client.get(f"{HALL}/signs/print").text
    assert page.count("已经贴好") == 1
    assert 'value="m9"' in page
